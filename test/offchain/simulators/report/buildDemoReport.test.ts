import { expect } from "chai";
import { buildDemoReport } from "../../../../offchain/simulators/report/buildDemoReport.ts";
import type {
	MarketFigures,
	ReportSource,
	SettlementFigures,
} from "../../../../offchain/simulators/report/ReportSource.ts";

const MARKET: MarketFigures = {
	state: "settled",
	ordersPlaced: 300,
	ordersRejected: { PRICE_BAND: 2 },
	trades: 90,
	soldWh: 1_000,
	tradingZoneIds: [2, 1, 2],
	haltedZoneIds: [],
};
const SETTLED: SettlementFigures = {
	deliveredWh: 900,
	shortWh: 70,
	curtailedWh: 20,
	skippedWh: 10,
	injectedWh: 950,
	lostWh: 50,
	debitedMsat: 90_000,
	creditedMsat: 80_000,
	chargesMsat: 10_000,
	gasUsed: 2_000_000,
	certificatesIssued: 10,
	certificatesWh: 700,
	deliveredZoneIds: [1, 2],
};

function source(change: Partial<SettlementFigures> = {}, disagreements: string[] = []): ReportSource {
	return {
		market: async () => MARKET,
		settlement: async () => ({ ...SETTLED, ...change }),
		disagreements: async () => disagreements,
	};
}

const report = (from: ReportSource, unexplained: string[] = []) =>
	buildDemoReport({ seed: "x", participants: 250, windowIds: [100, 101], source: from, unexplained });

describe("G1 the demo's report", () => {
	it("default: adds up the windows; balanced where every sum closes", async () => {
		const result = await report(source());
		expect(result.balanced).to.equal(true);
		expect(result.totals).to.include({ ordersPlaced: 600, trades: 180, soldWh: 2_000, gasUsed: 4_000_000 });
		expect(result.totals.ordersRejected).to.deep.equal({ PRICE_BAND: 4 });
		expect(result.totals.tradingZones).to.deep.equal(["MEA", "C1"]);
		expect(JSON.parse(JSON.stringify(result))).to.deep.equal(result);
	});

	const broken: [string, Partial<SettlementFigures>][] = [
		["one Wh appears from nowhere", { deliveredWh: 901, shortWh: 69 }],
		["one Wh sold is unaccounted for", { shortWh: 69 }],
		["one msat is missing", { creditedMsat: 79_999 }],
	];
	for (const [name, change] of broken) {
		it(`error: not balanced when ${name}`, async () => {
			const result = await report(source(change));
			expect(result.balanced).to.equal(false);
			expect(result.disagreements).to.have.length(2);
		});
	}

	it("error: not balanced when the chain and Postgres differ, or a rejection is unexplained", async () => {
		expect((await report(source({}, ["account 0x1: chain 5, Postgres 6"]))).balanced).to.equal(false);
		expect((await report(source(), ["factory C2 #1: FUNDS_INSUFFICIENT"])).balanced).to.equal(false);
	});

	it("error: energy delivered in a halted zone", async () => {
		const halted = { ...source(), market: async () => ({ ...MARKET, haltedZoneIds: [2] }) };
		const result = await report(halted);
		expect(result.balanced).to.equal(false);
		expect(result.disagreements[0]).to.contain("C1 delivered while halted");
		expect(result.totals.haltedZones).to.deep.equal(["C1"]);
	});

	it("error: an unsettled window or none at all is not balanced", async () => {
		const unsettled = { ...source(), settlement: async () => null };
		expect((await report(unsettled)).balanced).to.equal(false);
		const none = await buildDemoReport({
			seed: "x",
			participants: 1,
			windowIds: [],
			source: source(),
			unexplained: [],
		});
		expect(none.balanced).to.equal(false);
	});
});
