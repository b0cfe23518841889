import { expect } from "chai";
import {
	CURTAILMENT_STAGES,
	type EmergencyRow,
	type EmergencyZone,
	leastShed,
	type ShedPlan,
} from "../../../../../offchain/domain/grid/emergency/leastShed.ts";
import { proRataWh } from "../../../../../offchain/domain/grid/emergency/proRataWh.ts";
import { ZONE_COUNT } from "../../../../../offchain/domain/grid/zones.ts";
import { HighsLinearProgramSolver } from "../../../../../offchain/infrastructure/grid/HighsLinearProgramSolver.ts";
import { deterministicInteger } from "../../../../../offchain/simulators/random/deterministicUnit.ts";

const ALL = Array.from({ length: ZONE_COUNT }, (_, zone) => zone);
const nothing = { counterTradeAndStorage: 0, demandResponse: 0, interruptible: 0, firm: 0 };

function zone(
	demandMw: number,
	mostGenerationMw: number,
	relief: Partial<EmergencyZone["reliefMw"]> = {},
): EmergencyZone {
	return { demandMw, leastGenerationMw: 0, mostGenerationMw, reliefMw: { ...nothing, firm: demandMw, ...relief } };
}
const zones = (...first: EmergencyZone[]) => ALL.map((at) => first[at] ?? zone(0, 0));
const row = (limitMw: number): EmergencyRow => ({
	name: "1–rest",
	factors: ALL.map((at) => Number(at === 0)),
	upMw: limitMw,
	downMw: limitMw,
});

describe("G8 curtailment in stages, least shed", () => {
	let solver: HighsLinearProgramSolver;
	const solve = (list: EmergencyZone[], islands: number[][] = [ALL], rows: EmergencyRow[] = []) =>
		leastShed(solver, list, islands, rows) as ShedPlan;

	before(async () => {
		solver = await HighsLinearProgramSolver.load();
	});

	it("default: enough generation, nothing is curtailed", () => {
		const plan = solve(zones(zone(500, 200), zone(100, 600)));
		expect(plan.totalMw).to.deep.equal(nothing);
		expect(plan.generationMw[0]! + plan.generationMw[1]!).to.be.closeTo(600, 1e-4);
	});

	it("behavior: storage, then demand response, then interruptible, then firm load, each exhausted first", () => {
		const relief = { counterTradeAndStorage: 50, demandResponse: 40, interruptible: 30, firm: 300 };
		const missing = (mw: number) => solve(zones(zone(1_000, 1_000 - mw, relief))).totalMw;
		const expectStages = (mw: number, stages: number[]) => {
			const found = missing(mw);
			for (const [index, stage] of CURTAILMENT_STAGES.entries()) {
				expect(found[stage], `${mw} ${stage}`).to.be.closeTo(stages[index]!, 1e-4);
			}
		};
		expectStages(20, [20, 0, 0, 0]);
		expectStages(70, [50, 20, 0, 0]);
		expectStages(110, [50, 40, 20, 0]);
		expectStages(200, [50, 40, 30, 80]);
	});

	it("behavior: pro rata where the grid leaves it free, unequal only where a line forces it", () => {
		const free = solve(zones(zone(600, 0), zone(300, 0), zone(0, 600)));
		expect(free.reliefMw.firm[0]).to.be.closeTo(200, 1e-3);
		expect(free.reliefMw.firm[1]).to.be.closeTo(100, 1e-3);
		const forced = solve(zones(zone(600, 0), zone(300, 0), zone(0, 600)), [ALL], [row(350)]);
		expect(forced.reliefMw.firm[0]).to.be.closeTo(250, 1e-3);
		expect(forced.totalMw.firm).to.be.closeTo(300, 1e-3);
		expect(forced.limiting).to.deep.equal(["1–rest"]);
	});

	it("behavior: each island balances by itself", () => {
		const list = zones(zone(500, 200), zone(100, 900));
		const plan = solve(list, [[0], ALL.slice(1)]);
		expect(plan.totalMw.firm).to.be.closeTo(300, 1e-4);
		expect(plan.positionMw[0]).to.be.closeTo(0, 1e-4);
	});

	it("error: an island whose plants cannot run low enough goes dark", () => {
		const list = zones({ ...zone(100, 500), leastGenerationMw: 200 });
		expect(leastShed(solver, list, [ALL], [])).to.equal(null);
		expect(() => leastShed(solver, [], [], [])).to.throw(RangeError);
	});

	it("invariant: random emergencies balance, stay within every rating, and no later stage is used before an earlier is out", () => {
		for (let seed = 1; seed <= 40; seed++) {
			const list = ALL.map((at) => {
				const demand = deterministicInteger(0, 2_000, seed, at, 1);
				return zone(demand, deterministicInteger(0, 2_000, seed, at, 2), {
					counterTradeAndStorage: deterministicInteger(0, 100, seed, at, 3),
					demandResponse: Math.floor(demand / 20),
					interruptible: Math.floor(demand / 10),
					firm: demand - Math.floor(demand / 20) - Math.floor(demand / 10),
				});
			});
			const plan = leastShed(solver, list, [ALL], []);
			if (plan === null) throw new Error(`seed ${seed} has no plan`);
			const sum = (values: number[]) => values.reduce((total, value) => total + value, 0);
			expect(Math.abs(sum(plan.positionMw)), `seed ${seed}`).to.be.lessThan(1e-2);
			const missing = sum(list.map(({ demandMw, mostGenerationMw }) => demandMw - mostGenerationMw));
			expect(sum(Object.values(plan.totalMw)), `seed ${seed}`).to.be.closeTo(Math.max(0, missing), 1e-2);
			for (const [index, stage] of CURTAILMENT_STAGES.entries()) {
				if (plan.totalMw[stage] < 1e-2) continue;
				for (const earlier of CURTAILMENT_STAGES.slice(0, index)) {
					const available = sum(list.map(({ reliefMw }) => reliefMw[earlier]));
					expect(plan.totalMw[earlier], `seed ${seed}: ${earlier} before ${stage}`).to.be.closeTo(available, 1e-2);
				}
			}
		}
	}).timeout(20_000);
});

describe("G8 pro rata within a zone, to the watt-hour", () => {
	it("default: in proportion, largest remainders first, exact sum", () => {
		expect(proRataWh(100, [50, 30, 20])).to.deep.equal([50, 30, 20]);
		expect(proRataWh(10, [1, 1, 1, 27])).to.deep.equal([1, 0, 0, 9]);
		expect(proRataWh(0, [5, 5])).to.deep.equal([0, 0]);
		expect(proRataWh(0, [])).to.deep.equal([]);
	});

	it("invariant: sums exactly and never takes more than a claim, also near 2^53", () => {
		for (let seed = 1; seed <= 200; seed++) {
			const claims = Array.from({ length: 1 + (seed % 9) }, (_, index) =>
				deterministicInteger(0, 2 ** 48, seed, index),
			);
			const total = claims.reduce((sum, claim) => sum + claim, 0);
			const amount = Math.floor(total * ((seed % 10) / 10));
			const shares = proRataWh(amount, claims);
			expect(shares.reduce((sum, share) => sum + share, 0)).to.equal(amount);
			for (const [index, share] of shares.entries()) expect(share).to.be.within(0, claims[index]!);
		}
	});

	it("error: more than there is, or no whole amount", () => {
		expect(() => proRataWh(11, [5, 5])).to.throw(RangeError, /11 Wh/);
		expect(() => proRataWh(0.5, [5])).to.throw(RangeError);
		expect(() => proRataWh(1, [Number.NaN])).to.throw(RangeError);
	});
});
