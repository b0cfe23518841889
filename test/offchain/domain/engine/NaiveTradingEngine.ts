import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex } from "@noble/hashes/utils.js";
import type { EngineEvent, SessionState } from "../../../../offchain/domain/engine/EngineEvent.ts";
import type {
	AmendOrder,
	ChainFactBody,
	Directive,
	EngineInput,
	PauseTrading,
	PlaceEnergyOrder,
	SetMarketRules,
	TrimTrades,
} from "../../../../offchain/domain/engine/EngineInput.ts";
import { type EnergySource, isRenewable } from "../../../../offchain/domain/grid/energySource.ts";
import type { GridLimits } from "../../../../offchain/domain/grid/GridLimits.ts";
import type { TradePath, WindowHeadroom } from "../../../../offchain/domain/grid/WindowHeadroom.ts";
import { LOSS_CAP_ELEMENT } from "../../../../offchain/domain/grid/ZonalWindowHeadroom.ts";
import { EVERY_ZONE, ZONE_CODES } from "../../../../offchain/domain/grid/zones.ts";
import type { Order } from "../../../../offchain/domain/orders/Order.ts";
import type { ReasonCode } from "../../../../offchain/domain/orders/reasonCodes.ts";
import { landedAdder, type ZonePairCharges } from "../../../../offchain/domain/settlement/chargeSatPerKwh.ts";
import type { Trade } from "../../../../offchain/domain/settlement/Trade.ts";
import type { Address, Hash32 } from "../../../../offchain/domain/units/Address.ts";
import {
	energyWh,
	MAX_ENERGY_WH,
	MAX_PRICE_SAT_PER_KWH,
	priceSatPerKwh,
} from "../../../../offchain/domain/units/units.ts";
import {
	deliveryDayStart,
	type UnixSeconds,
	type WindowId,
	windowAt,
	windowEnd,
	windowStart,
} from "../../../../offchain/domain/units/window.ts";

import { type NaiveBid, naiveAuction } from "./naiveAuction.ts";

/** Gates of a delivery window relative to its start (SPEC M8). */
const OPENS_BEFORE_DELIVERY_DAY_SECONDS = 8 * 3600;
const CROSS_ZONE_GATE_SECONDS = 15 * 60;
const GATE_CLOSURE_SECONDS = 5 * 60;
const GRID_OPERATOR_TIER = 4;
/** Orders of ended windows are remembered this long, so that a late repetition changes nothing. */
const WINDOWS_REMEMBERED = 96;
const CLASS_RANK = { emergency: 0, gridBalancing: 1, market: 2, limit: 3 } as const;

type Account = {
	availableMsat: number;
	reservedMsat: number;
	tier: number;
	licensedUntil: UnixSeconds;
	exitFromWindow: WindowId;
	/** Ascending by window; the last at or before a window holds. */
	epochs: { fromWindow: WindowId; epoch: number }[];
};
type Meter = {
	owner: Address;
	zoneId: number;
	source: EnergySource;
	maxWindowWh: number;
	nodeId: number;
	isActive: boolean;
};
type Entry = {
	orderHash: Hash32;
	order: Order;
	openWh: number;
	filledWh: number;
	time: number;
	zoneId: number;
	nodeId: number;
	/** 0 where the energy is renewable, as the meter was when the order came. */
	greyness: 0 | 1;
};
type Session = {
	state: SessionState;
	entries: Entry[];
	sequences: string[];
	trades: Trade[];
	/** Held for open orders and unsettled trades, by account. */
	reservedMsat: Record<Address, number>;
	/** Open and filled sells by meter, Wh. */
	soldWh: Record<number, number>;
	headroom: WindowHeadroom | null;
	/** Bit `zoneId − 1` of each zone that collects orders for an auction. */
	calls: { zones: number; uncrossesAt: UnixSeconds }[];
};

type DepthLevel = { priceSatPerKwh: number; energyWh: number; orders: number };
type SessionOverview = {
	windowId: WindowId;
	state: SessionState;
	/** Unix seconds of each gate. */
	opensAt: UnixSeconds;
	crossZoneClosesAt: UnixSeconds;
	closesAt: UnixSeconds;
	haltedZoneIds: number[];
	pausedZoneIds?: number[];
};
type AccountState = {
	account: Address;
	availableMsat: number;
	reservedMsat: number;
	epoch: number;
	tier: number;
	licensedUntil: UnixSeconds;
	exitFromWindow: WindowId;
	meters: (Omit<Meter, "owner"> & { meterId: number })[];
};

/** How the engine gets the grid model of one window. */
type HeadroomFactory = {
	create(limits: GridLimits): WindowHeadroom;
	restore(limits: GridLimits, snapshot: unknown): WindowHeadroom;
};

type State = {
	nowSeconds: UnixSeconds;
	chainPosition: number;
	nextToOpen: WindowId;
	accounts: Map<Address, Account>;
	meters: Map<number, Meter>;
	forecasts: Map<string, number>;
	sessions: Map<WindowId, Session>;
	orders: Map<Hash32, { windowId: WindowId; entry: Entry | null }>;
	rules: SetMarketRules[];
	charges: ZonePairCharges[][];
	windowCharges: { fromWindow: WindowId; toWindow: WindowId; charges: ZonePairCharges[][] }[];
	limits: { fromWindow: WindowId; toWindow: WindowId; limits: GridLimits }[];
	directives: Directive[];
	pauses: { windowId: WindowId; zoneIds: number[]; untilSeconds: UnixSeconds }[];
};

/**
 * The engine as plainly as it can be written: arrays, scans and sorts, no index, no cleverness. It answers every input
 * as the fast engine must, and is what the fast engine is compared with.
 */
