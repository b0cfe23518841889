import { expect } from "chai";
import fc from "fast-check";
import { DcModel } from "../../../../../offchain/domain/grid/analysis/DcModel.ts";
import { DcOptimalPowerFlow } from "../../../../../offchain/domain/grid/opf/DcOptimalPowerFlow.ts";
import type { DispatchState } from "../../../../../offchain/domain/grid/opf/DispatchState.ts";
import { type DispatchConditions, solveConditions } from "../../../../../offchain/domain/grid/opf/solveActiveSet.ts";
import { solveDualActiveSet } from "../../../../../offchain/domain/grid/opf/solveDualActiveSet.ts";
import { HighsLinearProgramSolver } from "../../../../../offchain/infrastructure/grid/HighsLinearProgramSolver.ts";
import { publishedCase } from "../publishedCase.ts";

describe("G5 dual active-set method", () => {
	const model = new DcModel(publishedCase("case30"));
	const { network, branchCount } = model.grid;
	const demandMw = Float64Array.from(network.buses, ({ demandMw: load }) => load);
	let solver: HighsLinearProgramSolver;

	before(async () => {
		solver = await HighsLinearProgramSolver.load();
	});

	const problem = fc.record({
		scales: fc.array(fc.double({ min: 0.55, max: 1.1, noNaN: true }), {
			minLength: branchCount,
			maxLength: branchCount,
		}),
		slopes: fc.array(fc.double({ min: 5, max: 60, noNaN: true }), { minLength: 6, maxLength: 6 }),
		/** Any state to start from, however wrong. */
		columnAt: fc.array(fc.constantFrom(-1, 0, 1), { minLength: 6, maxLength: 6 }),
		rows: fc.uniqueArray(fc.nat({ max: branchCount - 1 }), { maxLength: 3 }),
	});

	it("invariant: finds the optimum from any start, wherever there is one, and says so where there is none", () => {
		let solved = 0;
		let congested = 0;
		fc.assert(
			fc.property(problem, ({ scales, slopes, columnAt, rows }) => {
				const opf = new DcOptimalPowerFlow(model, solver);
				const columns = opf.columns.columns.map((column, j) => ({
					...column,
					slope: slopes[j] as number,
					curvature: 0.05,
				}));
				const upMw = opf.limits.upMw.map((mw, branch) => mw * (scales[branch] as number));
				const limits = { upMw, downMw: upMw.slice() };
				const expected = opf.solve({ limits, columns: { columns, fixedCost: 0, faults: [] } });
				const state: DispatchState = {
					columnAt: Int8Array.from(columnAt),
					activeRows: new Map(rows.map((branch) => [branch, branch % 2 === 0 ? 1 : -1])),
				};
				const conditions = conditionsOf(columns, upMw);
				const found = solveDualActiveSet(conditions, state);
				if (expected.status !== "optimal") {
					expect(found).to.equal(null);
					return;
				}
				if (found === null) throw new Error("no optimum found");
				solved++;
				if (expected.binding.length > 1) congested++;
				found.valuesMw.forEach((mw, j) => {
					expect(mw).to.be.closeTo(expected.dispatchMw[j] as number, 1e-6);
				});
				expect([...state.activeRows.keys()].sort((a, b) => a - b)).to.include.members(
					expected.binding.map(({ branch }) => branch),
				);
				expect(solveConditions(conditions, state)?.energyPrice).to.equal(found.energyPrice);
			}),
			{ numRuns: 400 },
		);
		expect(solved).to.be.greaterThan(100);
		expect(congested).to.be.greaterThan(20);
	});

	it("error: a cost that is not strictly convex is not its business", () => {
		const columns = new DcOptimalPowerFlow(model, solver).columns.columns.map((column) => ({
			...column,
			curvature: 0,
		}));
		const state = { columnAt: new Int8Array(6), activeRows: new Map() };
		expect(solveDualActiveSet(conditionsOf(columns, new Float64Array(branchCount).fill(1e3)), state)).to.equal(null);
	});

	function conditionsOf(columns: DispatchConditions["columns"], limitMw: Float64Array): DispatchConditions {
		const load = model.flowsMw(demandMw.map((mw) => -mw));
		const flows = (valuesMw: Float64Array) => {
			const injections = demandMw.map((mw) => -mw);
			columns.forEach(({ busIndex }, j) => {
				injections[busIndex] = (injections[busIndex] as number) + (valuesMw[j] as number);
			});
			return model.flowsMw(injections);
		};
		return {
			columns,
			totalMw: demandMw.reduce((sum, mw) => sum + mw, 0),
			factors: (branch) => model.branchFactors(branch),
			upMw: (branch) => (limitMw[branch] as number) - (load[branch] as number),
			downMw: (branch) => (limitMw[branch] as number) + (load[branch] as number),
			overloaded: (valuesMw) =>
				[...flows(valuesMw)]
					.map((flow, branch): [number, 1 | -1, number] => [
						branch,
						flow > 0 ? 1 : -1,
						Math.abs(flow) - (limitMw[branch] as number),
					])
					.filter(([, , overMw]) => overMw > 1e-6)
					.sort((one, other) => other[2] - one[2]),
		};
	}
});
