import { expect } from "chai";
import type { EngineEvent } from "../../../../../offchain/domain/engine/EngineEvent.ts";
import type { ChainFactBody, Directive, EngineInput } from "../../../../../offchain/domain/engine/EngineInput.ts";
import { TradingEngine } from "../../../../../offchain/domain/engine/TradingEngine.ts";
import { ZonalWindowHeadroom } from "../../../../../offchain/domain/grid/ZonalWindowHeadroom.ts";
import type { Order } from "../../../../../offchain/domain/orders/Order.ts";
import type { Address, Hash32 } from "../../../../../offchain/domain/units/Address.ts";
import { energyWh, priceSatPerKwh } from "../../../../../offchain/domain/units/units.ts";
import { windowAt, windowStart } from "../../../../../offchain/domain/units/window.ts";

/** 16:00 in Bangkok. */
const OPENING = 1_800_003_600;
/** The first window of the next day, which opens then. */
const WINDOW = windowAt(OPENING + 8 * 3600);
const CALL_SECONDS = 60;
const HEADROOMS = {
	create: (limits: ConstructorParameters<typeof ZonalWindowHeadroom>[0]) => new ZonalWindowHeadroom(limits),
	restore: ZonalWindowHeadroom.restore,
};
/** Zone by meter; each belongs to an account of its own. */
const ZONE_OF = { 1: 1, 2: 1, 3: 2, 4: 2 } as const;
type MeterId = keyof typeof ZONE_OF;

describe("M5 opening auction", () => {
	it("collects without trading, refuses what cannot wait, then trades all at one price", () => {
		const venue = new Venue();
		const opened = venue.clock(OPENING);
		const called = opened.find((event) => event.type === "AuctionCalled" && event.windowId === WINDOW);
		expect(called).to.include({ uncrossesAt: OPENING + CALL_SECONDS });
		expect(types(venue.place(1, "sell", 100, 50))).to.deep.equal(["OrderPlaced", "OrderRested", "AccountChanged"]);
		expect(types(venue.place(2, "buy", 140, 50))).to.deep.equal(["OrderPlaced", "OrderRested", "AccountChanged"]);
		venue.place(3, "sell", 120, 10);
		for (const change of [
			{ timeInForce: "ioc" },
			{ timeInForce: "fok" },
			{ orderClass: "market", timeInForce: "ioc" },
		] as const) {
			const [refusal] = venue.place(4, "buy", 140, 10, change);
			expect(refusal).to.include({ type: "OrderRejected", reason: "AUCTION_CALL" });
		}
		expect(venue.engine.auction(WINDOW)?.indicative()).to.deep.equal({ priceSatPerKwh: 119, volumeWh: 50 });
		venue.place(4, "buy", 130, 10);
		expect(types(venue.clock(OPENING + CALL_SECONDS - 1))).to.deep.equal([]);
		const events = venue.clock(OPENING + CALL_SECONDS).filter((event) => windowOf(event) === WINDOW);
		const trades = tradesOf(events);
		expect(trades.map(({ sellMeterId, buyMeterId, energyWh: wh }) => [sellMeterId, buyMeterId, wh])).to.deep.equal([
			[1, 2, 50],
			[3, 4, 10],
		]);
		const uncrossed = events.find(({ type }) => type === "AuctionUncrossed");
		expect(uncrossed).to.include({ volumeWh: 60 });
		expect(new Set(trades.map(({ sellerPriceSatPerKwh: price }) => price)).size).to.equal(1);
		expect(venue.engine.auction(WINDOW)).to.equal(null);
		venue.place(1, "sell", 100, 5);
		expect(types(venue.place(2, "buy", 140, 5, { timeInForce: "ioc" }))).to.include("TradeExecuted");
	});

	it("orders can be cancelled and amended until then", () => {
		const venue = new Venue();
		venue.clock(OPENING);
		venue.place(1, "sell", 100, 50);
		const buy = venue.place(2, "buy", 140, 50)[0];
		if (buy?.type !== "OrderPlaced") throw new Error("the order was not taken");
		const replacement = venue.order(2, "buy", 90, 50);
		const amended = venue.apply({ type: "AmendOrder", orderHash: buy.orderHash, replacement });
		expect(types(amended)).to.deep.equal(["OrderCancelled", "OrderPlaced", "OrderRested", "AccountChanged"]);
		const { orderHash } = replacement;
		const cancelled = venue.apply({ type: "CancelOrder", account: accountOf(2), orderHash });
		expect(types(cancelled)).to.deep.equal(["OrderCancelled", "AccountChanged"]);
		expect(tradesOf(venue.clock(OPENING + CALL_SECONDS))).to.deep.equal([]);
	});

	it("a window that opens late, and rules without a call, trade at once", () => {
		const late = new Venue();
		expect(types(late.clock(OPENING + CALL_SECONDS))).not.to.include("AuctionCalled");
		const none = new Venue(0);
		expect(types(none.clock(OPENING))).not.to.include("AuctionCalled");
		for (const venue of [late, none]) {
			venue.place(1, "sell", 100, 50);
			expect(types(venue.place(2, "buy", 140, 50))).to.include("TradeExecuted");
		}
	});

	it("a snapshot taken in the call goes on to the same auction", () => {
		const venue = new Venue();
		venue.clock(OPENING);
		venue.place(1, "sell", 100, 50);
		venue.place(2, "buy", 140, 50);
		const copy = TradingEngine.restore(venue.engine.snapshot(), HEADROOMS);
		const input: EngineInput = { type: "AdvanceClock", nowSeconds: OPENING + CALL_SECONDS };
		expect(copy.apply(100, input)).to.deep.equal(venue.engine.apply(100, input));
		expect(copy.stateHash()).to.equal(venue.engine.stateHash());
	});
});