export class NaiveTradingEngine {
	readonly #headrooms: HeadroomFactory;
	#state: State = {
		nowSeconds: 0,
		chainPosition: -1,
		nextToOpen: 0,
		accounts: new Map(),
		meters: new Map(),
		forecasts: new Map(),
		sessions: new Map(),
		orders: new Map(),
		rules: [],
		charges: [],
		windowCharges: [],
		limits: [],
		directives: [],
		pauses: [],
	};
	#events: EngineEvent[] = [];
	#changedAccounts = new Set<Address>();
	#sequence = 0;

	constructor(headrooms: HeadroomFactory) {
		this.#headrooms = headrooms;
	}

	apply(sequence: number, input: EngineInput): EngineEvent[] {
		this.#sequence = sequence;
		this.#events = [];
		this.#changedAccounts.clear();
		this.#dispatch(input);
		for (const account of [...this.#changedAccounts].sort()) {
			const { availableMsat, reservedMsat } = this.#account(account);
			if (availableMsat < 0 || reservedMsat < 0) throw new Error(`invariant: ${account} has negative funds`);
			this.#events.push({ type: "AccountChanged", account, availableMsat, reservedMsat });
		}
		return this.#events;
	}

	// ── queries ──────────────────────────────────────────────────────────────────────────────────────────────

	/** One zone's open orders by price, best first; zone 0 = all zones together. */
	depth(windowId: WindowId, zoneId: number, levels: number): { bids: DepthLevel[]; asks: DepthLevel[] } {
		const entries = (this.#state.sessions.get(windowId)?.entries ?? []).filter(
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
		const account = this.#state.accounts.get(address);
		if (account === undefined) return null;
		const { availableMsat, reservedMsat, tier, licensedUntil, exitFromWindow } = account;
		const meters = [...this.#state.meters]
			.filter(([, { owner }]) => owner === address)
			.map(([meterId, { zoneId, source, maxWindowWh, nodeId, isActive }]) => ({
				meterId,
				zoneId,
				source,
				maxWindowWh,
				nodeId,
				isActive,
			}));
		const epoch = epochAt(account, windowAt(this.#state.nowSeconds));
		return { account: address, availableMsat, reservedMsat, epoch, tier, licensedUntil, exitFromWindow, meters };
	}

	/** Every account with what it owns, for the audit. */
	balances(): { account: Address; availableMsat: number; reservedMsat: number }[] {
		return [...this.#state.accounts].map(([account, { availableMsat, reservedMsat }]) => ({
			account,
			availableMsat,
			reservedMsat,
		}));
	}

	session(windowId: WindowId): SessionOverview | null {
		const session = this.#state.sessions.get(windowId);
		if (session === undefined) return null;
		const start = windowStart(windowId);
		const pausedZoneIds = ZONE_CODES.map((_, index) => index + 1).filter((zoneId) => this.#isPaused(windowId, zoneId));
		return {
			...(pausedZoneIds.length > 0 ? { pausedZoneIds } : {}),
			windowId,
			state: session.state,
			opensAt: deliveryDayStart(windowId) - OPENS_BEFORE_DELIVERY_DAY_SECONDS,
			crossZoneClosesAt: start - CROSS_ZONE_GATE_SECONDS,
			closesAt: start - GATE_CLOSURE_SECONDS,
			haltedZoneIds: ZONE_CODES.map((_, index) => index + 1).filter((zoneId) => this.#isHalted(windowId, zoneId)),
		};
	}

	/** Sessions that have not ended, earliest window first. */
	sessions(): SessionOverview[] {
		return [...this.#state.sessions.keys()].sort((a, b) => a - b).map((id) => this.session(id) as SessionOverview);
	}

	/** The grid of one window as trading sees it; null without limits. Only to be looked at. */
	headroom(windowId: WindowId): WindowHeadroom | null {
		const session = this.#state.sessions.get(windowId);
		return session === undefined ? null : this.#headroom(session, windowId);
	}

	charges(windowId: WindowId, sellZoneId: number, buyZoneId: number): ZonePairCharges {
		return this.#charges(windowId, sellZoneId, buyZoneId);
	}

	// ── the state as bytes ───────────────────────────────────────────────────────────────────────────────────

	snapshot(): Uint8Array {
		const { sessions, orders, windowCharges, pauses, ...rest } = this.#state;
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

	static restore(bytes: Uint8Array, headrooms: HeadroomFactory): NaiveTradingEngine {
		const plain = JSON.parse(new TextDecoder().decode(bytes));
		const engine = new NaiveTradingEngine(headrooms);
		const state: State = {
			...plain,
			windowCharges: plain.windowCharges ?? [],
			pauses: plain.pauses ?? [],
			accounts: new Map(plain.accounts),
			meters: new Map(plain.meters),
			forecasts: new Map(plain.forecasts),
			sessions: new Map(),
			orders: new Map(),
		};
		engine.#state = state;
		const open = new Map<Hash32, Entry>();
		for (const [windowId, { headroom, calls, ...session }] of plain.sessions as [WindowId, Session][]) {
			const limits = engine.#limitsOf(windowId);
			const restored = headroom === null || limits === null ? null : headrooms.restore(limits, headroom);
			state.sessions.set(windowId, { ...session, headroom: restored, calls: calls ?? [] });
			for (const entry of session.entries) open.set(entry.orderHash, entry);
		}
		for (const [orderHash, windowId] of plain.orders as [Hash32, WindowId][]) {
			state.orders.set(orderHash, { windowId, entry: open.get(orderHash) ?? null });
		}
		return engine;
	}

	stateHash(): string {
		return bytesToHex(sha256(this.snapshot()));
	}

	// ── inputs ───────────────────────────────────────────────────────────────────────────────────────────────

	#dispatch(input: EngineInput): void {
		switch (input.type) {
			case "PlaceEnergyOrder":
				return this.#place(input);
			case "CancelOrder":
				return this.#cancelOne(input.account, input.orderHash, input.type);
			case "CancelAllOrders":
				for (const [windowId, session] of this.#state.sessions) {
					if (input.windowId !== undefined && input.windowId !== windowId) continue;
					this.#cancelWhere(windowId, session, ({ order }) => order.trader === input.account, "CANCELLED_BY_TRADER");
				}
				return;
			case "AmendOrder":
				return this.#amend(input);
			case "AdvanceClock":
				return this.#advance(input.nowSeconds);
			case "SetMarketRules":
				return this.#setRules(input);
			case "SetZoneCharges":
				if (input.range === undefined) {
					this.#state.charges = input.charges;
					this.#state.windowCharges = [];
				} else {
					const { fromWindow, toWindow } = input.range;
					const oldest = Math.min(this.#state.nextToOpen, ...this.#state.sessions.keys());
					this.#state.windowCharges = this.#state.windowCharges.filter((known) => {
						const isCovered = known.fromWindow >= fromWindow && known.toWindow <= toWindow;
						return known.toWindow >= oldest && !isCovered;
					});
					this.#state.windowCharges.push({ fromWindow, toWindow, charges: input.charges });
				}
				return this.#rematchAll();
			case "SetGridLimits":
				return this.#setLimits(input.fromWindow, input.toWindow, input.limits);
			case "SetMeterForecast":
				this.#state.forecasts.set(`${input.windowId}:${input.meterId}`, input.maxWh);
				return;
			case "TrimTrades":
				return this.#trim(input);
			case "PauseTrading":
				return this.#pause(input);
			case "RaiseBuyingPower":
				this.#account(input.account).availableMsat += input.amountMsat;
				this.#changedAccounts.add(input.account);
				return;
			case "ChainFact":
				if (input.position <= this.#state.chainPosition) return;
				this.#state.chainPosition = input.position;
				return this.#chainFact(input.fact);
		}
	}

	// ── placing ──────────────────────────────────────────────────────────────────────────────────────────────

	#place({ order, orderHash }: Omit<PlaceEnergyOrder, "type">): void {
		if (this.#state.orders.has(orderHash)) return;
		const refusal = this.#refusal(order);
		if (refusal !== null) return this.#reject(orderHash, order, refusal[0], refusal[1]);
		const session = this.#state.sessions.get(order.windowId) as Session;
		const meter = this.#state.meters.get(order.meterId) as Meter;
		const entry: Entry = {
			orderHash,
			order,
			openWh: order.energyWh,
			filledWh: 0,
			time: this.#sequence,
			zoneId: meter.zoneId,
			nodeId: meter.nodeId,
			greyness: order.side === "sell" && isRenewable(meter.source) ? 0 : 1,
		};
		if (order.postOnly && this.#candidates(session, entry).length > 0) {
			return this.#reject(orderHash, order, "POST_ONLY_WOULD_TRADE", "an opposite order stands at this price");
		}
		if (order.timeInForce === "fok" && !this.#fillsCompletely(session, entry)) {
			return this.#reject(orderHash, order, "FILL_OR_KILL", "not enough can be traded at once");
		}
		session.sequences.push(`${order.trader}:${order.sequence}`);
		session.entries.push(entry);
		this.#state.orders.set(orderHash, { windowId: order.windowId, entry });
		this.#reserve(session, order.trader, this.#orderHoldMsat(order, entry.openWh));
		if (order.side === "sell") session.soldWh[order.meterId] = (session.soldWh[order.meterId] ?? 0) + entry.openWh;
		this.#events.push({ type: "OrderPlaced", orderHash, order });
		this.#match(session, entry);
		if (entry.openWh === 0) return;
		if (order.orderClass === "market" || order.timeInForce === "ioc" || order.timeInForce === "fok") {
			return this.#end(session, entry, "IMMEDIATE_REMAINDER");
		}
		this.#events.push({ type: "OrderRested", orderHash, windowId: order.windowId, openWh: entry.openWh });
	}

	#reject(orderHash: Hash32, order: Order, reason: ReasonCode, detail: string): void {
		this.#state.orders.set(orderHash, { windowId: order.windowId, entry: null });
		this.#events.push({ type: "OrderRejected", orderHash, order, reason, detail });
	}

	/** The first reason against the order, or null. */
	#refusal(order: Order): [ReasonCode, string] | null {
		const { nowSeconds } = this.#state;
		const integers = [order.meterId, order.windowId, order.sequence, order.epoch, order.validUntil, order.directiveId];
		if (
			![...integers, order.priceSatPerKwh, order.energyWh].every((value) => Number.isSafeInteger(value) && value >= 0)
		) {
			return ["MALFORMED", "every number must be a non-negative integer"];
		}
		if (order.energyWh < 1 || order.energyWh > MAX_ENERGY_WH) return ["QUANTITY_RANGE", `1 to ${MAX_ENERGY_WH} Wh`];
		if (order.priceSatPerKwh > MAX_PRICE_SAT_PER_KWH) return ["MALFORMED", "the price does not fit in 16 bits"];
		const immediate = order.timeInForce === "ioc" || order.timeInForce === "fok" || order.orderClass === "market";
		if (order.postOnly && immediate) return ["MALFORMED", "a post-only order rests"];
		if (order.timeInForce === "gtt" ? order.validUntil <= nowSeconds : order.validUntil !== 0) {
			return ["VALID_UNTIL_INVALID", "in the future for good-till-time, else 0"];
		}
		const account = this.#state.accounts.get(order.trader);
		if (account === undefined || account.tier === 0) return ["LICENCE_MISSING", "the trader has no licence"];
		if (account.licensedUntil < windowEnd(order.windowId)) return ["LICENCE_EXPIRED", "it ends before the window does"];
		const meter = this.#state.meters.get(order.meterId);
		if (meter === undefined) return ["METER_UNKNOWN", `meter ${order.meterId}`];
		if (meter.owner !== order.trader) return ["METER_NOT_OWNED", `meter ${order.meterId}`];
		if (!meter.isActive) return ["METER_INACTIVE", `meter ${order.meterId}`];
		const session = this.#state.sessions.get(order.windowId);
		if (session === undefined || (session.state !== "open" && session.state !== "crossZoneClosed")) {
			const isOver = order.windowId < this.#state.nextToOpen;
			return isOver ? ["GATE_CLOSED", "trading of the window has ended"] : ["WINDOW_NOT_OPEN", "not yet open"];
		}
		if (session.sequences.includes(`${order.trader}:${order.sequence}`)) {
			return ["DUPLICATE_SEQUENCE", `sequence ${order.sequence}`];
		}
		if (order.epoch < epochAt(account, order.windowId)) return ["EPOCH_STALE", `the account is past ${order.epoch}`];
		if (order.epoch > epochAt(account, order.windowId))
			return ["EPOCH_STALE", "the account has not reached this epoch"];
		if (account.exitFromWindow !== 0 && order.windowId >= account.exitFromWindow) return ["EXIT_PENDING", "leaving"];
		const special = this.#classRefusal(order, account, meter);
		if (special !== null) return special;
		if (this.#directives("VOID_WINDOW", order.windowId, meter.zoneId).length > 0) return ["WINDOW_VOIDED", "voided"];
		if (this.#isHalted(order.windowId, meter.zoneId)) return ["ZONE_HALTED", "by an authority's directive"];
		if (immediate && this.#isPaused(order.windowId, meter.zoneId)) {
			return ["TRADING_PAUSED", "only orders that rest are taken until trading resumes"];
		}
		const rules = this.#rulesAt(order.windowId);
		if (rules === null) return ["WINDOW_NOT_OPEN", "no market rules are set"];
		if (immediate && isInCall(session, meter.zoneId)) return ["AUCTION_CALL", "an auction has no immediate orders"];
		if (order.priceSatPerKwh % rules.tickSatPerKwh !== 0) return ["PRICE_TICK", `tick ${rules.tickSatPerKwh}`];
		const [floor, ceiling] = this.#band(order.windowId, meter.zoneId, rules);
		if (order.priceSatPerKwh < floor || order.priceSatPerKwh > ceiling) return ["PRICE_BAND", `${floor} to ${ceiling}`];
		if (order.side === "sell") {
			if (meter.source === "none" || meter.maxWindowWh === 0) return ["METER_CANNOT_SELL", `meter ${order.meterId}`];
			const forecast = this.#state.forecasts.get(`${order.windowId}:${order.meterId}`) ?? meter.maxWindowWh;
			const most = Math.min(meter.maxWindowWh, forecast);
			const left = most - (session.soldWh[order.meterId] ?? 0);
			if (order.energyWh > left) return ["METER_CAPACITY", `${left} of ${most} Wh are left`];
		}
		const hold = this.#orderHoldMsat(order, order.energyWh);
		if (hold > account.availableMsat)
			return ["FUNDS_INSUFFICIENT", `${hold} msat needed, ${account.availableMsat} free`];
		return null;
	}

	#classRefusal(order: Order, account: Account, meter: Meter): [ReasonCode, string] | null {
		if (order.orderClass === "gridBalancing" && account.tier !== GRID_OPERATOR_TIER) {
			return ["CLASS_NOT_ALLOWED", "balancing orders are the grid operators'"];
		}
		if (order.orderClass !== "emergency") {
			return order.directiveId === 0 ? null : ["MALFORMED", "only emergency orders name a directive"];
		}
		if (account.tier !== GRID_OPERATOR_TIER) return ["CLASS_NOT_ALLOWED", "emergency orders are the grid operators'"];
		const known = this.#state.directives.some(
			(directive) =>
				directive.directiveId === order.directiveId &&
				directive.fromWindow <= order.windowId &&
				order.windowId <= directive.toWindow &&
				(directive.zoneId === EVERY_ZONE || directive.zoneId === meter.zoneId),
		);
		return known ? null : ["DIRECTIVE_REQUIRED", `directive ${order.directiveId} does not cover it`];
	}

	// ── matching ─────────────────────────────────────────────────────────────────────────────────────────────

	/** Resting orders the entry could trade with, best first (SPEC M3), whatever the grid says. */
	#candidates(session: Session, taker: Entry): Entry[] {
		const { windowId } = taker.order;
		if (this.#isHalted(windowId, taker.zoneId) || this.#isPaused(windowId, taker.zoneId)) return [];
		if (isInCall(session, taker.zoneId)) return [];
		return session.entries
			.filter((maker) => {
				if (maker === taker || maker.openWh === 0 || maker.order.side === taker.order.side) return false;
				if (session.state === "crossZoneClosed" && maker.zoneId !== taker.zoneId) return false;
				if (this.#isPaused(windowId, maker.zoneId) || isInCall(session, maker.zoneId)) return false;
				return !this.#isHalted(windowId, maker.zoneId) && this.#surplus(taker, maker) >= 0;
			})
			.sort(
				(a, b) =>
					CLASS_RANK[a.order.orderClass] - CLASS_RANK[b.order.orderClass] ||
					this.#surplus(taker, b) - this.#surplus(taker, a) ||
					a.greyness - b.greyness ||
					distance(taker, a) - distance(taker, b) ||
					a.time - b.time,
			);
	}

	/** What the taker gains on his limit, sat/kWh; negative when the prices do not cross. */
	#surplus(taker: Entry, maker: Entry): number {
		const [sell, buy] = taker.order.side === "sell" ? [taker, maker] : [maker, taker];
		return (
			buy.order.priceSatPerKwh -
			sell.order.priceSatPerKwh -
			landedAdder(this.#charges(sell.order.windowId, sell.zoneId, buy.zoneId))
		);
	}

	#match(session: Session, taker: Entry): void {
		// What an element refused completely it refuses to every candidate at that place, until something moves.
		const refusedPlaces = new Set<string>();
		for (const maker of this.#candidates(session, taker)) {
			if (taker.openWh === 0) return;
			const place = `${maker.zoneId} ${maker.nodeId}`;
			if (maker.order.trader === taker.order.trader) {
				const mode = taker.order.selfTradeMode;
				if (mode !== "cancelNewest") this.#end(session, maker, "SELF_TRADE");
				if (mode !== "cancelOldest") return this.#end(session, taker, "SELF_TRADE");
				continue;
			}
			if (refusedPlaces.has(place)) continue;
			const outcome = this.#fill(session, taker, maker);
			if (outcome === "filled") refusedPlaces.clear();
			else if (outcome !== LOSS_CAP_ELEMENT) refusedPlaces.add(place);
		}
	}

	/** "filled", or the element that refused; null where a directive's cap did. */
	#fill(session: Session, taker: Entry, maker: Entry): string | null {
		const { windowId } = taker.order;
		const [sell, buy] = taker.order.side === "sell" ? [taker, maker] : [maker, taker];
		const path = pathOf(sell, buy);
		const headroom = this.#headroom(session, windowId);
		const wantedWh = Math.min(taker.openWh, maker.openWh);
		const cappedWh = Math.min(
			wantedWh,
			this.#capLeft(session, windowId, sell.zoneId, "sell"),
			this.#capLeft(session, windowId, buy.zoneId, "buy"),
		);
		const { admittedWh, limitingElement } = headroom?.admit(path, cappedWh) ?? {
			admittedWh: cappedWh,
			limitingElement: null,
		};
		if (limitingElement !== null && admittedWh < cappedWh) {
			this.#events.push({
				type: "GridConstraintViolation",
				windowId,
				element: limitingElement,
				requestedWh: cappedWh,
				admittedWh,
				orderHash: taker.orderHash,
			});
		}
		if (admittedWh === 0) return limitingElement;
		const { lossWh } = headroom?.reserve(path, admittedWh) ?? { lossWh: 0 };
		const adder = landedAdder(this.#charges(sell.order.windowId, sell.zoneId, buy.zoneId));
		const netPrice = maker === sell ? sell.order.priceSatPerKwh : buy.order.priceSatPerKwh - adder;
		this.#trade(session, sell, buy, netPrice, taker.order.side, admittedWh, lossWh);
		return "filled";
	}

	#trade(
		session: Session,
		sell: Entry,
		buy: Entry,
		netPrice: number,
		takerSide: Order["side"],
		admittedWh: number,
		lossWh: number,
	): void {
		const charges = this.#charges(sell.order.windowId, sell.zoneId, buy.zoneId);
		const sellerPrice = netPrice + charges.lossSatPerKwh;
		const buyerPrice = netPrice + landedAdder(charges);
		const { windowId } = sell.order;
		const trade: Trade = {
			tradeId: `${this.#sequence}-${this.#events.length}`,
			windowId,
			sellOrderHash: sell.orderHash,
			buyOrderHash: buy.orderHash,
			seller: sell.order.trader,
			buyer: buy.order.trader,
			sellMeterId: sell.order.meterId,
			buyMeterId: buy.order.meterId,
			sellZoneId: sell.zoneId,
			buyZoneId: buy.zoneId,
			energyWh: energyWh(admittedWh),
			lossWh: energyWh(lossWh),
			sellerPriceSatPerKwh: priceSatPerKwh(sellerPrice),
			buyerPriceSatPerKwh: priceSatPerKwh(buyerPrice),
			takerSide,
		};
		session.trades.push(trade);
		for (const entry of [sell, buy]) {
			entry.openWh -= admittedWh;
			entry.filledWh += admittedWh;
		}
		// The buyer's hold falls from his limit to the price; the seller's margin stays until settlement.
		this.#reserve(session, buy.order.trader, (buyerPrice - buy.order.priceSatPerKwh) * admittedWh);
		this.#events.push(
			{
				type: "OrderMatched",
				tradeId: trade.tradeId,
				sellOrderHash: sell.orderHash,
				buyOrderHash: buy.orderHash,
				energyWh: admittedWh,
			},
			{ type: "TradeExecuted", trade },
		);
	}

	/** Tries the fill on copies of what it would change. */
	#fillsCompletely(session: Session, taker: Entry): boolean {
		const headroom = this.#headroom(session, taker.order.windowId);
		const undo: [TradePath, number, number][] = [];
		const { windowId } = taker.order;
		const movedWh: Record<string, number> = {};
		const capLeft = (zoneId: number, side: "sell" | "buy") =>
			this.#capLeft(session, windowId, zoneId, side) - (movedWh[`${side} ${zoneId}`] ?? 0);
		let leftWh = taker.openWh;
		for (const maker of this.#candidates(session, taker)) {
			if (leftWh === 0 || maker.order.trader === taker.order.trader) break;
			const [sell, buy] = taker.order.side === "sell" ? [taker, maker] : [maker, taker];
			const path = pathOf(sell, buy);
			const caps = Math.min(capLeft(sell.zoneId, "sell"), capLeft(buy.zoneId, "buy"));
			const wantedWh = Math.min(leftWh, maker.openWh, caps);
			const admittedWh = headroom?.admit(path, wantedWh).admittedWh ?? wantedWh;
			if (admittedWh === 0) continue;
			if (headroom !== null) undo.push([path, admittedWh, headroom.reserve(path, admittedWh).lossWh]);
			leftWh -= admittedWh;
			movedWh[`sell ${sell.zoneId}`] = (movedWh[`sell ${sell.zoneId}`] ?? 0) + admittedWh;
			movedWh[`buy ${buy.zoneId}`] = (movedWh[`buy ${buy.zoneId}`] ?? 0) + admittedWh;
		}
		for (const [path, wh, lossWh] of undo.reverse()) headroom?.release(path, wh, lossWh);
		return leftWh === 0;
	}

	/** After limits widen or charges fall: every resting order, oldest first, looks again. */
	#rematchAll(): void {
		for (const session of this.#state.sessions.values()) {
			if (session.state === "open" || session.state === "crossZoneClosed") this.#rematch(session);
		}
	}

	// ── auctions ─────────────────────────────────────────────────────────────────────────────────────────────

	#call(windowId: WindowId, session: Session, zones: number, fromSeconds: UnixSeconds): void {
		const uncrossesAt = fromSeconds + (this.#rulesAt(windowId)?.callSeconds ?? 0);
		if (zones === 0 || uncrossesAt <= this.#state.nowSeconds) return;
		if (uncrossesAt >= windowStart(windowId) - GATE_CLOSURE_SECONDS) return;
		const others = session.calls.map((call) => ({ ...call, zones: call.zones & ~zones }));
		session.calls = [...others.filter((call) => call.zones !== 0), { zones, uncrossesAt }];
		this.#events.push({ type: "AuctionCalled", windowId, zoneIds: zoneIdsOf(zones), uncrossesAt });
	}

	#uncrossDue(windowId: WindowId, session: Session): void {
		const due = session.calls.filter(({ uncrossesAt }) => uncrossesAt <= this.#state.nowSeconds);
		if (due.length === 0) return;
		session.calls = session.calls.filter((call) => !due.includes(call));
		const zones = due.reduce((all, call) => all | call.zones, 0);
		this.#uncross(windowId, session, zoneIdsOf(zones));
	}

	#uncross(windowId: WindowId, session: Session, zoneIds: number[]): void {
		for (const newer of session.entries) {
			for (const older of session.entries.slice(0, session.entries.indexOf(newer))) {
				if (older.order.trader !== newer.order.trader || newer.openWh === 0 || older.openWh === 0) continue;
				if (!this.#candidates(session, newer).includes(older)) continue;
				if (newer.order.selfTradeMode !== "cancelNewest") this.#end(session, older, "SELF_TRADE");
				if (newer.order.selfTradeMode !== "cancelOldest") this.#end(session, newer, "SELF_TRADE");
			}
		}
		const rules = this.#rulesAt(windowId);
		const bidsOf = (side: Order["side"]): NaiveBid[] =>
			session.entries
				.filter(({ order, openWh, zoneId }) => order.side === side && openWh > 0 && !isInCall(session, zoneId))
				.filter(({ zoneId }) => !this.#isHalted(windowId, zoneId) && !this.#isPaused(windowId, zoneId))
				.map(({ orderHash: id, order, openWh: wh, zoneId, nodeId, greyness, time }) => {
					const rank = Math.min(2, CLASS_RANK[order.orderClass]);
					return { id, rank, time, greyness, limit: order.priceSatPerKwh, wh, zoneId, nodeId };
				});
		const outcome = naiveAuction({
			sells: bidsOf("sell"),
			buys: bidsOf("buy"),
			adder: (sell, buy) => landedAdder(this.#charges(windowId, sell, buy)),
			isOwnZoneOnly: session.state === "crossZoneClosed",
			tick: rules?.tickSatPerKwh ?? 1,
			reference:
				session.trades.at(-1)?.sellerPriceSatPerKwh ??
				Math.floor(((rules?.floorSatPerKwh ?? 0) + (rules?.ceilingSatPerKwh ?? 0)) / 2),
			headroom: this.#headroom(session, windowId),
			sellCapLeftWh: (zoneId) => this.#capLeft(session, windowId, zoneId, "sell"),
			buyCapLeftWh: (zoneId) => this.#capLeft(session, windowId, zoneId, "buy"),
		});
		const refusals = outcome?.refusals ?? [];
		for (const [at, { buy, ...refusal }] of refusals.entries()) {
			if (refusals.findIndex(({ element }) => element === refusal.element) < at) continue;
			const orderHash = buy.id as Hash32;
			this.#events.push({ type: "GridConstraintViolation", windowId, ...refusal, orderHash });
		}
		const entryOf = ({ id }: NaiveBid) => this.#state.orders.get(id as Hash32)?.entry as Entry;
		for (const { sell, buy, wh, lossWh } of outcome?.fills ?? []) {
			const takerSide = sell.time < buy.time ? "buy" : "sell";
			this.#trade(session, entryOf(sell), entryOf(buy), outcome?.price as number, takerSide, wh, lossWh);
		}
		const [priceSatPerKwh, volumeWh] = [outcome?.price ?? null, outcome?.volumeWh ?? 0];
		this.#events.push({ type: "AuctionUncrossed", windowId, zoneIds, priceSatPerKwh, volumeWh });
		this.#rematch(session);
	}

	#rematch(session: Session): void {
		for (const entry of [...session.entries]) {
			if (entry.openWh > 0 && !entry.order.postOnly) this.#match(session, entry);
		}
	}

	// ── pauses ───────────────────────────────────────────────────────────────────────────────────────────────

	#isPaused(windowId: WindowId, zoneId: number): boolean {
		return this.#state.pauses.some((pause) => pause.windowId === windowId && pause.zoneIds.includes(zoneId));
	}

	#pause(input: PauseTrading): void {
		const { windowId, zoneIds, untilSeconds, referenceSatPerKwh, tradedSatPerKwh } = input;
		const refuse = (detail: string) => this.#refuse("PauseTrading", "INPUT_NOT_ALLOWED", detail);
		const state = this.#state.sessions.get(windowId)?.state;
		if (state !== "open" && state !== "crossZoneClosed") return refuse(`window ${windowId} does not trade`);
		const seconds = untilSeconds - this.#state.nowSeconds;
		if (seconds <= 0 || seconds > 900) return refuse(`a pause of ${seconds} s`);
		const wrong = zoneIds.find((zoneId) => zoneId < 1 || zoneId > 16);
		if (wrong !== undefined) return refuse(`zone ${wrong}`);
		const fresh = Array.from({ length: 16 }, (_, index) => index + 1).filter(
			(zoneId) => zoneIds.includes(zoneId) && !this.#isPaused(windowId, zoneId),
		);
		if (fresh.length === 0) return refuse("every zone named is paused already");
		this.#state.pauses.push({ windowId, zoneIds: fresh, untilSeconds });
		const paused = { type: "TradingPaused", windowId, zoneIds: fresh, untilSeconds } as const;
		this.#events.push({ ...paused, referenceSatPerKwh, tradedSatPerKwh });
	}

	#resume(windowId: WindowId, session: Session, nowSeconds: UnixSeconds): void {
		const isTrading = session.state === "open" || session.state === "crossZoneClosed";
		const over: number[] = [];
		this.#state.pauses = this.#state.pauses.filter((pause) => {
			if (pause.windowId !== windowId || (isTrading && pause.untilSeconds > nowSeconds)) return true;
			over.push(...pause.zoneIds);
			return false;
		});
		if (over.length === 0) return;
		this.#events.push({ type: "TradingResumed", windowId, zoneIds: over.sort((a, b) => a - b) });
		if (!isTrading) return;
		if ((this.#rulesAt(windowId)?.callSeconds ?? 0) === 0) return this.#rematch(session);
		this.#uncross(windowId, session, over);
	}

	// ── ending orders ────────────────────────────────────────────────────────────────────────────────────────

	#cancelOne(account: Address, orderHash: Hash32, inputType: string): void {
		const known = this.#state.orders.get(orderHash);
		const session = known === undefined ? undefined : this.#state.sessions.get(known.windowId);
		if (known?.entry == null || known.entry.openWh === 0 || session === undefined) {
			return this.#refuse(inputType, "ORDER_UNKNOWN", orderHash);
		}
		if (known.entry.order.trader !== account) return this.#refuse(inputType, "NOT_ORDER_OWNER", orderHash);
		this.#end(session, known.entry, "CANCELLED_BY_TRADER");
	}

	#amend({ orderHash, replacement }: AmendOrder): void {
		const known = this.#state.orders.get(orderHash);
		const session = known === undefined ? undefined : this.#state.sessions.get(known.windowId);
		const entry = known?.entry;
		if (entry == null || entry.openWh === 0 || session === undefined) {
			return this.#refuse("AmendOrder", "ORDER_UNKNOWN", orderHash);
		}
		if (entry.order.trader !== replacement.order.trader)
			return this.#refuse("AmendOrder", "NOT_ORDER_OWNER", orderHash);
		this.#end(session, entry, "CANCELLED_BY_TRADER");
		this.#place(replacement);
	}

	#cancelWhere(
		windowId: WindowId,
		session: Session,
		matches: (entry: Entry) => boolean,
		reason: ReasonCode | "expired",
	): void {
		if (session !== this.#state.sessions.get(windowId)) throw new Error("invariant: session of another window");
		for (const entry of session.entries) {
			if (entry.openWh > 0 && matches(entry)) this.#end(session, entry, reason);
		}
	}

	#end(session: Session, entry: Entry, reason: ReasonCode | "expired"): void {
		const { order, orderHash, openWh } = entry;
		if (openWh === 0) return;
		entry.openWh = 0;
		this.#reserve(session, order.trader, -this.#orderHoldMsat(order, openWh));
		if (order.side === "sell") session.soldWh[order.meterId] = (session.soldWh[order.meterId] ?? 0) - openWh;
		const common = { orderHash, account: order.trader, windowId: order.windowId, openWh };
		this.#events.push(
			reason === "expired" ? { type: "OrderExpired", ...common } : { type: "OrderCancelled", ...common, reason },
		);
	}

	#unwindZone(windowId: WindowId, session: Session, zoneId: number, reason: ReasonCode): void {
		const touches = (trade: Trade) =>
			zoneId === EVERY_ZONE || trade.sellZoneId === zoneId || trade.buyZoneId === zoneId;
		const undone = session.trades.filter(touches);
		session.trades = session.trades.filter((trade) => !touches(trade));
		for (const trade of undone.reverse()) {
			const sell = this.#state.orders.get(trade.sellOrderHash)?.entry as Entry;
			const buy = this.#state.orders.get(trade.buyOrderHash)?.entry as Entry;
			sell.filledWh -= trade.energyWh;
			buy.filledWh -= trade.energyWh;
			session.headroom?.release(pathOf(sell, buy), trade.energyWh, trade.lossWh);
			session.soldWh[trade.sellMeterId] = (session.soldWh[trade.sellMeterId] ?? 0) - trade.energyWh;
			this.#reserve(session, trade.buyer, -trade.buyerPriceSatPerKwh * trade.energyWh);
			this.#reserve(session, trade.seller, -this.#marginMsat(windowId, trade.energyWh));
			this.#events.push({ type: "TradeUnwound", tradeId: trade.tradeId, windowId, energyWh: trade.energyWh, reason });
		}
	}

	#trim({ windowId, trims }: TrimTrades): void {
		const wrong = trims.find(({ keptWh, trimmedWh }) => !(keptWh >= 0) || !(trimmedWh > 0));
		if (wrong !== undefined) return this.#refuse("TrimTrades", "MALFORMED", `trade ${wrong.tradeId}`);
		const session = this.#state.sessions.get(windowId);
		if (session === undefined || !["open", "crossZoneClosed", "closed"].includes(session.state))
			return this.#refuse("TrimTrades", "INPUT_NOT_ALLOWED", `window ${windowId} is not before commitment`);
		for (const { tradeId, keptWh, trimmedWh, element } of trims) {
			const trade = session.trades.find((standing) => standing.tradeId === tradeId);
			if (trade === undefined || trade.energyWh !== keptWh + trimmedWh) continue;
			const sell = this.#state.orders.get(trade.sellOrderHash)?.entry as Entry;
			const buy = this.#state.orders.get(trade.buyOrderHash)?.entry as Entry;
			sell.filledWh -= trimmedWh;
			buy.filledWh -= trimmedWh;
			const path = pathOf(sell, buy);
			let lossWh = 0;
			if (keptWh === 0) session.headroom?.release(path, trade.energyWh, trade.lossWh);
			else lossWh = session.headroom?.trim(path, trade.energyWh, trade.lossWh, keptWh).lossWh ?? 0;
			session.soldWh[trade.sellMeterId] = (session.soldWh[trade.sellMeterId] ?? 0) - trimmedWh;
			this.#reserve(session, trade.buyer, -trade.buyerPriceSatPerKwh * trimmedWh);
			this.#reserve(session, trade.seller, -this.#marginMsat(windowId, trimmedWh));
			session.trades = session.trades
				.map((other) => (other === trade ? { ...trade, energyWh: energyWh(keptWh), lossWh: energyWh(lossWh) } : other))
				.filter((other) => other.energyWh > 0);
			const reason = "TRIMMED_BY_GRID";
			this.#events.push({ type: "TradeTrimmed", tradeId, windowId, keptWh, trimmedWh, lossWh, element, reason });
		}
	}

	// ── clock ────────────────────────────────────────────────────────────────────────────────────────────────

	#advance(nowSeconds: UnixSeconds): void {
		const state = this.#state;
		if (!Number.isSafeInteger(nowSeconds) || nowSeconds < state.nowSeconds) {
			return this.#refuse("AdvanceClock", "CLOCK_BACKWARDS", `${nowSeconds} after ${state.nowSeconds}`);
		}
		state.nowSeconds = nowSeconds;
		state.nextToOpen = Math.max(state.nextToOpen, windowAt(nowSeconds + GATE_CLOSURE_SECONDS) + 1);
		while (deliveryDayStart(state.nextToOpen) - OPENS_BEFORE_DELIVERY_DAY_SECONDS <= nowSeconds) {
			const session: Session = {
				state: "scheduled",
				entries: [],
				sequences: [],
				trades: [],
				reservedMsat: {},
				soldWh: {},
				headroom: null,
				calls: [],
			};
			state.sessions.set(state.nextToOpen, session);
			this.#turn(state.nextToOpen, session, "open");
			const opensAt = deliveryDayStart(state.nextToOpen) - OPENS_BEFORE_DELIVERY_DAY_SECONDS;
			this.#call(state.nextToOpen, session, 0xffff, opensAt);
			state.nextToOpen += 1;
		}
		for (const [windowId, session] of [...state.sessions]) this.#advanceSession(windowId, session, nowSeconds);
	}

	#advanceSession(windowId: WindowId, session: Session, nowSeconds: UnixSeconds): void {
		const start = windowStart(windowId);
		if (session.state === "open" || session.state === "crossZoneClosed") {
			this.#cancelWhere(
				windowId,
				session,
				({ order }) => order.validUntil !== 0 && order.validUntil <= nowSeconds,
				"expired",
			);
		}
		if (session.state === "open" && nowSeconds >= start - CROSS_ZONE_GATE_SECONDS)
			this.#turn(windowId, session, "crossZoneClosed");
		if (session.state === "crossZoneClosed" && nowSeconds >= start - GATE_CLOSURE_SECONDS) {
			this.#cancelWhere(windowId, session, () => true, "expired");
			this.#turn(windowId, session, "closed");
			session.calls = [];
		}
		this.#resume(windowId, session, nowSeconds);
		if (session.state === "open" || session.state === "crossZoneClosed") this.#uncrossDue(windowId, session);
		if (session.state === "closed" && session.trades.length === 0 && nowSeconds >= start)
			return this.#finish(windowId, session, "expired");
		if (session.state === "committed" && nowSeconds >= start) this.#turn(windowId, session, "delivering");
		if (session.state === "delivering" && nowSeconds >= windowEnd(windowId)) this.#turn(windowId, session, "metered");
	}

	#turn(windowId: WindowId, session: Session, to: SessionState): void {
		this.#events.push({ type: "SessionStateChanged", windowId, from: session.state, to });
		session.state = to;
	}

	/** Frees whatever the window still holds and forgets it. */
	#finish(windowId: WindowId, session: Session, to: SessionState): void {
		this.#cancelWhere(windowId, session, () => true, "expired");
		for (const [account, amount] of Object.entries(session.reservedMsat))
			this.#reserve(session, account as Address, -amount);
		this.#turn(windowId, session, to);
		this.#state.pauses = this.#state.pauses.filter((pause) => pause.windowId !== windowId);
		this.#state.sessions.delete(windowId);
		for (const { orderHash } of session.entries) this.#state.orders.set(orderHash, { windowId, entry: null });
		for (const [orderHash, known] of this.#state.orders) {
			if (known.windowId < windowId - WINDOWS_REMEMBERED) this.#state.orders.delete(orderHash);
		}
	}

	// ── grid and directives ──────────────────────────────────────────────────────────────────────────────────

	#setLimits(fromWindow: WindowId, toWindow: WindowId, limits: GridLimits): void {
		this.#state.limits.push({ fromWindow, toWindow, limits });
		for (const [windowId, session] of this.#state.sessions) {
			if (windowId < fromWindow || windowId > toWindow || session.headroom === null) continue;
			for (const element of session.headroom.replaceLimits(limits).overloaded) {
				this.#events.push({
					type: "GridConstraintViolation",
					windowId,
					element,
					requestedWh: 0,
					admittedWh: 0,
					orderHash: `0x${"0".repeat(64)}`,
				});
			}
		}
		this.#rematchAll();
	}

	#limitsOf(windowId: WindowId): GridLimits | null {
		return (
			this.#state.limits.findLast(({ fromWindow, toWindow }) => fromWindow <= windowId && windowId <= toWindow)
				?.limits ?? null
		);
	}

	#headroom(session: Session, windowId: WindowId): WindowHeadroom | null {
		const limits = this.#limitsOf(windowId);
		if (limits !== null) session.headroom ??= this.#headrooms.create(limits);
		return session.headroom;
	}

	#directives(kind: Directive["kind"], windowId: WindowId, zoneId: number): Directive[] {
		return this.#state.directives.filter(
			(directive) =>
				directive.kind === kind &&
				directive.fromWindow <= windowId &&
				windowId <= directive.toWindow &&
				(directive.zoneId === EVERY_ZONE || directive.zoneId === zoneId),
		);
	}

	#isHalted(windowId: WindowId, zoneId: number): boolean {
		if (this.#directives("HALT", windowId, zoneId).length > 0) return true;
		const rules = this.#rulesAt(windowId);
		if (rules === null) return false;
		const [floor, ceiling] = this.#band(windowId, zoneId, rules);
		return floor > ceiling;
	}

	#tradingZones(windowId: WindowId): number {
		if (this.#directives("VOID_WINDOW", windowId, EVERY_ZONE).length > 0) return 0;
		const isVoided = ZONE_CODES.some((_, index) => this.#directives("VOID_WINDOW", windowId, index + 1).length > 0);
		const zoneIds = zoneIdsOf(2 ** ZONE_CODES.length - 1).filter((zoneId) => !this.#isHalted(windowId, zoneId));
		return isVoided ? 0 : zoneIds.reduce((zones, zoneId) => zones | (1 << (zoneId - 1)), 0);
	}

	/** The authority's band and every directive's, intersected; an empty one is a halt. */
	#band(windowId: WindowId, zoneId: number, rules: SetMarketRules): [number, number] {
		let [floor, ceiling] = [rules.floorSatPerKwh, rules.ceilingSatPerKwh];
		for (const { value } of this.#directives("PRICE_BAND", windowId, zoneId)) {
			floor = Math.max(floor, Math.floor(value / 65_536));
			ceiling = Math.min(ceiling, value % 65_536);
		}
		return [floor, ceiling];
	}

	#capLeft(session: Session, windowId: WindowId, zoneId: number, side: "sell" | "buy"): number {
		const caps = this.#directives("CAP", windowId, zoneId).map(({ value }) => value);
		if (caps.length === 0) return Number.MAX_SAFE_INTEGER;
		const usedWh = session.trades
			.filter((trade) => (side === "sell" ? trade.sellZoneId : trade.buyZoneId) === zoneId)
			.reduce((sum, trade) => sum + trade.energyWh, 0);
		return Math.max(0, Math.min(...caps) - usedWh);
	}

	#applyDirective(directive: Directive): void {
		this.#state.directives.push(directive);
		this.#events.push({ type: "AuthorityOverride", directive, lifted: false });
		for (const [windowId, session] of this.#state.sessions) {
			if (windowId < directive.fromWindow || windowId > directive.toWindow) continue;
			// After gate closure the window belongs to settlement, which applies directives itself.
			if (session.state !== "open" && session.state !== "crossZoneClosed") continue;
			const inZone = (entry: Entry) => directive.zoneId === EVERY_ZONE || entry.zoneId === directive.zoneId;
			if (directive.kind === "VOID_WINDOW") {
				this.#cancelWhere(windowId, session, () => true, "WINDOW_VOIDED");
				this.#unwindZone(windowId, session, EVERY_ZONE, "WINDOW_VOIDED");
			} else if (directive.kind === "HALT") {
				this.#cancelWhere(windowId, session, inZone, "ZONE_HALTED");
				this.#unwindZone(windowId, session, directive.zoneId, "ZONE_HALTED");
			} else if (directive.kind === "PRICE_BAND") {
				const rules = this.#rulesAt(windowId) as SetMarketRules;
				const isOutside = (entry: Entry) => {
					const [floor, ceiling] = this.#band(windowId, entry.zoneId, rules);
					return entry.order.priceSatPerKwh < floor || entry.order.priceSatPerKwh > ceiling;
				};
				this.#cancelWhere(windowId, session, (entry) => inZone(entry) && isOutside(entry), "PRICE_BAND");
			}
		}
	}

	// ── chain facts ──────────────────────────────────────────────────────────────────────────────────────────

	#chainFact(fact: ChainFactBody): void {
		const { meters, sessions } = this.#state;
		switch (fact.kind) {
			case "Deposited":
				this.#account(fact.account).availableMsat += fact.amountMsat;
				this.#changedAccounts.add(fact.account);
				return;
			case "Withdrawn":
				return this.#withdraw(fact.account, fact.amountMsat);
			case "ExitRequested":
				this.#account(fact.account).exitFromWindow = fact.effectiveWindow;
				return this.#cancelFrom(fact.account, fact.effectiveWindow, "EXIT_PENDING");
			case "ExitCancelled":
				this.#account(fact.account).exitFromWindow = 0;
				return;
			case "EpochRaised":
				this.#account(fact.account).epochs.push({ fromWindow: fact.effectiveWindow, epoch: fact.epoch });
				return this.#cancelFrom(fact.account, fact.effectiveWindow, "EPOCH_STALE");
			case "ParticipantLicensed":
				Object.assign(this.#account(fact.account), { tier: fact.tier, licensedUntil: fact.validUntil });
				return;
			case "LicenceRevoked":
				this.#account(fact.account).tier = 0;
				return this.#cancelFrom(fact.account, 0, "LICENCE_MISSING");
			case "MeterRegistered": {
				const { meterId, owner, zoneId, source, maxWindowWh, nodeId } = fact;
				if (!(Number.isInteger(zoneId) && zoneId >= 1 && zoneId <= ZONE_CODES.length))
					return this.#refuse("ChainFact", "MALFORMED", `meter ${meterId} in zone ${zoneId}`);
				meters.set(meterId, { owner, zoneId, source, maxWindowWh, nodeId, isActive: true });
				return;
			}
			case "MeterDeactivated": {
				const meter = meters.get(fact.meterId);
				if (meter !== undefined) meter.isActive = false;
				for (const [windowId, session] of sessions) {
					this.#cancelWhere(windowId, session, ({ order }) => order.meterId === fact.meterId, "METER_INACTIVE");
				}
				return;
			}
			case "DirectiveSet":
				return this.#applyDirective(fact.directive);
			case "DirectiveLifted": {
				const directive = this.#state.directives.find(({ directiveId }) => directiveId === fact.directiveId);
				if (directive === undefined) return;
				const before = new Map([...sessions.keys()].map((windowId) => [windowId, this.#tradingZones(windowId)]));
				this.#state.directives = this.#state.directives.filter((other) => other !== directive);
				this.#events.push({ type: "AuthorityOverride", directive, lifted: true });
				for (const [windowId, session] of sessions) {
					if (session.state !== "open" && session.state !== "crossZoneClosed") continue;
					const zones = this.#tradingZones(windowId) & ~(before.get(windowId) as number);
					this.#call(windowId, session, zones, this.#state.nowSeconds);
				}
				return this.#rematchAll();
			}
			case "WindowCommitted": {
				const session = sessions.get(fact.windowId);
				if (session?.state !== "closed") return;
				this.#turn(fact.windowId, session, "committed");
				return this.#advanceSession(fact.windowId, session, this.#state.nowSeconds);
			}
			case "WindowSettled":
				return this.#settle(fact.windowId, fact.deltas, fact.partial === true);
			case "WindowVoided":
			case "WindowExpired": {
				const session = sessions.get(fact.windowId);
				if (session !== undefined)
					this.#finish(fact.windowId, session, fact.kind === "WindowVoided" ? "voided" : "expired");
				return;
			}
		}
	}

	#settle(windowId: WindowId, deltas: { account: Address; deltaMsat: number }[], isPartial: boolean): void {
		const session = this.#state.sessions.get(windowId);
		if (!isPartial && session !== undefined) this.#finish(windowId, session, "settled");
		for (const { account, deltaMsat } of deltas) {
			const held = this.#account(account);
			held.availableMsat += deltaMsat;
			if (isPartial && session !== undefined && held.availableMsat < 0) {
				// Between two chunks the window's own hold covers what it took.
				this.#reserve(session, account, held.availableMsat);
			}
			this.#changedAccounts.add(account);
		}
	}

	#withdraw(account: Address, amountMsat: number): void {
		const held = this.#account(account);
		held.availableMsat -= amountMsat;
		this.#changedAccounts.add(account);
		// The chain has the last word: open orders give way until what is left covers the rest.
		for (const [windowId, session] of this.#state.sessions) {
			if (held.availableMsat >= 0) return;
			this.#cancelWhere(windowId, session, ({ order }) => order.trader === account, "FUNDS_INSUFFICIENT");
		}
	}

	#cancelFrom(account: Address, fromWindow: WindowId, reason: ReasonCode): void {
		for (const [windowId, session] of this.#state.sessions) {
			if (windowId >= fromWindow) this.#cancelWhere(windowId, session, ({ order }) => order.trader === account, reason);
		}
	}

	// ── accounts ─────────────────────────────────────────────────────────────────────────────────────────────

	#account(address: Address): Account {
		let account = this.#state.accounts.get(address);
		if (account === undefined) {
			account = { availableMsat: 0, reservedMsat: 0, tier: 0, licensedUntil: 0, exitFromWindow: 0, epochs: [] };
			this.#state.accounts.set(address, account);
		}
		return account;
	}

	#reserve(session: Session, address: Address, amountMsat: number): void {
		if (amountMsat === 0) return;
		const account = this.#account(address);
		account.availableMsat -= amountMsat;
		account.reservedMsat += amountMsat;
		session.reservedMsat[address] = (session.reservedMsat[address] ?? 0) + amountMsat;
		if ((session.reservedMsat[address] as number) < 0)
			throw new Error(`invariant: ${address} releases more than it holds`);
		this.#changedAccounts.add(address);
	}

	#orderHoldMsat(order: Order, wh: number): number {
		return order.side === "buy" ? order.priceSatPerKwh * wh : this.#marginMsat(order.windowId, wh);
	}

	#marginMsat(windowId: WindowId, wh: number): number {
		return (this.#rulesAt(windowId)?.shortfallMarginSatPerKwh ?? 0) * wh;
	}

	/** The margin of a window that has orders stands: what they hold was computed with it. */
	#setRules(rules: SetMarketRules): void {
		const { shortfallMarginSatPerKwh: margin, fromWindow } = rules;
		for (const [windowId, { entries }] of this.#state.sessions) {
			if (windowId < fromWindow || entries.length === 0 || this.#marginMsat(windowId, 1) === margin) continue;
			return this.#refuse("SetMarketRules", "INPUT_NOT_ALLOWED", `the margin of window ${windowId} is in use`);
		}
		this.#state.rules.push(rules);
	}

	#rulesAt(windowId: WindowId): SetMarketRules | null {
		return this.#state.rules.findLast(({ fromWindow }) => fromWindow <= windowId) ?? null;
	}

	#charges(windowId: WindowId, sellZoneId: number, buyZoneId: number): ZonePairCharges {
		const own = this.#state.windowCharges.findLast(
			({ fromWindow, toWindow }) => fromWindow <= windowId && windowId <= toWindow,
		);
		return (
			(own?.charges ?? this.#state.charges)[sellZoneId - 1]?.[buyZoneId - 1] ?? {
				lossSatPerKwh: 0,
				wheelingSatPerKwh: 0,
				congestionSatPerKwh: 0,
				platformSatPerKwh: 0,
			}
		);
	}

	#refuse(inputType: string, reason: ReasonCode, detail: string): void {
		this.#events.push({ type: "InputRefused", inputType, reason, detail });
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

function epochAt({ epochs }: Account, windowId: WindowId): number {
	return epochs.findLast(({ fromWindow }) => fromWindow <= windowId)?.epoch ?? 0;
}

function isInCall({ calls }: Session, zoneId: number): boolean {
	return calls.some(({ zones }) => zoneIdsOf(zones).includes(zoneId));
}

function zoneIdsOf(zones: number): number[] {
	return Array.from({ length: 16 }, (_, index) => index + 1).filter((zoneId) => (zones >>> (zoneId - 1)) & 1);
}

function pathOf(sell: Entry, buy: Entry): TradePath {
	return { sellZoneId: sell.zoneId, sellNodeId: sell.nodeId, buyZoneId: buy.zoneId, buyNodeId: buy.nodeId };
}

/** Nearer before farther: same feeder, same zone, elsewhere. */
function distance(a: Entry, b: Entry): number {
	if (a.zoneId !== b.zoneId) return 2;
	return a.nodeId !== 0 && a.nodeId === b.nodeId ? 0 : 1;
}
