import { expect } from "chai";
import { CircuitBreakerService } from "../../../../offchain/application/services/CircuitBreakerService.ts";
import type { EngineInput, PauseTrading } from "../../../../offchain/domain/engine/EngineInput.ts";
import { TradingEngine } from "../../../../offchain/domain/engine/TradingEngine.ts";
import { ZonalWindowHeadroom } from "../../../../offchain/domain/grid/ZonalWindowHeadroom.ts";
import type { Order } from "../../../../offchain/domain/orders/Order.ts";
import type { Trade } from "../../../../offchain/domain/settlement/Trade.ts";
import { deliveryDayStart, windowStart } from "../../../../offchain/domain/units/window.ts";

const WINDOW = 2_000_000;
const account = (n: number) => `0x${String(n).padStart(40, "0")}` as const;
const SELLER = 1;
const BUYER = 2;

/** The service against the real engine: what it submits is applied, and trades are what the engine says. */
describe("P3 circuit breaker on the engine", () => {
	let engine: TradingEngine;
	let sequence: number;
	let nowSeconds: number;
	let trades: Trade[];
	let notices: string[];
	let submitted: EngineInput[];
	let isBusy: boolean;
	let service: CircuitBreakerService;

	const apply = (input: EngineInput) => {
		const events = engine.apply(++sequence, input);
		for (const event of events) if (event.type === "TradeExecuted") trades.push(event.trade);
		return events;
	};
	const order = (side: "buy" | "sell", price: number, wh: number, change: Partial<Order> = {}) => {
		const n = side === "sell" ? SELLER : BUYER;
		const full = {
			trader: account(n),
			meterId: n,
			windowId: WINDOW,
			side,
			orderClass: "limit",
			timeInForce: "gtc",
			postOnly: false,
			selfTradeMode: "cancelNewest",
			priceSatPerKwh: price,
			energyWh: wh,
			sequence: sequence + 1,
			epoch: 0,
			validUntil: 0,
			directiveId: 0,
			...change,
		} as Order;
		const orderHash = `0x${String(sequence + 1).padStart(64, "0")}` as const;
		return apply({ type: "PlaceEnergyOrder", order: full, orderHash, signature: "0x" });
	};
	/** Three trades at one price. */
	const trade = (price: number) => {
		for (let n = 0; n < 3; n++) {
			order("sell", price, 10_000);
			order("buy", price, 10_000);
		}
	};
	const start = () =>
		new CircuitBreakerService({
			engineQueries: { sessions: async () => engine.sessions() as never },
			trades: { ofWindow: async (windowId) => trades.filter((each) => each.windowId === windowId) },
			engine: {
				submit: async (input) => {
					if (isBusy) return { status: "busy" };
					submitted.push(input);
					return { status: "applied", sequence, events: apply(input) };
				},
			},
			clock: { nowMillis: () => nowSeconds * 1000, sleepUntil: async () => undefined },
			rules: {
				bandPartsPerMillion: 500_000,
				leastBandSatPerKwh: 20,
				leastReferenceWh: 10_000,
				leastTrades: 2,
				weightPartsPerMillion: 200_000,
			},
			pauseSeconds: 300,
			onChange: (line) => notices.push(line),
		});

	beforeEach(async () => {
		engine = new TradingEngine({
			create: (limits) => new ZonalWindowHeadroom(limits),
			restore: ZonalWindowHeadroom.restore,
		});
		sequence = 0;
		trades = [];
		notices = [];
		submitted = [];
		isBusy = false;
		nowSeconds = Math.max(deliveryDayStart(WINDOW) - 8 * 3600, windowStart(WINDOW) - 3600);
		apply({
			type: "SetMarketRules",
			fromWindow: 0,
			floorSatPerKwh: 1,
			ceilingSatPerKwh: 1_000,
			tickSatPerKwh: 1,
			shortfallMarginSatPerKwh: 0,
		});
		apply({ type: "AdvanceClock", nowSeconds });
		for (const n of [SELLER, BUYER]) {
			apply({
				type: "ChainFact",
				position: n * 10,
				fact: { kind: "ParticipantLicensed", account: account(n), tier: 2, validUntil: nowSeconds * 2 },
			});
			apply({ type: "RaiseBuyingPower", account: account(n), amountMsat: 10 ** 12 });
			const meter = {
				meterId: n,
				owner: account(n),
				zoneId: 1,
				source: "gas",
				maxWindowWh: 10 ** 9,
				nodeId: 0,
			} as const;
			apply({ type: "ChainFact", position: n * 10 + 1, fact: { kind: "MeterRegistered", ...meter } });
		}
		service = start();
		trade(100);
		await service.refresh();
	});

	it("default: a fast move pauses the zone; orders wait, trading resumes by itself and what crosses trades", async () => {
		trade(180);
		await service.refresh();
		expect(submitted).to.deep.equal([
			{
				type: "PauseTrading",
				windowId: WINDOW,
				zoneIds: [1],
				untilSeconds: nowSeconds + 300,
				referenceSatPerKwh: 100,
				tradedSatPerKwh: 180,
			} satisfies PauseTrading,
		]);
		expect(notices.join()).to.include("100 to 180 sat/kWh; paused for 300 s");
		expect(engine.session(WINDOW)?.pausedZoneIds).to.deep.equal([1]);
		const made = trades.length;
		expect(order("sell", 150, 5_000).map(({ type }) => type)).to.include("OrderRested");
		expect(order("buy", 160, 5_000).map(({ type }) => type)).to.include("OrderRested");
		const [refused] = order("buy", 160, 5_000, { timeInForce: "ioc" });
		expect(refused).to.include({ type: "OrderRejected", reason: "TRADING_PAUSED" });
		expect(trades).to.have.length(made);
		// A snapshot in the middle of a pause is the same pause.
		const restored = TradingEngine.restore(engine.snapshot(), {
			create: (limits) => new ZonalWindowHeadroom(limits),
			restore: ZonalWindowHeadroom.restore,
		});
		expect(restored.session(WINDOW)?.pausedZoneIds).to.deep.equal([1]);
		apply({ type: "AdvanceClock", nowSeconds: nowSeconds + 299 });
		expect(trades).to.have.length(made);
		const events = apply({ type: "AdvanceClock", nowSeconds: nowSeconds + 300 });
		expect(events[0]).to.deep.equal({ type: "TradingResumed", windowId: WINDOW, zoneIds: [1] });
		expect(trades).to.have.length(made + 1);
		expect(engine.session(WINDOW)).not.to.have.property("pausedZoneIds");
	});

	it("behavior: ordinary moves pause nobody, nor do trades made before the process began", async () => {
		trade(140);
		await service.refresh();
		trade(300);
		service = start();
		await service.refresh();
		expect(submitted).to.deep.equal([]);
	});

	it("behavior: a busy engine is told again", async () => {
		trade(180);
		isBusy = true;
		await service.refresh();
		isBusy = false;
		await service.refresh();
		expect(engine.session(WINDOW)?.pausedZoneIds).to.deep.equal([1]);
	});

	it("behavior: a pause ends a minute before gate closure, and none begins after that", async () => {
		nowSeconds = windowStart(WINDOW) - 300 - 100;
		apply({ type: "AdvanceClock", nowSeconds });
		trade(180);
		await service.refresh();
		expect((submitted[0] as PauseTrading).untilSeconds).to.equal(nowSeconds + 40);
		nowSeconds += 50;
		apply({ type: "AdvanceClock", nowSeconds });
		trade(20);
		trade(20);
		await service.refresh();
		trade(400);
		await service.refresh();
		expect(submitted).to.have.length(1);
	});

	it("error: the engine refuses a pause without end, of no zone, of a window that does not trade", () => {
		const pause = (change: Partial<PauseTrading>) =>
			apply({
				type: "PauseTrading",
				windowId: WINDOW,
				zoneIds: [1],
				untilSeconds: nowSeconds + 60,
				referenceSatPerKwh: 100,
				tradedSatPerKwh: 200,
				...change,
			})[0];
		expect(pause({ untilSeconds: nowSeconds + 901 })).to.include({ type: "InputRefused", reason: "INPUT_NOT_ALLOWED" });
		expect(pause({ untilSeconds: nowSeconds })).to.include({ type: "InputRefused" });
		expect(pause({ zoneIds: [] })).to.include({ type: "InputRefused" });
		expect(pause({ zoneIds: [17] })).to.include({ type: "InputRefused" });
		expect(pause({ windowId: WINDOW + 10_000 })).to.include({ type: "InputRefused" });
		expect(pause({})).to.include({ type: "TradingPaused" });
		expect(pause({ untilSeconds: nowSeconds + 600 })).to.include({ type: "InputRefused" });
	});
});
