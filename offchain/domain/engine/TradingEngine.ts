import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex } from "@noble/hashes/utils.js";
import { isRenewable } from "../grid/energySource.ts";
import type { GridLimits } from "../grid/GridLimits.ts";
import type { WindowHeadroom } from "../grid/WindowHeadroom.ts";
import { EVERY_ZONE, ZONE_CODES, ZONE_COUNT } from "../grid/zones.ts";
import type { ReasonCode } from "../orders/reasonCodes.ts";
import type { ZonePairCharges } from "../settlement/chargeSatPerKwh.ts";
import type { Address, Hash32 } from "../units/Address.ts";
import { deliveryDayStart, type UnixSeconds, type WindowId, windowAt, windowStart } from "../units/window.ts";
import { AuctionPhases, zoneIdsOf } from "./core/AuctionPhases.ts";
import { BookPool } from "./core/BookPool.ts";
import { DeliverySessions } from "./core/DeliverySessions.ts";
import { EngineLedger } from "./core/EngineLedger.ts";
import { emptyState, epochAt, type HeadroomFactory, type Session } from "./core/EngineState.ts";
import type { Entry, Meter } from "./core/Entry.ts";
import { restoreInto, snapshotOf } from "./core/engineSnapshot.ts";
import { CROSS_ZONE_GATE_SECONDS, GATE_CLOSURE_SECONDS, OPENS_BEFORE_DELIVERY_DAY_SECONDS } from "./core/gates.ts";
import { OrderMatching } from "./core/OrderMatching.ts";
import { operatorRefusal } from "./core/operatorRefusal.ts";
import { TradeUndoing } from "./core/TradeUndoing.ts";
import { TradingPauses } from "./core/TradingPauses.ts";
import type { DepthLevel } from "./core/WindowBook.ts";
import type { EngineEvent, SessionState } from "./EngineEvent.ts";
import type { AmendOrder, ChainFactBody, Directive, EngineInput, SetMarketRules, TrimTrades } from "./EngineInput.ts";

export type SessionOverview = {
	windowId: WindowId;
	state: SessionState;
	/** Unix seconds of each gate. */
	opensAt: UnixSeconds;
	crossZoneClosesAt: UnixSeconds;
	closesAt: UnixSeconds;
	haltedZoneIds: number[];
	/** Zones the circuit breaker stopped for a while; absent where none. */
	pausedZoneIds?: number[];
};
export type AuctionOverview = {
	windowId: WindowId;
	calls: { zoneIds: number[]; uncrossesAt: UnixSeconds }[];
	/** At one net price, before the grid; null where nothing would trade. Some 20 ms of work for 20,000 orders. */
	indicative: () => { priceSatPerKwh: number; volumeWh: number } | null;
};
export type AccountState = {
	account: Address;
	availableMsat: number;
	reservedMsat: number;
	epoch: number;
	tier: number;
	licensedUntil: UnixSeconds;
	exitFromWindow: WindowId;
	meters: (Omit<Meter, "owner" | "account" | "greyness"> & { meterId: number })[];
};

/**
 * The matching engine: one writer, state a function of the log of inputs and nothing else.
 *
 * Promises: the same inputs give the same events and the same state hash; snapshot and the rest of the log give the
 * same as the whole log; every fill is within both limits, the grid's headroom, the caps and the funds; what is held
 * is exactly what open orders and unsettled trades need.
 */
export class TradingEngine {
	readonly #state = emptyState();
	readonly #ledger = new EngineLedger(this.#state);
	readonly #pool = new BookPool();
	readonly #matching: OrderMatching;
	readonly #undoing: TradeUndoing;
	readonly #pauses: TradingPauses;
	readonly #auctions: AuctionPhases;
	readonly #sessions: DeliverySessions;

	constructor(headrooms: HeadroomFactory) {
		this.#matching = new OrderMatching(this.#ledger, this.#pool, headrooms);
		this.#undoing = new TradeUndoing(this.#ledger, this.#matching);
		this.#auctions = new AuctionPhases(this.#ledger, this.#matching);
		this.#pauses = new TradingPauses(this.#state, this.#matching, this.#auctions);
		this.#sessions = new DeliverySessions(this.#ledger, this.#matching, this.#pauses, this.#auctions, this.#pool);
	}