describe("M5 auction after a halt", () => {
	it("a zone that trades again collects first; the other zones go on", () => {
		const venue = new Venue();
		venue.clock(OPENING + CALL_SECONDS);
		venue.fact({ kind: "DirectiveSet", directive: halt(2) });
		venue.place(1, "sell", 100, 50);
		const lifted = venue.fact({ kind: "DirectiveLifted", directiveId: 7 });
		expect(lifted.filter(({ type }) => type === "AuctionCalled")).to.deep.equal([
			{ type: "AuctionCalled", windowId: WINDOW, zoneIds: [2], uncrossesAt: OPENING + 2 * CALL_SECONDS },
		]);
		expect(types(venue.place(4, "buy", 140, 20))).not.to.include("TradeExecuted");
		expect(types(venue.place(2, "buy", 140, 10))).to.include("TradeExecuted");
		const trades = tradesOf(venue.clock(OPENING + 2 * CALL_SECONDS));
		expect(trades.map(({ sellMeterId, buyMeterId, energyWh: wh }) => [sellMeterId, buyMeterId, wh])).to.deep.equal([
			[1, 4, 20],
		]);
	});

	it("a call that could not end before the gate closes is not held", () => {
		const venue = new Venue();
		venue.clock(OPENING + CALL_SECONDS);
		venue.fact({ kind: "DirectiveSet", directive: halt(2) });
		venue.clock(windowStart(WINDOW) - 5 * 60 - CALL_SECONDS);
		expect(types(venue.fact({ kind: "DirectiveLifted", directiveId: 7 }))).not.to.include("AuctionCalled");
	});

	it("error: a gate that closes over a call ends its orders without an auction", () => {
		const venue = new Venue();
		venue.clock(OPENING);
		venue.place(1, "sell", 100, 50);
		venue.place(2, "buy", 140, 50);
		const events = venue.clock(windowStart(WINDOW) - 5 * 60).filter((event) => windowOf(event) === WINDOW);
		expect(tradesOf(events)).to.deep.equal([]);
		expect(events.filter(({ type }) => type === "OrderExpired")).to.have.length(2);
		expect(venue.engine.balances().every(({ reservedMsat }) => reservedMsat === 0)).to.equal(true);
	});
});

/** One engine, four accounts with a meter each. */
class Venue {
	readonly engine = new TradingEngine(HEADROOMS);
	#sequence = 0;
	#position = 0;
	#orders = 0;

	constructor(callSeconds = CALL_SECONDS) {
		const band = { floorSatPerKwh: 50, ceilingSatPerKwh: 200, tickSatPerKwh: 1, shortfallMarginSatPerKwh: 10 };
		this.apply({ type: "SetMarketRules", fromWindow: 0, ...band, callSeconds });
		this.clock(OPENING - 1);
		for (const meterId of [1, 2, 3, 4] as const) {
			const account = accountOf(meterId);
			this.fact({ kind: "ParticipantLicensed", account, tier: 1, validUntil: OPENING * 2 });
			this.fact({ kind: "Deposited", account, amountMsat: 1_000_000 });
			const place = { zoneId: ZONE_OF[meterId], source: "rooftopSolar", maxWindowWh: 1_000, nodeId: 0 } as const;
			this.fact({ kind: "MeterRegistered", meterId, owner: account, ...place });
		}
	}

	apply(input: EngineInput): EngineEvent[] {
		return this.engine.apply(++this.#sequence, input);
	}

	clock(nowSeconds: number): EngineEvent[] {
		return this.apply({ type: "AdvanceClock", nowSeconds });
	}

	fact(fact: ChainFactBody): EngineEvent[] {
		return this.apply({ type: "ChainFact", position: ++this.#position, fact });
	}

	place(meterId: MeterId, side: Order["side"], price: number, wh: number, change: Partial<Order> = {}): EngineEvent[] {
		return this.apply({ type: "PlaceEnergyOrder", ...this.order(meterId, side, price, wh, change) });
	}

	order(meterId: MeterId, side: Order["side"], price: number, wh: number, change: Partial<Order> = {}) {
		const sequence = ++this.#orders;
		const order: Order = {
			trader: accountOf(meterId),
			meterId,
			windowId: WINDOW,
			side,
			orderClass: "limit",
			timeInForce: "gtc",
			postOnly: false,
			selfTradeMode: "cancelNewest",
			priceSatPerKwh: priceSatPerKwh(price),
			energyWh: energyWh(wh),
			sequence,
			epoch: 0,
			validUntil: 0,
			directiveId: 0,
			...change,
		};
		const orderHash: Hash32 = `0x${sequence.toString(16).padStart(64, "0")}`;
		return { order, orderHash, signature: orderHash };
	}
}

function accountOf(meterId: MeterId): Address {
	return `0x${meterId.toString(16).padStart(40, "0")}`;
}

function halt(zoneId: number): Directive {
	const reasonHash: Hash32 = `0x${"1".repeat(64)}`;
	const windows = { fromWindow: WINDOW, toWindow: WINDOW };
	return { directiveId: 7, authority: "EGAT", kind: "HALT", zoneId, ...windows, value: 0, reasonHash };
}

function types(events: EngineEvent[]): string[] {
	return events.map(({ type }) => type);
}

function windowOf(event: EngineEvent): number | null {
	if (event.type === "TradeExecuted") return event.trade.windowId;
	return "windowId" in event ? event.windowId : null;
}

function tradesOf(events: EngineEvent[]) {
	return events.flatMap((event) => (event.type === "TradeExecuted" ? [event.trade] : []));
}
