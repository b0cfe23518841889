import { expect } from "chai";
import type { EngineEvent } from "../../../../offchain/domain/engine/EngineEvent.ts";
import type { ChainFactBody, Directive, EngineInput } from "../../../../offchain/domain/engine/EngineInput.ts";
import type { GridLimits } from "../../../../offchain/domain/grid/GridLimits.ts";
import type { Order } from "../../../../offchain/domain/orders/Order.ts";
import { REASON_CODES, type ReasonCode } from "../../../../offchain/domain/orders/reasonCodes.ts";
import type { Address, Hash32 } from "../../../../offchain/domain/units/Address.ts";
import { energyWh, MAX_ENERGY_WH, priceSatPerKwh } from "../../../../offchain/domain/units/units.ts";
import { windowAt, windowStart } from "../../../../offchain/domain/units/window.ts";
import { createEngine, type RunningEngine } from "../../../../offchain/infrastructure/engine/RunningEngine.ts";

/** 16:30 in Bangkok: every window of the next day is open. */
const NOW = 1_800_005_400;
const WINDOW = windowAt(NOW) + 40;
const CLOSED = windowAt(NOW + 600);
const VOIDED = WINDOW + 2;
const UNRULED = WINDOW - 8;
const SELLER: Address = `0x${"aa".repeat(20)}`;
const BUYER: Address = `0x${"bb".repeat(20)}`;
const POOR: Address = `0x${"cc".repeat(20)}`;
const OPERATOR: Address = `0x${"dd".repeat(20)}`;
const STRANGER: Address = `0x${"ee".repeat(20)}`;
const SHORT_LICENCE: Address = `0x${"ff".repeat(20)}`;
const LEAVING: Address = `0x${"12".repeat(20)}`;
const [SOLAR, HOME, FLAT, PLANT, BROKEN, HALTED, LIMITED, OWN, LEAVER, PAUSED, CALLED] = [
	1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11,
] as const;
const HALT = 501;

function hash(name: string): Hash32 {
	return `0x${Buffer.from(name).toString("hex").padStart(64, "0").slice(-64)}`;
}

function directive(directiveId: number, kind: Directive["kind"], fields: Partial<Directive>): ChainFactBody {
	const reasonHash = hash("law");
	return {
		kind: "DirectiveSet",
		directive: {
			directiveId,
			authority: "EGAT",
			kind,
			zoneId: 0,
			fromWindow: WINDOW,
			toWindow: WINDOW,
			value: 0,
			reasonHash,
			...fields,
		},
	};
}

/** A market with one resting sell, one trade, a halted zone, a voided window, and people who may do little. */
class Market {
	readonly engine: RunningEngine = createEngine();
	#sequence = 0;
	#position = 0;

