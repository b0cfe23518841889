import { expect } from "chai";
import type { ZonePriceSet } from "../../../../offchain/application/ports/ZonePrices.ts";
import { CongestionService } from "../../../../offchain/application/services/CongestionService.ts";
import type { EngineInput, SetZoneCharges } from "../../../../offchain/domain/engine/EngineInput.ts";
import { ZONE_COUNT } from "../../../../offchain/domain/grid/zones.ts";
import { HighsLinearProgramSolver } from "../../../../offchain/infrastructure/grid/HighsLinearProgramSolver.ts";

const WINDOW = 2_000_000;
const BASE = Array.from({ length: ZONE_COUNT }, (_, sell) =>
	Array.from({ length: ZONE_COUNT }, (_, buy) => ({
		lossSatPerKwh: 2,
		wheelingSatPerKwh: sell === buy ? 7 : 19,
		congestionSatPerKwh: 0,
		platformSatPerKwh: 1,
	})),
);
const LIMITS = {
	elements: [
		{
			name: "1–2",
			ptdfPartsPerMillion: Array.from({ length: ZONE_COUNT }, (_, zone) => (zone === 0 ? 1_000_000 : 0)),
			upWh: 4_000,
			downWh: 4_000,
			lossCoefficientPerWh: 0,
			referenceFlowWh: 0,
		},
	],
	nodes: [],
	distributionLossPartsPerMillion: new Array(ZONE_COUNT).fill(0),
};

describe("G5 congestion off the trading path", () => {
	type Level = { priceSatPerKwh: number; energyWh: number; orders: number };
	let books: Record<number, { bids?: Level[]; asks?: Level[] }>;
	let trades: object[];
	let inputs: EngineInput[];
	let isBusy: boolean;
	let windows: number[];
	let nowMillis: number;
	let prices: Map<number, ZonePriceSet>;
	let service: CongestionService;
	const level = (priceSatPerKwh: number, energyWh: number) => ({ priceSatPerKwh, energyWh, orders: 1 });
	const charge = (input: EngineInput | undefined, sell: number, buy: number) =>
		(input as SetZoneCharges).charges[sell - 1]?.[buy - 1];

	beforeEach(async () => {
		books = { 1: { asks: [level(50, 10_000)] }, 2: { asks: [level(130, 10_000)], bids: [level(180, 8_000)] } };
		trades = [];
		inputs = [];
		windows = [WINDOW];
		nowMillis = 77;
		isBusy = false;
		prices = new Map();
		service = new CongestionService({
			engineQueries: {
				sessions: async () => windows.map((windowId) => ({ windowId, state: "open" })),
				depth: async (windowId: number, zoneId: number) => ({
					windowId,
					zoneId,
					sequence: 0,
					bids: windowId === WINDOW ? (books[zoneId]?.bids ?? []) : [],
					asks: windowId === WINDOW ? (books[zoneId]?.asks ?? []) : [],
				}),
			} as never,
			trades: { ofWindow: async () => trades as never },
			solver: await HighsLinearProgramSolver.load(),
			clock: { nowMillis: () => nowMillis, sleepUntil: async () => undefined },
			limits: () => LIMITS,
			termsAt: async () => ({ charges: BASE, congestionCapSatPerKwh: 60 }),
			prices: {
				latest: async (windowId) => prices.get(windowId) ?? null,
				save: async (solved) => void prices.set(solved.windowId, solved),
				remove: async (windowId) => void prices.delete(windowId),
			},
			engine: {
				submit: async (input) => {
					if (isBusy) return { status: "busy" };
					inputs.push(input);
					return { status: "applied", sequence: inputs.length, events: [] };
				},
			},
		});
	});

	it("default: a congested pair pays up to the cap, the other direction nothing; told once", async () => {
		windows = [WINDOW - 1, WINDOW, WINDOW + 1];
		await service.refresh();
		await service.refresh();
		// Only what the congested window alone is charged.
		expect(inputs.map((input) => (input as SetZoneCharges).range ?? null)).to.deep.equal([
			{ fromWindow: WINDOW, toWindow: WINDOW },
		]);
		// 130 − 50 − 12 for wheeling between zones = 68, capped at 60.
		expect(charge(inputs[0], 1, 2)).to.deep.equal({ ...BASE[0]?.[1], congestionSatPerKwh: 60 });
		expect(charge(inputs[0], 2, 1)).to.deep.equal(BASE[1]?.[0]);
		expect(charge(inputs[0], 2, 2)).to.deep.equal(BASE[1]?.[1]);
		expect(prices.get(WINDOW)?.zonePriceSatPerKwh.slice(0, 2)).to.deep.equal([50, 130]);
		expect(prices.get(WINDOW)?.congestionPoints).to.deep.equal([
			{ name: "1–2", flowWh: 4_000, limitWh: 4_000, shadowPriceSatPerKwh: 68 },
		]);
		expect(prices.get(WINDOW)?.solvedAtMillis).to.equal(77);
	});

	it("behavior: a line sold out by trades keeps its price", async () => {
		books = { 1: { asks: [level(50, 6_000)] }, 2: { bids: [level(180, 4_000)] } };
		trades = [{ sellZoneId: 1, buyZoneId: 2, sellerPriceSatPerKwh: 50, buyerPriceSatPerKwh: 150, energyWh: 4_000 }];
		await service.refresh();
		expect(prices.get(WINDOW)?.congestionPoints[0]?.name).to.equal("1–2");
	});

	it("behavior: when congestion ends, so does its charge", async () => {
		await service.refresh();
		books = {};
		nowMillis += 300_000;
		await service.refresh();
		expect((inputs[1] as SetZoneCharges).range).to.deep.equal({ fromWindow: WINDOW, toWindow: WINDOW });
		expect(charge(inputs[1], 1, 2)).to.deep.equal(BASE[0]?.[1]);
		expect(prices.get(WINDOW) ?? null).to.equal(null);
	});

	it("behavior: without congestion there is nothing to tell", async () => {
		books = {};
		await service.refresh();
		expect(inputs).to.deep.equal([]);
	});

	it("behavior: what a busy engine did not take is told again", async () => {
		isBusy = true;
		await service.refresh();
		isBusy = false;
		await service.refresh();
		expect(inputs).to.have.length(1);
	});

	it("behavior: a far window's charges change once in five minutes, a near one's at once", async () => {
		await service.refresh();
		const cheaper = () => {
			books = { 1: { asks: [level(50, 10_000)] }, 2: { asks: [level(110, 10_000)], bids: [level(180, 8_000)] } };
		};
		cheaper();
		await service.refresh();
		expect(inputs).to.have.length(1);
		nowMillis += 300_000;
		await service.refresh();
		expect(inputs).to.have.length(2);
		nowMillis = WINDOW * 900_000 - 60_000;
		books = { 1: { asks: [level(50, 10_000)] }, 2: { asks: [level(120, 10_000)], bids: [level(180, 8_000)] } };
		await service.refresh();
		cheaper();
		await service.refresh();
		expect(inputs).to.have.length(4);
	});
});
