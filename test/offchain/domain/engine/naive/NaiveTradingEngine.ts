import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex } from "@noble/hashes/utils.js";
import type { EngineEvent } from "../../../../../offchain/domain/engine/EngineEvent.ts";
import type { ChainFactBody, EngineInput } from "../../../../../offchain/domain/engine/EngineInput.ts";
import type { WindowHeadroom } from "../../../../../offchain/domain/grid/WindowHeadroom.ts";
import { EVERY_ZONE, ZONE_CODES } from "../../../../../offchain/domain/grid/zones.ts";
import type { Order } from "../../../../../offchain/domain/orders/Order.ts";
import type { ZonePairCharges } from "../../../../../offchain/domain/settlement/chargeSatPerKwh.ts";
import type { Address } from "../../../../../offchain/domain/units/Address.ts";
import { deliveryDayStart, type WindowId, windowAt, windowStart } from "../../../../../offchain/domain/units/window.ts";
import { epochAt } from "./NaiveAccounts.ts";
import { NaiveSessions } from "./NaiveSessions.ts";
import type { AccountState, DepthLevel, SessionOverview } from "./naiveState.ts";

/** Gates of a delivery window relative to its start (SPEC M8). */
const OPENS_BEFORE_DELIVERY_DAY_SECONDS = 8 * 3600;
const CROSS_ZONE_GATE_SECONDS = 15 * 60;
const GATE_CLOSURE_SECONDS = 5 * 60;

/**
 * The engine as plainly as it can be written: arrays, scans and sorts, no index, no cleverness. It answers every input
 * as the fast engine must, and is what the fast engine is compared with.
 */
export class NaiveTradingEngine extends NaiveSessions {
	apply(sequence: number, input: EngineInput): EngineEvent[] {
		this.sequence = sequence;
		this.events = [];
		this.changedAccounts.clear();
		this.dispatch(input);
		for (const account of [...this.changedAccounts].sort()) {
			const { availableMsat, reservedMsat } = this.accountOf(account);
			if (availableMsat < 0 || reservedMsat < 0) throw new Error(`invariant: ${account} has negative funds`);
			this.events.push({ type: "AccountChanged", account, availableMsat, reservedMsat });
		}
		return this.events;
	}

	protected dispatch(input: EngineInput): void {
		switch (input.type) {
			case "PlaceEnergyOrder":
				return this.place(input);
			case "CancelOrder":
				return this.cancelOne(input.account, input.orderHash, input.type);
			case "CancelAllOrders":
				for (const [windowId, session] of this.state.sessions) {
					if (input.windowId !== undefined && input.windowId !== windowId) continue;
					this.cancelWhere(windowId, session, ({ order }) => order.trader === input.account, "CANCELLED_BY_TRADER");
				}
				return;
			case "AmendOrder":
				return this.amend(input);
			case "AdvanceClock":
				return this.advance(input.nowSeconds);
			case "SetMarketRules":
				return this.setRules(input);
			case "SetZoneCharges":
				if (input.range === undefined) {
					this.state.charges = input.charges;
					this.state.windowCharges = [];
				} else {
					const { fromWindow, toWindow } = input.range;
					const oldest = Math.min(this.state.nextToOpen, ...this.state.sessions.keys());
					this.state.windowCharges = this.state.windowCharges.filter((known) => {
						const isCovered = known.fromWindow >= fromWindow && known.toWindow <= toWindow;
						return known.toWindow >= oldest && !isCovered;
					});
					this.state.windowCharges.push({ fromWindow, toWindow, charges: input.charges });
				}
				return this.rematchAll();
			case "SetGridLimits":
				return this.setLimits(input.fromWindow, input.toWindow, input.limits);
			case "SetMeterForecast":
				this.state.forecasts.set(`${input.windowId}:${input.meterId}`, input.maxWh);
				return;
			case "TrimTrades":
				return this.trim(input);
			case "PauseTrading":
				return this.pause(input);
			case "RaiseBuyingPower":
				this.accountOf(input.account).availableMsat += input.amountMsat;
				this.changedAccounts.add(input.account);
				return;
			case "ChainFact":
				if (input.position <= this.state.chainPosition) return;
				this.state.chainPosition = input.position;
				return this.chainFact(input.fact);
		}
	}