	constructor() {
		this.apply({ type: "AdvanceClock", nowSeconds: NOW });
		this.apply(rules({}));
		const far = NOW * 2;
		for (const [account, tier, validUntil] of [
			[SELLER, 1, far],
			[BUYER, 1, far],
			[POOR, 1, far],
			[OPERATOR, 4, far],
			[LEAVING, 1, far],
			[SHORT_LICENCE, 1, windowStart(WINDOW)],
		] as const) {
			this.fact({ kind: "ParticipantLicensed", account, tier, validUntil });
			this.fact({ kind: "Deposited", account, amountMsat: account === POOR ? 5_000 : 10_000_000 });
		}
		for (const [meterId, owner, source, zoneId] of [
			[SOLAR, SELLER, "rooftopSolar", 1],
			[HOME, BUYER, "none", 1],
			[FLAT, POOR, "none", 1],
			[PLANT, OPERATOR, "hydro", 1],
			[BROKEN, SELLER, "rooftopSolar", 1],
			[HALTED, SELLER, "rooftopSolar", 2],
			[LIMITED, SELLER, "rooftopSolar", 1],
			[OWN, SHORT_LICENCE, "none", 1],
			[LEAVER, LEAVING, "none", 1],
			[PAUSED, BUYER, "none", 3],
			[CALLED, BUYER, "none", 5],
		] as const) {
			this.fact({ kind: "MeterRegistered", meterId, owner, zoneId, source, maxWindowWh: 1_000, nodeId: 0 });
		}
		this.fact({ kind: "MeterDeactivated", meterId: BROKEN });
		this.apply({ type: "SetMeterForecast", meterId: LIMITED, windowId: WINDOW, maxWh: 300 });
		this.fact({ kind: "EpochRaised", account: BUYER, epoch: 3, effectiveWindow: 0 });
		this.fact({ kind: "ExitRequested", account: LEAVING, effectiveWindow: WINDOW });
		this.fact(directive(HALT, "HALT", { zoneId: 2 }));
		this.fact(directive(502, "VOID_WINDOW", { fromWindow: VOIDED, toWindow: VOIDED }));
		this.fact(directive(503, "HALT", { zoneId: 5 }));
		this.fact({ kind: "DirectiveLifted", directiveId: 503 });
		this.apply(pause({}));
		this.apply(place("rests", sell({ energyWh: energyWh(400), sequence: 1 })));
		this.apply(place("trades", buy({ energyWh: energyWh(100), sequence: 1 })));
	}

