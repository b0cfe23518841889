import { expect } from "chai";
import type { RecordedBalancing, RegisteredReserve } from "../../../../offchain/application/ports/Balancing.ts";
import type { DeskAnswer } from "../../../../offchain/application/ports/OperatorDesk.ts";
import { BalancingStatements } from "../../../../offchain/application/queries/BalancingStatements.ts";
import { BalancingService } from "../../../../offchain/application/services/BalancingService.ts";
import type { TelemetryScan } from "../../../../offchain/domain/grid/telemetry/TelemetryScan.ts";
import type { Order } from "../../../../offchain/domain/orders/Order.ts";
import { windowStart } from "../../../../offchain/domain/units/window.ts";

const WINDOW = 2_000_000;
const OPERATOR = `0x${"ab".repeat(20)}` as const;
const hashOf = (order: Order) => `0x${String(order.meterId * 10 + order.sequence).padStart(64, "0")}` as const;

describe("G7 balancing of an area", () => {
	let nowSeconds: number;
	let isFresh: boolean;
	let haltedZoneIds: number[];
	let offers: RegisteredReserve[];
	let placed: Order[];
	let answers: ((order: Order) => DeskAnswer)[];
	let earlier: object[];
	let notices: string[];
	let recorded: Map<number, RecordedBalancing>;
	let tell: (scan: TelemetryScan) => void;
	let service: BalancingService;

	const offer = (offerId: string, zoneId: number, change: Partial<RegisteredReserve> = {}): RegisteredReserve => ({
		offerId,
		account: `0x${"cd".repeat(20)}`,
		zoneId,
		meterId: 100 + zoneId,
		activationSeconds: 10,
		direction: "up",
		capacityMw: 10,
		holdingSatPerMwHour: 100,
		energySatPerKwh: 100,
		...change,
	});
	/** One scan a minute of a frequency, up to now. */
	const measure = (millihertz: number, minutes = 15) => {
		for (let minute = minutes; minute > 0; minute--) {
			nowSeconds += 60;
			tell({ measuredAtMillis: nowSeconds * 1000, frequencyMillihertz: millihertz } as TelemetryScan);
		}
	};
	const leadMinutes = (minutes: number) => {
		nowSeconds = windowStart(WINDOW) - 60 * minutes;
	};

	/** As any node tells it. */
	const told = (windowId: number) =>
		new BalancingStatements(
			{ find: async (id) => structuredClone(recorded.get(id) ?? null) },
			{ byHash: async (orderHash) => ({ orderHash, filledWh: 77 }) as never },
		).window(windowId);

	beforeEach(() => {
		leadMinutes(35);
		isFresh = true;
		haltedZoneIds = [];
		placed = [];
		answers = [];
		earlier = [];
		notices = [];
		recorded = new Map();
		offers = [offer("a", 1), offer("b", 2, { energySatPerKwh: 90, holdingSatPerMwHour: 200 })];
		service = start();
	});

	function start(): BalancingService {
		return new BalancingService({
			telemetry: {
				current: () => ({ isFresh, zones: [{ zoneId: 1, demandMw: 30_000, demandForecastMw: 29_000 }] }) as never,
				subscribe: (listener) => {
					tell = listener;
					return () => undefined;
				},
			},
			engineQueries: { sessions: async () => [{ windowId: WINDOW, state: "open", haltedZoneIds }] as never },
			orders: {
				find: async () => earlier as never,
			},
			roster: { offers: async () => offers },
			record: {
				find: async (windowId) => structuredClone(recorded.get(windowId) ?? null),
				keepProcurement: async (bought) => {
					recorded.set(bought.windowId, structuredClone({ ...bought, activation: null }));
				},
				keepActivation: async (windowId, activation) => {
					(recorded.get(windowId) as RecordedBalancing).activation = structuredClone(activation);
				},
				unpaid: async () => [],
				keepHolding: async () => undefined,
			},
			desk: {
				account: OPERATOR,
				place: async (order) => {
					placed.push(order);
					return answers.shift()?.(order) ?? { status: "accepted", orderHash: hashOf(order) };
				},
			},
			points: [
				{ zoneId: 1, buyMeterId: 11, sellMeterId: 12 },
				{ zoneId: 2, buyMeterId: 21, sellMeterId: null },
			],
			clock: {
				nowMillis: () => nowSeconds * 1000,
				sleepUntil: async (millis) => {
					nowSeconds = millis / 1000;
				},
			},
			areaMw: 300,
			largestUnitMw: 700,
			biasMwPerTenthHertz: 1_200,
			termsAt: async () => ({ adderSatPerKwh: () => 9, floorSatPerKwh: 30, ceilingSatPerKwh: 330 }),
			onNotice: (line) => notices.push(line),
		});
	}

	it("default: reserve for one hundredth of the demand is one hundredth of the system's, by merit order", async () => {
		await service.refresh();
		const { procurement, activation } = (await told(WINDOW)) ?? { procurement: [], activation: null };
		expect(activation).to.equal(null);
		const up = procurement.filter(({ direction }) => direction === "up");
		expect(up.map(({ product, requiredW, missingW }) => [product, requiredW, missingW])).to.deep.equal([
			["primary", 7_000_000, 0],
			["secondary", 1_500_000, 0],
			["tertiary", 7_500_000, 0],
		]);
		// The cheaper holder first; the uniform price is the dearest needed.
		expect(up[0]?.accepted).to.deep.equal([{ offerId: "a", capacityW: 7_000_000 }]);
		expect(up[2]?.marginalSatPerMwHour).to.equal(200);
		expect(notices).to.deep.equal(["balancing: 1.5 MW of secondary reserve down are offered by nobody"]);
	});

	it("default: a lasting shortage is bought shortly before the gate, cheapest energy first, once", async () => {
		await service.refresh();
		measure(49_960);
		expect(service.control()?.areaControlErrorW).to.equal(-4_800_000);
		await service.refresh();
		expect(placed).to.deep.equal([]);
		leadMinutes(9);
		await service.refresh();
		await service.refresh();
		const { activation } = (await told(WINDOW)) as never as { activation: Record<string, never> };
		const { neededWh, called, meanCorrectionW } = activation as never as {
			neededWh: number;
			meanCorrectionW: number;
			called: { offerId: string; calledWh: number }[];
		};
		expect(meanCorrectionW).to.be.within(1, 1_500_000);
		expect(neededWh).to.equal(Math.round((meanCorrectionW * 250_000) / 1e6));
		expect(called.map(({ offerId }) => offerId)).to.deep.equal(["b"]);
		expect(placed).to.have.length(1);
		expect(placed[0]).to.include({
			trader: OPERATOR,
			meterId: 21,
			windowId: WINDOW,
			side: "buy",
			orderClass: "gridBalancing",
			priceSatPerKwh: 99,
			energyWh: neededWh,
		});
		expect((await told(WINDOW))?.activation?.orders[0]?.filledWh).to.equal(77);
	});

	it("default: surplus is sold to who pays most, from a point that can sell", async () => {
		offers.push(
			offer("pump", 1, { direction: "down", energySatPerKwh: 70 }),
			offer("far pump", 2, { direction: "down", energySatPerKwh: 80 }),
		);
		await service.refresh();
		measure(50_040);
		leadMinutes(9);
		await service.refresh();
		expect(placed.map(({ side, meterId, priceSatPerKwh }) => [side, meterId, priceSatPerKwh])).to.deep.equal([
			["sell", 12, 61],
		]);
	});

	it("behavior: demand response lowers the need; it is not bought as energy", async () => {
		offers.push(
			offer("cold stores", 1, { meterId: null, capacityMw: 0.01, energySatPerKwh: 50, holdingSatPerMwHour: 1 }),
		);
		for (const each of offers) each.activationSeconds = 200;
		await service.refresh();
		measure(49_960);
		leadMinutes(9);
		await service.refresh();
		const activation = (await told(WINDOW))?.activation;
		expect(activation?.reducedWh).to.equal(2_500);
		expect(placed.reduce((sum, { energyWh }) => sum + energyWh, 0)).to.equal((activation?.neededWh ?? 0) - 2_500);
	});

	it("behavior: nothing is called in a halted zone", async () => {
		await service.refresh();
		measure(49_960);
		leadMinutes(9);
		haltedZoneIds = [2];
		await service.refresh();
		expect(placed.map(({ meterId }) => meterId)).to.deep.equal([11]);
	});

	it("X6 error: stale telemetry buys and calls nothing", async () => {
		isFresh = false;
		await service.refresh();
		measure(49_900);
		expect(await told(WINDOW)).to.equal(null);
		expect(service.control()).to.equal(null);
	});

	it("error: what nobody holds is told, and only what is held is bought", async () => {
		offers = [offer("a", 1, { capacityMw: 7.2 })];
		await service.refresh();
		expect(notices.join("\n")).to.match(/1.3 MW of secondary reserve up are offered by nobody/);
		measure(49_900);
		leadMinutes(9);
		await service.refresh();
		const energy = placed.reduce((sum, { energyWh }) => sum + energyWh, 0);
		expect(energy).to.be.at.most(50_000);
		expect(placed).to.have.length(1);
	});

	it("X4 behavior: an answer that got lost is asked for again with the very same order", async () => {
		answers = [() => ({ status: "unavailable", detail: "down" })];
		await service.refresh();
		measure(49_960);
		leadMinutes(9);
		await service.refresh();
		expect(placed).to.have.length(2);
		expect(placed[0]).to.deep.equal(placed[1]);
		expect((await told(WINDOW))?.activation?.orders).to.have.length(1);
	});

	it("X4 behavior: after a restart the orders in the book stand, and none is added", async () => {
		await service.refresh();
		measure(49_960);
		leadMinutes(9);
		await service.refresh();
		earlier = placed.map((order) => ({ orderHash: hashOf(order), order, filledWh: 5 }));
		const before = await told(WINDOW);
		placed = [];
		service = start();
		await service.refresh();
		const after = await told(WINDOW);
		expect(placed).to.deep.equal([]);
		expect(after?.activation?.called).to.deep.equal(before?.activation?.called);
		expect(after?.activation?.orders).to.deep.equal(before?.activation?.orders);
	});

	it("X4 behavior: reserve is bought once: after a restart what was bought stands, whatever is offered since", async () => {
		await service.refresh();
		const before = await told(WINDOW);
		offers = [offer("cheaper", 1, { holdingSatPerMwHour: 1 })];
		service = start();
		expect(await told(WINDOW)).to.deep.equal(before);
		await service.refresh();
		expect(await told(WINDOW)).to.deep.equal(before);
	});

	it("X4 behavior: after a restart half-way the orders in the book stand for what was called", async () => {
		await service.refresh();
		measure(49_960);
		leadMinutes(9);
		await service.refresh();
		earlier = placed.map((order) => ({ orderHash: hashOf(order), order, filledWh: 5 }));
		const before = await told(WINDOW);
		(recorded.get(WINDOW) as RecordedBalancing).activation = null;
		placed = [];
		service = start();
		await service.refresh();
		expect(placed).to.deep.equal([]);
		expect((await told(WINDOW))?.activation?.orders).to.deep.equal(before?.activation?.orders);
	});

	it("error: a refused order is told with its reason", async () => {
		answers = [
			(order) => ({ status: "rejected", orderHash: hashOf(order), reason: "FUNDS_INSUFFICIENT", detail: "0 free" }),
		];
		await service.refresh();
		measure(49_960);
		leadMinutes(9);
		await service.refresh();
		expect((await told(WINDOW))?.activation?.refusals.join()).to.include("FUNDS_INSUFFICIENT");
		expect(notices.join()).to.include("FUNDS_INSUFFICIENT");
	});
});