	static restore(bytes: Uint8Array, headrooms: HeadroomFactory): TradingEngine {
		const engine = new TradingEngine(headrooms);
		restoreInto(bytes, engine.#ledger, engine.#matching, engine.#pool, headrooms);
		for (const { windowId } of engine.#state.pauses) engine.#pauses.derive(windowId);
		return engine;
	}

	apply(sequence: number, input: EngineInput): EngineEvent[] {
		const events: EngineEvent[] = [];
		this.#matching.events = events;
		this.#matching.sequence = sequence;
		const fault = operatorRefusal(input);
		if (fault === null) this.#dispatch(input);
		else this.#refuse(input.type, "MALFORMED", fault);
		this.#ledger.report(events);
		return events;
	}

	snapshot(): Uint8Array {
		return snapshotOf(this.#ledger);
	}

	stateHash(): string {
		return bytesToHex(sha256(this.snapshot()));
	}

	// ── queries ──────────────────────────────────────────────────────────────────────────────────────────────

	/** One zone's open orders by price, best first; zone 0 = all zones together. */
	depth(windowId: WindowId, zoneId: number, levels: number): { bids: DepthLevel[]; asks: DepthLevel[] } {
		const book = this.#state.sessions.get(windowId)?.book;
		return { bids: book?.depth(0, zoneId, levels) ?? [], asks: book?.depth(1, zoneId, levels) ?? [] };
	}

	account(address: Address): AccountState | null {
		const account = this.#state.accounts.get(address);
		if (account === undefined) return null;
		const { availableMsat, reservedMsat, tier, licensedUntil, exitFromWindow } = account;
		const meters: AccountState["meters"] = [];
		for (const [meterId, { owner, account: _, greyness: __, ...meter }] of this.#state.meters) {
			if (owner === address) meters.push({ meterId, ...meter });
		}
		const epoch = epochAt(account, windowAt(this.#state.nowSeconds));
		return { account: address, availableMsat, reservedMsat, epoch, tier, licensedUntil, exitFromWindow, meters };
	}

	/** Every account with what it owns, for the audit. */
	balances(): { account: Address; availableMsat: number; reservedMsat: number }[] {
		return [...this.#state.accounts.values()].map(({ address, availableMsat, reservedMsat }) => ({
			account: address,
			availableMsat,
			reservedMsat,
		}));
	}

	session(windowId: WindowId): SessionOverview | null {
		const session = this.#state.sessions.get(windowId);
		if (session === undefined) return null;
		const start = windowStart(windowId);
		const { isHalted } = this.#ledger.rules(session);
		const pausedZoneIds = ZONE_CODES.map((_, index) => index + 1).filter(
			(zoneId) => (session.pausedZones & (1 << (zoneId - 1))) !== 0,
		);
		return {
			...(pausedZoneIds.length > 0 ? { pausedZoneIds } : {}),
			windowId,
			state: session.state,
			opensAt: deliveryDayStart(windowId) - OPENS_BEFORE_DELIVERY_DAY_SECONDS,
			crossZoneClosesAt: start - CROSS_ZONE_GATE_SECONDS,
			closesAt: start - GATE_CLOSURE_SECONDS,
			haltedZoneIds: ZONE_CODES.map((_, index) => index + 1).filter((zoneId) => isHalted[zoneId]),
		};
	}

	/** Sessions that have not ended, earliest window first. */
	sessions(): SessionOverview[] {
		return [...this.#state.sessions.keys()].sort((a, b) => a - b).map((id) => this.session(id) as SessionOverview);
	}

	/** The window's calls under way and what they would give now; null outside of them. */
	auction(windowId: WindowId): AuctionOverview | null {
		const session = this.#state.sessions.get(windowId);
		if (session === undefined || session.calls.length === 0) return null;
		const calls = session.calls.map(({ zones, uncrossesAt }) => ({ zoneIds: zoneIdsOf(zones), uncrossesAt }));
		return { windowId, calls, indicative: () => this.#auctions.indicative(session) };
	}

	/** The grid of one window as trading sees it; null without limits. Only to be looked at. */
	headroom(windowId: WindowId): WindowHeadroom | null {
		const session = this.#state.sessions.get(windowId);
		return session === undefined ? null : this.#matching.headroom(session);
	}

	charges(windowId: WindowId, sellZoneId: number, buyZoneId: number): ZonePairCharges {
		return this.#matching.charges.at(windowId, sellZoneId, buyZoneId);
	}

	// ── inputs ───────────────────────────────────────────────────────────────────────────────────────────────

	#dispatch(input: EngineInput): void {
		switch (input.type) {
			case "PlaceEnergyOrder":
				return this.#matching.place(input);
			case "CancelOrder":
				return this.#cancelOne(input.account, input.orderHash);
			case "CancelAllOrders":
				return this.#cancelAll(input.account, input.windowId);
			case "AmendOrder":
				return this.#amend(input);
			case "AdvanceClock":
				return this.#advance(input.nowSeconds);
			case "SetMarketRules":
				return this.#setRules(input);
			case "SetZoneCharges":
				this.#matching.charges.set(input);
				return this.#matching.rematchAll();
			case "SetGridLimits":
				return this.#setLimits(input.fromWindow, input.toWindow, input.limits);
			case "SetMeterForecast":
				this.#state.forecasts.set(`${input.windowId}:${input.meterId}`, input.maxWh);
				return;
			case "TrimTrades":
				return this.#trim(input);
			case "PauseTrading": {
				const refusal = this.#pauses.pause(input);
				if (refusal !== null) this.#refuse("PauseTrading", "INPUT_NOT_ALLOWED", refusal);
				return;
			}
			case "RaiseBuyingPower":
				return this.#ledger.credit(this.#ledger.account(input.account), input.amountMsat);
			case "ChainFact":
				if (input.position <= this.#state.chainPosition) return;
				this.#state.chainPosition = input.position;
				return this.#chainFact(input.fact);
		}
	}

	#cancelOne(account: Address, orderHash: Hash32): void {
		const entry = this.#openEntry("CancelOrder", account, orderHash);
		if (entry !== null) this.#matching.end(this.#sessionOf(entry), entry, "CANCELLED_BY_TRADER");
	}

	#cancelAll(address: Address, windowId: WindowId | undefined): void {
		const account = this.#state.accounts.get(address);
		if (account === undefined) return;
		for (const session of this.#state.sessions.values()) {
			if (windowId !== undefined && windowId !== session.windowId) continue;
			this.#matching.cancelHolding(session, session.holdings.get(account), "CANCELLED_BY_TRADER");
		}
	}

	#amend({ orderHash, replacement }: AmendOrder): void {
		const entry = this.#openEntry("AmendOrder", replacement.order.trader, orderHash);
		if (entry === null) return;
		this.#matching.end(this.#sessionOf(entry), entry, "CANCELLED_BY_TRADER");
		this.#matching.place(replacement);
	}

	/** The account's open order, or a refusal. */
	#openEntry(inputType: string, account: Address, orderHash: Hash32): Entry | null {
		const entry = this.#state.orders.get(orderHash);
		if (entry === undefined || typeof entry === "number" || entry.openWh === 0) {
			this.#refuse(inputType, "ORDER_UNKNOWN", orderHash);
			return null;
		}
		if (entry.holding.account.address !== account) {
			this.#refuse(inputType, "NOT_ORDER_OWNER", orderHash);
			return null;
		}
		return entry;
	}

	#sessionOf(entry: Entry): Session {
		return this.#state.sessions.get(entry.order.windowId) as Session;
	}