	protected chainFact(fact: ChainFactBody): void {
		const { meters, sessions } = this.state;
		switch (fact.kind) {
			case "Deposited":
				this.accountOf(fact.account).availableMsat += fact.amountMsat;
				this.changedAccounts.add(fact.account);
				return;
			case "Withdrawn":
				return this.withdraw(fact.account, fact.amountMsat);
			case "ExitRequested":
				this.accountOf(fact.account).exitFromWindow = fact.effectiveWindow;
				return this.cancelFrom(fact.account, fact.effectiveWindow, "EXIT_PENDING");
			case "ExitCancelled":
				this.accountOf(fact.account).exitFromWindow = 0;
				return;
			case "EpochRaised":
				this.accountOf(fact.account).epochs.push({ fromWindow: fact.effectiveWindow, epoch: fact.epoch });
				return this.cancelFrom(fact.account, fact.effectiveWindow, "EPOCH_STALE");
			case "ParticipantLicensed":
				Object.assign(this.accountOf(fact.account), { tier: fact.tier, licensedUntil: fact.validUntil });
				return;
			case "LicenceRevoked":
				this.accountOf(fact.account).tier = 0;
				return this.cancelFrom(fact.account, 0, "LICENCE_MISSING");
			case "MeterRegistered": {
				const { meterId, owner, zoneId, source, maxWindowWh, nodeId } = fact;
				if (!(Number.isInteger(zoneId) && zoneId >= 1 && zoneId <= ZONE_CODES.length))
					return this.refuse("ChainFact", "MALFORMED", `meter ${meterId} in zone ${zoneId}`);
				meters.set(meterId, { owner, zoneId, source, maxWindowWh, nodeId, isActive: true });
				return;
			}
			case "MeterDeactivated": {
				const meter = meters.get(fact.meterId);
				if (meter !== undefined) meter.isActive = false;
				for (const [windowId, session] of sessions) {
					this.cancelWhere(windowId, session, ({ order }) => order.meterId === fact.meterId, "METER_INACTIVE");
				}
				return;
			}
			case "DirectiveSet":
				return this.applyDirective(fact.directive);
			case "DirectiveLifted": {
				const directive = this.state.directives.find(({ directiveId }) => directiveId === fact.directiveId);
				if (directive === undefined) return;
				const before = new Map([...sessions.keys()].map((windowId) => [windowId, this.tradingZones(windowId)]));
				this.state.directives = this.state.directives.filter((other) => other !== directive);
				this.events.push({ type: "AuthorityOverride", directive, lifted: true });
				for (const [windowId, session] of sessions) {
					if (session.state !== "open" && session.state !== "crossZoneClosed") continue;
					const zones = this.tradingZones(windowId) & ~(before.get(windowId) as number);
					this.call(windowId, session, zones, this.state.nowSeconds);
				}
				return this.rematchAll();
			}
			case "WindowCommitted": {
				const session = sessions.get(fact.windowId);
				if (session?.state !== "closed") return;
				this.turn(fact.windowId, session, "committed");
				return this.advanceSession(fact.windowId, session, this.state.nowSeconds);
			}
			case "WindowSettled":
				return this.settle(fact.windowId, fact.deltas, fact.partial === true);
			case "WindowVoided":
			case "WindowExpired": {
				const session = sessions.get(fact.windowId);
				if (session !== undefined)
					this.finish(fact.windowId, session, fact.kind === "WindowVoided" ? "voided" : "expired");
				return;
			}
		}
	}

	/** One zone's open orders by price, best first; zone 0 = all zones together. */
	depth(windowId: WindowId, zoneId: number, levels: number): { bids: DepthLevel[]; asks: DepthLevel[] } {
		const entries = (this.state.sessions.get(windowId)?.entries ?? []).filter(
			(entry) => entry.openWh > 0 && (zoneId === EVERY_ZONE || entry.zoneId === zoneId),
		);
		const side = (wanted: Order["side"], direction: number) => {
			const byPrice = new Map<number, DepthLevel>();
			for (const { order, openWh } of entries) {
				if (order.side !== wanted) continue;
				const level = byPrice.get(order.priceSatPerKwh) ?? {
					priceSatPerKwh: order.priceSatPerKwh,
					energyWh: 0,
					orders: 0,
				};
				level.energyWh += openWh;
				level.orders += 1;
				byPrice.set(order.priceSatPerKwh, level);
			}
			return [...byPrice.values()].sort((a, b) => direction * (a.priceSatPerKwh - b.priceSatPerKwh)).slice(0, levels);
		};
		return { bids: side("buy", -1), asks: side("sell", 1) };
	}

