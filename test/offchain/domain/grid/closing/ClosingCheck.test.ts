import { expect } from "chai";
import { ClosingCheck, type ClosingTrade } from "../../../../../offchain/domain/grid/closing/ClosingCheck.ts";
import type { GridLimits } from "../../../../../offchain/domain/grid/GridLimits.ts";
import { thaiGridLimits } from "../../../../../offchain/domain/grid/thai/thaiGridLimits.ts";
import { ZonalWindowHeadroom } from "../../../../../offchain/domain/grid/ZonalWindowHeadroom.ts";
import { zoneId } from "../../../../../offchain/domain/grid/zones.ts";
import { HighsLinearProgramSolver } from "../../../../../offchain/infrastructure/grid/HighsLinearProgramSolver.ts";
import { loadThaiNetwork } from "../../../../../offchain/infrastructure/grid/loadThaiNetwork.ts";
import { deterministicInteger } from "../../../../../offchain/simulators/random/deterministicUnit.ts";

const S2 = zoneId("S2");
const S1 = zoneId("S1");
const MEA = zoneId("MEA");
const trade = (tradeId: string, sellZoneId: number, buyZoneId: number, energyWh: number): ClosingTrade => ({
	tradeId,
	sellZoneId,
	buyZoneId,
	energyWh,
});

describe("G10 closing check of a window by full power flow", () => {
	const network = loadThaiNetwork();
	const check = new ClosingCheck(network);
	const limits = thaiGridLimits(network);

	it("default: a small window is secure; every line and outage was looked at", () => {
		const report = check.check([trade("1", S1, S2, 100_000), trade("2", MEA, S1, 50_000)]);
		expect(report).to.deep.include({ isSecure: true, violations: [], trims: [], linesChecked: network.lines.length });
		expect(report.outagesChecked).to.be.greaterThan(250);
		expect(report.heaviestLoadingPartsPerMillion).to.be.within(1, 1_000_000);
		expect(report.heaviestElement).to.be.a("string");
	});

	it("behavior: what overloads is named, and the newest trades that load it give way, by no more than needed", () => {
		const trades = [
			trade("old", S1, S2, 1_000_000),
			trade("relief", S2, S1, 500_000),
			trade("new", S1, S2, 30_000_000),
		];
		const report = check.check(trades);
		expect(report.isSecure).to.equal(false);
		expect(report.violations[0]?.element).to.match(/–/);
		expect(report.trims.map(({ tradeId }) => tradeId)).to.deep.equal(["new"]);
		const [trim] = report.trims;
		expect(trim?.element).to.equal(report.violations[0]?.element);
		expect((trim?.keptWh ?? 0) + (trim?.trimmedWh ?? 0)).to.equal(30_000_000);
		// What remains is secure, and nearly full.
		const remaining = trades.map((each) => (each.tradeId === "new" ? { ...each, energyWh: trim?.keptWh ?? 0 } : each));
		const after = check.check(remaining);
		expect(after.isSecure).to.equal(true);
		expect(after.heaviestLoadingPartsPerMillion).to.be.greaterThan(999_000);
	});

	it("behavior: a split network lets nothing across", () => {
		const split = new ClosingCheck(network, { outages: ["BangSaphan–Chumphon", "BangSaphan–LangSuan"] });
		const report = split.check([trade("in", S2, zoneId("S3"), 40_000), trade("across", MEA, S2, 7_000)]);
		expect(report.violations[0]).to.deep.equal({ element: "island S2+S3+X-MY", flowWh: -7_000, limitWh: 0 });
		expect(report.trims).to.deep.equal([
			{ tradeId: "across", element: "island S2+S3+X-MY", flowWh: -7_000, limitWh: 0, keptWh: 0, trimmedWh: 7_000 },
		]);
	});

	it("error: a trade of a zone that does not exist", () => {
		expect(() => check.check([trade("1", 17, 1, 5)])).to.throw(RangeError, /unknown zone id 17/);
	});

	function fill(limits: GridLimits, seed: number): ClosingTrade[] {
		const headroom = new ZonalWindowHeadroom(limits);
		const trades: ClosingTrade[] = [];
		for (let index = 0; index < 300; index++) {
			const sellZoneId = deterministicInteger(1, 16, seed, index, 1);
			const buyZoneId = deterministicInteger(1, 16, seed, index, 2);
			const path = { sellZoneId, sellNodeId: 0, buyZoneId, buyNodeId: 0 };
			const { admittedWh } = headroom.admit(path, deterministicInteger(1, 20_000_000, seed, index, 3));
			if (admittedWh === 0) continue;
			headroom.reserve(path, admittedWh);
			trades.push(trade(String(index), sellZoneId, buyZoneId, admittedWh));
		}
		return trades;
	}

	it("invariant: windows filled to the brim with random trades: secure, or made so by trimming the newest a little", () => {
		let trimmedWindows = 0;
		for (let seed = 1; seed <= 30; seed++) {
			const trades = fill(limits, seed);
			const report = check.check(trades);
			expect(report.heaviestLoadingPartsPerMillion, `seed ${seed}`).to.be.within(900_000, 1_000_001);
			// Trading watches the rows that limit exchange; what it leaves to this check is small.
			for (const { flowWh, limitWh, element } of report.violations) {
				expect(Math.abs(flowWh), `seed ${seed}, ${element}`).to.be.lessThan(1.25 * limitWh);
			}
			if (report.isSecure) continue;
			trimmedWindows += 1;
			const keptBy = new Map(report.trims.map(({ tradeId, keptWh }) => [tradeId, keptWh]));
			const kept = trades.map((each) => ({ ...each, energyWh: keptBy.get(each.tradeId) ?? each.energyWh }));
			expect(check.check(kept), `seed ${seed}`).to.deep.include({ isSecure: true, violations: [], trims: [] });
			const tradedWh = trades.reduce((sum, { energyWh }) => sum + energyWh, 0);
			const trimmedWh = report.trims.reduce((sum, each) => sum + each.trimmedWh, 0);
			expect(trimmedWh / tradedWh, `seed ${seed}`).to.be.lessThan(0.05);
		}
		expect(trimmedWindows).to.be.within(1, 9);
	}).timeout(20_000);

	it("invariant: G3 with proven rows nothing trading admits ever needs trimming", async () => {
		const proofBy = await HighsLinearProgramSolver.load();
		const proven = thaiGridLimits(network, { proofBy });
		expect(proven.elements.length).to.be.within(limits.elements.length, 200);
		for (let seed = 1; seed <= 100; seed++) {
			expect(check.check(fill(proven, seed)).violations, `seed ${seed}`).to.deep.equal([]);
		}
	}).timeout(60_000);
});