	#advance(nowSeconds: UnixSeconds): void {
		const before = this.#state.nowSeconds;
		if (!Number.isSafeInteger(nowSeconds) || nowSeconds < before) {
			return this.#refuse("AdvanceClock", "CLOCK_BACKWARDS", `${nowSeconds} after ${before}`);
		}
		this.#sessions.advance(nowSeconds);
	}

	/** The margin of a window that has orders stands: what they hold was computed with it. */
	#setRules(rules: SetMarketRules): void {
		const { shortfallMarginSatPerKwh: margin, fromWindow } = rules;
		for (const { windowId, entries } of this.#state.sessions.values()) {
			if (windowId < fromWindow || entries.length === 0 || this.#ledger.marginAt(windowId) === margin) continue;
			return this.#refuse("SetMarketRules", "INPUT_NOT_ALLOWED", `the margin of window ${windowId} is in use`);
		}
		this.#state.rules.push(rules);
		this.#ledger.forgetRules();
	}

	#setLimits(fromWindow: WindowId, toWindow: WindowId, limits: GridLimits): void {
		this.#state.limits.push({ fromWindow, toWindow, limits });
		for (const { windowId, headroom } of this.#state.sessions.values()) {
			if (windowId < fromWindow || windowId > toWindow || headroom === null) continue;
			for (const element of headroom.replaceLimits(limits).overloaded) {
				this.#matching.events.push({
					type: "GridConstraintViolation",
					windowId,
					element,
					requestedWh: 0,
					admittedWh: 0,
					orderHash: `0x${"0".repeat(64)}`,
				});
			}
		}
		this.#matching.rematchAll();
	}

	#trim({ windowId, trims }: TrimTrades): void {
		const session = this.#state.sessions.get(windowId);
		const isBefore = session?.state === "open" || session?.state === "crossZoneClosed" || session?.state === "closed";
		if (!isBefore)
			return this.#refuse("TrimTrades", "INPUT_NOT_ALLOWED", `window ${windowId} is not before commitment`);
		this.#undoing.trim(session, trims);
	}

	// ── chain facts ──────────────────────────────────────────────────────────────────────────────────────────

	#chainFact(fact: ChainFactBody): void {
		const { meters, sessions } = this.#state;
		switch (fact.kind) {
			case "Deposited":
				return this.#ledger.credit(this.#ledger.account(fact.account), fact.amountMsat);
			case "Withdrawn":
				return this.#withdraw(fact.account, fact.amountMsat);
			case "ExitRequested":
				this.#ledger.account(fact.account).exitFromWindow = fact.effectiveWindow;
				return this.#cancelFrom(fact.account, fact.effectiveWindow, "EXIT_PENDING");
			case "ExitCancelled":
				this.#ledger.account(fact.account).exitFromWindow = 0;
				return;
			case "EpochRaised":
				this.#ledger.account(fact.account).epochs.push({ fromWindow: fact.effectiveWindow, epoch: fact.epoch });
				return this.#cancelFrom(fact.account, fact.effectiveWindow, "EPOCH_STALE");
			case "ParticipantLicensed":
				Object.assign(this.#ledger.account(fact.account), { tier: fact.tier, licensedUntil: fact.validUntil });
				return;
			case "LicenceRevoked":
				this.#ledger.account(fact.account).tier = 0;
				return this.#cancelFrom(fact.account, 0, "LICENCE_MISSING");
			case "MeterRegistered": {
				const { meterId, owner, zoneId, source, maxWindowWh, nodeId } = fact;
				if (!(Number.isInteger(zoneId) && zoneId >= 1 && zoneId <= ZONE_COUNT)) {
					return this.#refuse("ChainFact", "MALFORMED", `meter ${meterId} in zone ${zoneId}`);
				}
				const greyness = isRenewable(source) ? 0 : 1;
				meters.set(meterId, { owner, zoneId, source, maxWindowWh, nodeId, isActive: true, account: null, greyness });
				return;
			}
			case "MeterDeactivated": {
				const meter = meters.get(fact.meterId);
				if (meter !== undefined) meter.isActive = false;
				for (const session of sessions.values()) {
					this.#matching.cancelWhere(session, ({ order }) => order.meterId === fact.meterId, "METER_INACTIVE");
				}
				return;
			}
			case "DirectiveSet":
				return this.#applyDirective(fact.directive);
			case "DirectiveLifted":
				return this.#liftDirective(fact.directiveId);
			case "WindowCommitted":
				return this.#sessions.commit(fact.windowId);
			case "WindowSettled":
				return this.#sessions.settle(fact.windowId, fact.deltas, fact.partial === true);
			case "WindowVoided":
			case "WindowExpired": {
				const session = sessions.get(fact.windowId);
				if (session !== undefined) this.#sessions.finish(session, fact.kind === "WindowVoided" ? "voided" : "expired");
				return;
			}
		}
	}

	#withdraw(address: Address, amountMsat: number): void {
		const account = this.#ledger.account(address);
		this.#ledger.credit(account, -amountMsat);
		// The chain has the last word: open orders give way until what is left covers the rest.
		for (const session of this.#state.sessions.values()) {
			if (account.availableMsat >= 0) return;
			this.#matching.cancelHolding(session, session.holdings.get(account), "FUNDS_INSUFFICIENT");
		}
	}

	#cancelFrom(address: Address, fromWindow: WindowId, reason: ReasonCode): void {
		const account = this.#ledger.account(address);
		for (const session of this.#state.sessions.values()) {
			if (session.windowId < fromWindow) continue;
			this.#matching.cancelHolding(session, session.holdings.get(account), reason);
		}
	}

	#applyDirective(directive: Directive): void {
		const { kind, zoneId, fromWindow, toWindow } = directive;
		this.#state.directives.push(directive);
		this.#ledger.forgetRules();
		this.#matching.events.push({ type: "AuthorityOverride", directive, lifted: false });
		for (const session of this.#state.sessions.values()) {
			if (session.windowId < fromWindow || session.windowId > toWindow) continue;
			// After gate closure the window belongs to settlement, which applies directives itself.
			if (!isTrading(session)) continue;
			const isInZone = (entry: Entry) => zoneId === EVERY_ZONE || entry.zoneId === zoneId;
			if (kind === "VOID_WINDOW") {
				this.#matching.cancelWhere(session, () => true, "WINDOW_VOIDED");
				this.#undoing.unwindZone(session, EVERY_ZONE, "WINDOW_VOIDED");
			} else if (kind === "HALT") {
				this.#matching.cancelWhere(session, isInZone, "ZONE_HALTED");
				this.#undoing.unwindZone(session, zoneId, "ZONE_HALTED");
			} else if (kind === "PRICE_BAND") {
				const { floorSatPerKwh, ceilingSatPerKwh } = this.#ledger.rules(session);
				const isOutside = ({ order, zoneId: zone }: Entry) =>
					order.priceSatPerKwh < (floorSatPerKwh[zone] as number) ||
					order.priceSatPerKwh > (ceilingSatPerKwh[zone] as number);
				this.#matching.cancelWhere(session, (entry) => isInZone(entry) && isOutside(entry), "PRICE_BAND");
			}
		}
	}

	#liftDirective(directiveId: number): void {
		const directive = this.#state.directives.find((known) => known.directiveId === directiveId);
		if (directive === undefined) return;
		const before = new Map([...this.#state.sessions.values()].map((session) => [session, this.#tradingZones(session)]));
		this.#state.directives = this.#state.directives.filter((other) => other !== directive);
		this.#ledger.forgetRules();
		this.#matching.events.push({ type: "AuthorityOverride", directive, lifted: true });
		for (const [session, zones] of before) {
			if (isTrading(session)) this.#auctions.reopened(session, this.#tradingZones(session) & ~zones);
		}
		this.#matching.rematchAll();
	}

	#tradingZones(session: Session): number {
		const { tradingZones, isVoided } = this.#ledger.rules(session);
		return isVoided.some((voided) => voided) ? 0 : tradingZones;
	}

	#refuse(inputType: string, reason: ReasonCode, detail: string): void {
		this.#matching.events.push({ type: "InputRefused", inputType, reason, detail });
	}
}

function isTrading({ state }: Session): boolean {
	return state === "open" || state === "crossZoneClosed";
}