	fact(fact: ChainFactBody): EngineEvent[] {
		return this.apply({ type: "ChainFact", position: ++this.#position, fact });
	}

	apply(input: EngineInput): EngineEvent[] {
		return this.engine.apply(++this.#sequence, input);
	}

	/** The state but for what is remembered of orders that were refused. */
	stateWithout(orderHash: Hash32): unknown {
		const plain = JSON.parse(new TextDecoder().decode(this.engine.snapshot()));
		plain.orders = plain.orders.filter(([known]: [Hash32]) => known !== orderHash);
		return plain;
	}
}

function rules(fields: object): EngineInput {
	return {
		type: "SetMarketRules",
		fromWindow: UNRULED + 1,
		floorSatPerKwh: 50,
		ceilingSatPerKwh: 500,
		tickSatPerKwh: 5,
		shortfallMarginSatPerKwh: 10,
		callSeconds: 60,
		...fields,
	};
}

function pause(fields: object): EngineInput {
	const prices = { referenceSatPerKwh: 100, tradedSatPerKwh: 200 };
	return { type: "PauseTrading", windowId: WINDOW, zoneIds: [3], untilSeconds: NOW + 60, ...prices, ...fields };
}

const LIMITS: GridLimits = {
	elements: [],
	nodes: [],
	distributionLossPartsPerMillion: Array.from({ length: 16 }, () => 0),
};

function order(fields: Partial<Order>): Order {
	return {
		trader: BUYER,
		meterId: HOME,
		windowId: WINDOW,
		side: "buy",
		orderClass: "limit",
		timeInForce: "gtc",
		postOnly: false,
		selfTradeMode: "cancelNewest",
		priceSatPerKwh: priceSatPerKwh(100),
		energyWh: energyWh(100),
		sequence: 99,
		epoch: 0,
		validUntil: 0,
		directiveId: 0,
		...fields,
	};
}
const sell = (fields: Partial<Order>) => order({ trader: SELLER, meterId: SOLAR, side: "sell", ...fields });
const buy = (fields: Partial<Order>) => order({ epoch: 3, ...fields });
const raw = (value: number) => value as Order["energyWh"] & Order["priceSatPerKwh"];

function place(name: string, placed: Order): EngineInput {
	return { type: "PlaceEnergyOrder", order: placed, orderHash: hash(name), signature: "0x00" };
}

const ORDERS: [ReasonCode, string, Order][] = [
	["MALFORMED", "a price with a fraction", buy({ priceSatPerKwh: raw(100.5) })],
	["MALFORMED", "a negative price", buy({ priceSatPerKwh: raw(-5) })],
	["MALFORMED", "a price beyond 16 bits", buy({ priceSatPerKwh: raw(65_540) })],
	["MALFORMED", "no number as energy", buy({ energyWh: raw(Number.NaN) })],
	["MALFORMED", "no number as sequence", buy({ sequence: Number.NaN })],
	["MALFORMED", "a negative epoch", buy({ epoch: -1 })],
	["MALFORMED", "an unsafe window", buy({ windowId: 2 ** 60 })],
	["MALFORMED", "a post-only order that is immediate", buy({ postOnly: true, timeInForce: "ioc" })],
	["MALFORMED", "a directive on an ordinary order", buy({ directiveId: HALT })],
	["QUANTITY_RANGE", "nothing", buy({ energyWh: raw(0) })],
	["QUANTITY_RANGE", "more than fits", buy({ energyWh: raw(MAX_ENERGY_WH + 1) })],
	["VALID_UNTIL_INVALID", "good till the past", buy({ timeInForce: "gtt", validUntil: NOW })],
	["VALID_UNTIL_INVALID", "a time on an order without one", buy({ validUntil: NOW + 900 })],
	["LICENCE_MISSING", "a stranger", buy({ trader: STRANGER })],
	["LICENCE_EXPIRED", "a licence that ends in the window", order({ trader: SHORT_LICENCE, meterId: OWN })],
	["METER_UNKNOWN", "no such meter", buy({ meterId: 77 })],
	["METER_NOT_OWNED", "another's meter", buy({ meterId: SOLAR })],
	["METER_INACTIVE", "a meter taken out", sell({ meterId: BROKEN })],
	["METER_CANNOT_SELL", "a home without generation", buy({ side: "sell" })],
	["METER_CAPACITY", "more than the nameplate less what is open and sold", sell({ energyWh: energyWh(601) })],
	["METER_CAPACITY", "more than the forecast", sell({ meterId: LIMITED, energyWh: energyWh(301) })],
	["WINDOW_NOT_OPEN", "the day after tomorrow", buy({ windowId: WINDOW + 200 })],
	["WINDOW_NOT_OPEN", "a window without market rules", buy({ windowId: UNRULED })],
	["GATE_CLOSED", "a window past its gate", buy({ windowId: CLOSED })],
	["DUPLICATE_SEQUENCE", "a sequence used before", buy({ sequence: 1 })],
	["EPOCH_STALE", "an epoch raised since", buy({ epoch: 2 })],
	["EPOCH_STALE", "an epoch not reached", buy({ epoch: 4 })],
	["EXIT_PENDING", "an account that leaves", order({ trader: LEAVING, meterId: LEAVER })],
	["CLASS_NOT_ALLOWED", "balancing by a household", buy({ orderClass: "gridBalancing" })],
	["CLASS_NOT_ALLOWED", "an emergency by a household", buy({ orderClass: "emergency", directiveId: HALT })],
	[
		"DIRECTIVE_REQUIRED",
		"an emergency under a directive of another zone",
		order({ trader: OPERATOR, meterId: PLANT, orderClass: "emergency", directiveId: HALT }),
	],
	["WINDOW_VOIDED", "a voided window", buy({ windowId: VOIDED })],
	["TRADING_PAUSED", "at once in a zone that pauses", buy({ meterId: PAUSED, timeInForce: "ioc" })],
	["AUCTION_CALL", "at once in a zone that collects orders", buy({ meterId: CALLED, timeInForce: "fok" })],
	["ZONE_HALTED", "a halted zone", sell({ meterId: HALTED })],
	["PRICE_TICK", "between two ticks", buy({ priceSatPerKwh: raw(101) })],
	["PRICE_BAND", "below the floor", buy({ priceSatPerKwh: raw(45) })],
	["PRICE_BAND", "above the ceiling", buy({ priceSatPerKwh: raw(505) })],
	["FUNDS_INSUFFICIENT", "more than is free", order({ trader: POOR, meterId: FLAT })],
	["POST_ONLY_WOULD_TRADE", "a post-only order at the ask", buy({ postOnly: true })],
	["FILL_OR_KILL", "more than stands", buy({ timeInForce: "fok", energyWh: energyWh(301) })],
];

const pairs = (part: object) =>
	Array.from({ length: 16 }, () =>
		Array.from({ length: 16 }, () => ({
			lossSatPerKwh: 0,
			wheelingSatPerKwh: 0,
			congestionSatPerKwh: 0,
			platformSatPerKwh: 0,
			...part,
		})),
	);
const FREE: EngineInput = { type: "SetZoneCharges", charges: pairs({}) };
const amendment = (orderHash: Hash32, trader: Address): EngineInput => ({
	type: "AmendOrder",
	orderHash,
	replacement: { order: sell({ trader }), orderHash: hash("amended"), signature: "0x00" },
});
const limits = (fields: Partial<GridLimits>): EngineInput => ({
	type: "SetGridLimits",
	fromWindow: 0,
	toWindow: WINDOW,
	limits: { ...LIMITS, ...fields },
});
const trim = (windowId: number, keptWh: number, trimmedWh: number): EngineInput => ({
	type: "TrimTrades",
	windowId,
	trims: [{ tradeId: "1-1", keptWh, trimmedWh, element: "line" }],
});
const element = { name: "line", upWh: Number.NaN, downWh: 0, lossCoefficientPerWh: 0, referenceFlowWh: 0 };

const INPUTS: [ReasonCode, string, EngineInput][] = [
	["ORDER_UNKNOWN", "a cancel of nothing", { type: "CancelOrder", account: SELLER, orderHash: hash("none") }],
	["NOT_ORDER_OWNER", "a cancel of another's", { type: "CancelOrder", account: BUYER, orderHash: hash("rests") }],
	["ORDER_UNKNOWN", "a cancel of what is filled", { type: "CancelOrder", account: BUYER, orderHash: hash("trades") }],
	["ORDER_UNKNOWN", "an amendment of nothing", amendment(hash("none"), SELLER)],
	["NOT_ORDER_OWNER", "an amendment of another's", amendment(hash("rests"), BUYER)],
	["CLOCK_BACKWARDS", "a clock that goes back", { type: "AdvanceClock", nowSeconds: NOW - 1 }],
	["CLOCK_BACKWARDS", "a clock that says nothing", { type: "AdvanceClock", nowSeconds: Number.NaN }],
	["INPUT_NOT_ALLOWED", "another margin for a window with orders", rules({ shortfallMarginSatPerKwh: 20 })],
	["MALFORMED", "a tick of nothing", rules({ tickSatPerKwh: 0 })],
	["MALFORMED", "a floor that is no number", rules({ floorSatPerKwh: Number.NaN })],
	["MALFORMED", "a ceiling beyond 16 bits", rules({ ceilingSatPerKwh: 70_000 })],
	["MALFORMED", "a negative margin", rules({ shortfallMarginSatPerKwh: -1 })],
	["MALFORMED", "a call of half a second", rules({ callSeconds: 0.5 })],
	["MALFORMED", "a charge with a fraction", { type: "SetZoneCharges", charges: pairs({ lossSatPerKwh: 0.5 }) }],
	["MALFORMED", "a subsidy", { type: "SetZoneCharges", charges: pairs({ congestionSatPerKwh: -1 }) }],
	["MALFORMED", "limits without zones", limits({ distributionLossPartsPerMillion: [] })],
	[
		"MALFORMED",
		"a line without a rating",
		limits({ elements: [{ ...element, ptdfPartsPerMillion: LIMITS.distributionLossPartsPerMillion }] }),
	],
	[
		"MALFORMED",
		"a forecast that is no number",
		{ type: "SetMeterForecast", meterId: SOLAR, windowId: WINDOW, maxWh: Number.NaN },
	],
	["MALFORMED", "money that is none", { type: "RaiseBuyingPower", account: POOR, amountMsat: Number.NaN }],
	["MALFORMED", "money taken as if given", { type: "RaiseBuyingPower", account: POOR, amountMsat: -1 }],
	["MALFORMED", "a trim of nothing", trim(WINDOW, 5, 0)],
	["MALFORMED", "a trim below nothing", trim(WINDOW, -5, 10)],
	["MALFORMED", "charges for windows that are none", { ...FREE, range: { fromWindow: -1, toWindow: WINDOW } }],
	["INPUT_NOT_ALLOWED", "a pause of a zone that pauses", pause({})],
	["INPUT_NOT_ALLOWED", "a pause of a window that does not trade", pause({ zoneIds: [1], windowId: CLOSED })],
	["INPUT_NOT_ALLOWED", "a pause without an end", pause({ zoneIds: [1], untilSeconds: Number.NaN })],
	["INPUT_NOT_ALLOWED", "a pause of no zone known", pause({ zoneIds: [99] })],
	["INPUT_NOT_ALLOWED", "a trim in a window that is not there", trim(WINDOW + 500, 5, 5)],
];

/** Codes of surfaces before the engine, or of events that are no refusals of a command. */
const ELSEWHERE: ReasonCode[] = [
	"SIGNATURE_INVALID",
	"SIGNER_NOT_AUTHORISED",
	"CROSS_ZONE_GATE_CLOSED",
	"ALL_OR_NONE_UNSUPPORTED",
	"IMMEDIATE_REMAINDER",
	"SELF_TRADE",
	"DIRECTIVE_CAP",
	"GRID_CONSTRAINT",
	"TRIMMED_BY_GRID",
	"CANCELLED_BY_TRADER",
	"CANCEL_ONLY",
	"BUSY",
];

describe("O6 every bad command gets its code and changes nothing", () => {
	for (const [code, what, refused] of ORDERS) {
		it(`error: ${code}: ${what}`, () => {
			const market = new Market();
			const before = market.stateWithout(hash("bad"));
			const events = market.apply(place("bad", refused));
			expect(events.map((event) => [event.type, "reason" in event && event.reason])).to.deep.equal([
				["OrderRejected", code],
			]);
			expect(market.stateWithout(hash("bad"))).to.deep.equal(before);
			const hashAfter = market.engine.stateHash();
			expect(market.apply(place("bad", refused)), "the same order again").to.deep.equal([]);
			expect(market.engine.stateHash()).to.equal(hashAfter);
		});
	}

	for (const [code, what, input] of INPUTS) {
		it(`error: ${code}: ${what}`, () => {
			const market = new Market();
			const before = market.engine.stateHash();
			const events = market.apply(input);
			expect(events.map((event) => [event.type, "reason" in event && event.reason])).to.deep.equal([
				["InputRefused", code],
			]);
			expect(market.engine.stateHash()).to.equal(before);
		});
	}

	it("behavior: a fact delivered again, and a trim of a trade that does not stand so, change nothing", () => {
		const market = new Market();
		const before = market.engine.stateHash();
		const again: EngineInput = {
			type: "ChainFact",
			position: 1,
			fact: { kind: "Deposited", account: BUYER, amountMsat: 5 },
		};
		expect(market.apply(again)).to.deep.equal([]);
		expect(market.apply(trim(WINDOW, 50, 51))).to.deep.equal([]);
		expect(market.engine.stateHash()).to.equal(before);
	});

	it("invariant: every code of the engine is in the table", () => {
		const shown = new Set([...ORDERS, ...INPUTS].map(([code]) => code));
		const missing = (Object.keys(REASON_CODES) as ReasonCode[]).filter(
			(code) => !shown.has(code) && !ELSEWHERE.includes(code),
		);
		expect(missing).to.deep.equal([]);
	});
});