	account(address: Address): AccountState | null {
		const account = this.state.accounts.get(address);
		if (account === undefined) return null;
		const { availableMsat, reservedMsat, tier, licensedUntil, exitFromWindow } = account;
		const meters = [...this.state.meters]
			.filter(([, { owner }]) => owner === address)
			.map(([meterId, { zoneId, source, maxWindowWh, nodeId, isActive }]) => ({
				meterId,
				zoneId,
				source,
				maxWindowWh,
				nodeId,
				isActive,
			}));
		const epoch = epochAt(account, windowAt(this.state.nowSeconds));
		return { account: address, availableMsat, reservedMsat, epoch, tier, licensedUntil, exitFromWindow, meters };
	}

	/** Every account with what it owns, for the audit. */
	balances(): { account: Address; availableMsat: number; reservedMsat: number }[] {
		return [...this.state.accounts].map(([account, { availableMsat, reservedMsat }]) => ({
			account,
			availableMsat,
			reservedMsat,
		}));
	}

	session(windowId: WindowId): SessionOverview | null {
		const session = this.state.sessions.get(windowId);
		if (session === undefined) return null;
		const start = windowStart(windowId);
		const pausedZoneIds = ZONE_CODES.map((_, index) => index + 1).filter((zoneId) => this.isPaused(windowId, zoneId));
		return {
			...(pausedZoneIds.length > 0 ? { pausedZoneIds } : {}),
			windowId,
			state: session.state,
			opensAt: deliveryDayStart(windowId) - OPENS_BEFORE_DELIVERY_DAY_SECONDS,
			crossZoneClosesAt: start - CROSS_ZONE_GATE_SECONDS,
			closesAt: start - GATE_CLOSURE_SECONDS,
			haltedZoneIds: ZONE_CODES.map((_, index) => index + 1).filter((zoneId) => this.isHalted(windowId, zoneId)),
		};
	}

	/** Sessions that have not ended, earliest window first. */
	sessions(): SessionOverview[] {
		return [...this.state.sessions.keys()].sort((a, b) => a - b).map((id) => this.session(id) as SessionOverview);
	}

	/** The grid of one window as trading sees it; null without limits. Only to be looked at. */
	headroom(windowId: WindowId): WindowHeadroom | null {
		const session = this.state.sessions.get(windowId);
		return session === undefined ? null : this.headroomOf(session, windowId);
	}

	charges(windowId: WindowId, sellZoneId: number, buyZoneId: number): ZonePairCharges {
		return this.chargesOf(windowId, sellZoneId, buyZoneId);
	}

	snapshot(): Uint8Array {
		const { sessions, orders, windowCharges, pauses, ...rest } = this.state;
		const plain = {
			...rest,
			accounts: [...rest.accounts],
			meters: [...rest.meters],
			forecasts: [...rest.forecasts],
			sessions: [...sessions].map(([windowId, { headroom, calls, ...session }]) => [
				windowId,
				{
					...session,
					reservedMsat: withoutZeros(session.reservedMsat),
					headroom: headroom?.snapshot() ?? null,
					...(calls.length === 0 ? {} : { calls }),
				},
			]),
			orders: [...orders].map(([orderHash, { windowId }]) => [orderHash, windowId]),
			...(windowCharges.length > 0 ? { windowCharges } : {}),
			...(pauses.length > 0 ? { pauses } : {}),
		};
		return new TextEncoder().encode(JSON.stringify(plain));
	}

	stateHash(): string {
		return bytesToHex(sha256(this.snapshot()));
	}
}

/** In one order, so that how it came about does not show. */
function withoutZeros(amounts: Record<Address, number>): Record<Address, number> {
	return Object.fromEntries(
		Object.entries(amounts)
			.filter(([, amount]) => amount !== 0)
			.sort(([a], [b]) => (a < b ? -1 : 1)),
	);
}
