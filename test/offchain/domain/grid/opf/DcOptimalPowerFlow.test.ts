import { expect } from "chai";
import fc from "fast-check";
import { DcModel } from "../../../../../offchain/domain/grid/analysis/DcModel.ts";
import { IndexedNetwork } from "../../../../../offchain/domain/grid/network/IndexedNetwork.ts";
import type { GeneratorCost, NetworkCase } from "../../../../../offchain/domain/grid/network/NetworkCase.ts";
import {
	DcOptimalPowerFlow,
	type DispatchChange,
	type DispatchResult,
} from "../../../../../offchain/domain/grid/opf/DcOptimalPowerFlow.ts";
import { dispatchColumns } from "../../../../../offchain/domain/grid/opf/DispatchColumn.ts";
import type { LinearProgramSolver } from "../../../../../offchain/domain/grid/opf/LinearProgram.ts";
import { HighsLinearProgramSolver } from "../../../../../offchain/infrastructure/grid/HighsLinearProgramSolver.ts";
import { publishedCase } from "../publishedCase.ts";

type Optimal = Extract<DispatchResult, { status: "optimal" }>;

describe("G5 cheapest dispatch with prices by bus", () => {
	let solver: HighsLinearProgramSolver;

	before(async () => {
		solver = await HighsLinearProgramSolver.load();
	});

	const dispatch = (grid: IndexedNetwork) => new DcOptimalPowerFlow(new DcModel(grid), solver);
	const optimal = (result: DispatchResult): Optimal => {
		if (result.status !== "optimal") throw new Error(result.message);
		return result;
	};

	const published: [string, number][] = [
		["case9", 5216.0266077],
		["case14", 7642.591777],
		["case30", 565.2059664],
		["case57", 41006.736942],
		["case118", 125947.881418],
		["case300", 706292.324244],
	];
	for (const [name, objective] of published) {
		it(`${name}: the published optimum ${objective}`, () => {
			const result = optimal(dispatch(publishedCase(name)).solve());
			expect(Math.abs(result.objective - objective) / objective).to.be.below(1e-9);
		});
	}

	it("five buses, one full line: five different prices (Li and Bo's PJM system)", () => {
		const result = optimal(dispatch(new IndexedNetwork(fiveBus())).solve());
		expect(result.objective).to.be.closeTo(17479.8969, 1e-3);
		expect(result.binding.map(({ branch, limitMw }) => [branch, limitMw])).to.deep.equal([[5, 240]]);
		[16.9774, 26.3845, 30, 39.9427, 10].forEach((price, bus) => {
			expect(result.priceByBus[bus]).to.be.closeTo(price, 1e-3);
		});
	});

	it("invariant: no better dispatch is found by moving output between two generators; every limit holds", () => {
		const bounds = fc.record({
			scale: fc.double({ min: 0.35, max: 1.5, noNaN: true }),
			kinds: fc.array(fc.constantFrom("quadratic", "piecewise", "linear"), { minLength: 6, maxLength: 6 }),
			load: fc.double({ min: 0.5, max: 1.3, noNaN: true }),
			seed: fc.nat(),
		});
		let congested = 0;
		fc.assert(
			fc.property(bounds, ({ scale, kinds, load, seed }) => {
				const grid = new IndexedNetwork(varied(publishedCase("case30").network, scale, kinds, load, seed));
				const opf = dispatch(grid);
				const result = opf.solve();
				if (result.status !== "optimal") {
					expect(result.code).to.equal("GRID_OPF_INFEASIBLE");
					return;
				}
				if (result.binding.length > 0) congested++;
				expectOptimal(grid, opf, result);
			}),
			{ numRuns: 150 },
		);
		expect(congested).to.be.greaterThan(20);
	});

	it("behavior: re-solving with other limits, costs and demand gives what a new start gives", () => {
		const change = fc.record({
			scale: fc.double({ min: 0.4, max: 1.2, noNaN: true }),
			load: fc.double({ min: 0.6, max: 1.2, noNaN: true }),
			cost: fc.double({ min: 0.5, max: 2, noNaN: true }),
		});
		const grid = publishedCase("case30");
		const warm = dispatch(grid);
		const { limits, columns } = warm;
		const demand = Float64Array.from(grid.network.buses, ({ demandMw, shuntMw }) => demandMw + shuntMw);
		fc.assert(
			fc.property(change, ({ scale, load, cost }) => {
				const request: DispatchChange = {
					demandMw: demand.map((mw) => mw * load),
					limits: { upMw: limits.upMw.map((mw) => mw * scale), downMw: limits.downMw.map((mw) => mw * scale) },
					columns: {
						...columns,
						columns: columns.columns.map((column, j) => ({
							...column,
							slope: j === 0 ? column.slope * cost : column.slope,
						})),
					},
				};
				const again = warm.solve(request);
				const fresh = dispatch(grid).solve(request);
				expect(again.status).to.equal(fresh.status);
				if (again.status !== "optimal" || fresh.status !== "optimal") return;
				expect(again.objective).to.be.closeTo(fresh.objective, 1e-7 * fresh.objective);
				again.priceByBus.forEach((price, bus) => {
					expect(price).to.be.closeTo(fresh.priceByBus[bus] as number, 1e-5);
				});
			}),
			{ numRuns: 150 },
		);
	});

	it("behavior: congested and strictly convex, it re-solves without any linear program", () => {
		const grid = publishedCase("case300");
		const model = new DcModel(grid);
		let isClosed = false;
		const once: LinearProgramSolver = {
			open(data) {
				if (isClosed) throw new Error("a linear program was needed");
				return solver.open(data);
			},
		};
		const warm = new DcOptimalPowerFlow(model, once);
		const free = optimal(warm.solve());
		isClosed = true;
		const random = fc.sample(fc.double({ min: 0, max: 1, noNaN: true }), { numRuns: 12 * grid.branchCount, seed: 5 });
		let binding = 0;
		for (let k = 0; k < 12; k++) {
			const upMw = free.flowsMw.map((flow, branch) => {
				const limit = branch % 12 === 0 ? Math.abs(flow) * 0.95 + 10 : Math.abs(flow) * 1.3 + 30;
				return limit * (0.97 + 0.06 * (random[k * grid.branchCount + branch] as number));
			});
			const limits = { upMw, downMw: upMw.slice() };
			const again = optimal(warm.solve({ limits }));
			const fresh = optimal(new DcOptimalPowerFlow(model, solver).solve({ limits }));
			binding += again.binding.length;
			expect(again.objective).to.be.closeTo(fresh.objective, 1e-9 * fresh.objective);
			again.priceByBus.forEach((price, bus) => {
				expect(price).to.be.closeTo(fresh.priceByBus[bus] as number, 1e-6);
			});
		}
		expect(binding).to.be.greaterThan(60);
	});

	it("behavior: limits of the angle across a branch bind like limits of its flow, in either direction", () => {
		for (const end of ["minAngleDegrees", "maxAngleDegrees"] as const) {
			const { network } = publishedCase("case9");
			const line = network.branches[8];
			if (!line) throw new Error("no branch");
			// Free, the angle from bus 9 to bus 4 is −2.6°: a turned copy has the other sign.
			if (end === "maxAngleDegrees") [line.from, line.to] = [line.to, line.from];
			line[end] = end === "minAngleDegrees" ? -1 : 1;
			const grid = new IndexedNetwork(network);
			const model = new DcModel(grid);
			const opf = new DcOptimalPowerFlow(model, solver);
			const result = optimal(opf.solve());
			expect(result.binding.map(({ branch }) => branch)).to.deep.equal([8]);
			const across = ((result.flowsMw[8] as number) / 100 / (grid.susceptancePu[8] as number)) * (180 / Math.PI);
			expect(Math.abs(across)).to.be.closeTo(1, 1e-6);
			expect(result.objective).to.be.greaterThan(5216.1);
		}
	});

	it("behavior: piecewise costs whose slopes fall by a rounding count as the highest of their stretches", () => {
		const { network } = publishedCase("case9");
		const points: [number, number][] = [
			[0, 0],
			[100, 1000],
			[200, 1999.5],
			[300, 2999.4],
		];
		network.costs = network.costs.map(() => ({ model: "piecewise", points }));
		const columns = dispatchColumns(new IndexedNetwork(network));
		expect(columns.faults).to.deep.equal([]);
		const first = columns.columns.filter(({ generator }) => generator === 0);
		const slopes = first.map(({ slope }) => slope);
		expect(slopes).to.deep.equal([...slopes].sort((a, b) => a - b));
		const costAt = (mw: number) => {
			let left = mw;
			let cost = columns.fixedCost / 3;
			for (const { lowMw, highMw, slope } of first) {
				const part = Math.min(highMw, Math.max(lowMw, left));
				cost += slope * part;
				left -= part;
			}
			return cost;
		};
		for (let mw = 10; mw <= 250; mw += 10) {
			const lines = [1, 2, 3].map((k) => {
				const [[x0, y0], [x1, y1]] = [points[k - 1], points[k]] as [[number, number], [number, number]];
				return y0 + ((y1 - y0) / (x1 - x0)) * (mw - x0);
			});
			expect(costAt(mw)).to.be.closeTo(Math.max(...lines), 1e-9);
		}
	});

	it("error: what cannot be met or optimised is refused with its code", () => {
		const refuse = (change: (network: NetworkCase) => void) => {
			const { network } = publishedCase("case9");
			change(network);
			const result = dispatch(new IndexedNetwork(network)).solve();
			return result.status === "refused" ? `${result.code}: ${result.message}` : "optimal";
		};
		expect(
			refuse((network) => {
				for (const bus of network.buses) bus.demandMw *= 5;
			}),
		).to.match(/^GRID_OPF_INFEASIBLE/);
		expect(refuse((network) => network.costs.splice(0))).to.equal("GRID_OPF_COSTS: the case has no generator costs");
		expect(
			refuse((network) => {
				network.costs[1] = { model: "polynomial", coefficients: [-1, 20, 0] };
				network.costs[2] = { model: "polynomial", coefficients: [1, 0, 20, 0] };
			}),
		).to.equal(
			"GRID_OPF_COSTS: generator 2 (bus 2): cost is not convex; generator 3 (bus 3): cost of a higher order than quadratic",
		);
	});
});

function expectOptimal(grid: IndexedNetwork, opf: DcOptimalPowerFlow, result: Optimal): void {
	const { generators, buses } = grid.network;
	const demand = buses.reduce((sum, { demandMw, shuntMw }) => sum + demandMw + shuntMw, 0);
	expect(result.dispatchMw.reduce((sum, mw) => sum + mw, 0)).to.be.closeTo(demand, 1e-6);
	result.flowsMw.forEach((flow, branch) => {
		expect(flow).to.be.at.most((opf.limits.upMw[branch] as number) + 2e-6);
		expect(-flow).to.be.at.most((opf.limits.downMw[branch] as number) + 2e-6);
	});
	let cost = 0;
	generators.forEach(({ bus, minMw, maxMw }, index) => {
		const mw = result.dispatchMw[index] as number;
		expect(mw).to.be.within(minMw - 1e-6, maxMw + 1e-6);
		const curve = grid.network.costs[index] as GeneratorCost;
		cost += costOf(curve, mw);
		// At the optimum the price lies between what the last MW cost and what the next would.
		const price = result.priceByBus[grid.busIndex(bus)] as number;
		const step = 1e-4;
		const tolerance = 1e-3 + 1e-3 * Math.abs(price);
		if (mw < maxMw - step)
			expect((costOf(curve, mw + step) - costOf(curve, mw)) / step).to.be.at.least(price - tolerance);
		if (mw > minMw + step)
			expect((costOf(curve, mw) - costOf(curve, mw - step)) / step).to.be.at.most(price + tolerance);
	});
	expect(result.objective).to.be.closeTo(cost, 1e-6 * Math.abs(cost));
	for (const { shadowPrice, branch, limitMw } of result.binding) {
		expect(shadowPrice).to.be.greaterThan(0);
		expect(Math.abs(result.flowsMw[branch] as number)).to.be.closeTo(limitMw, 2e-6);
	}
}

function costOf(cost: GeneratorCost, mw: number): number {
	if (cost.model === "polynomial") return cost.coefficients.reduce((sum, coefficient) => sum * mw + coefficient, 0);
	const { points } = cost;
	const stretch = Math.max(
		1,
		points.findIndex(([at], k) => k > 0 && (mw <= at || k === points.length - 1)),
	);
	const [[x0, y0], [x1, y1]] = [points[stretch - 1], points[stretch]] as [[number, number], [number, number]];
	return y0 + ((y1 - y0) / (x1 - x0)) * (mw - x0);
}

/** The network with other limits, load and costs of every kind; distinct slopes, so that the prices are unique. */
function varied(network: NetworkCase, scale: number, kinds: string[], load: number, seed: number): NetworkCase {
	const costs = network.generators.map(({ maxMw }, index): GeneratorCost => {
		const slope = 10 + ((seed >> index) % 97) * 0.37 + index * 0.0131;
		if (kinds[index] === "linear") return { model: "polynomial", coefficients: [slope, index] };
		if (kinds[index] === "quadratic") return { model: "polynomial", coefficients: [0.02 + index * 0.003, slope, 5] };
		const third = maxMw / 3;
		return {
			model: "piecewise",
			points: [
				[0, 7],
				[third, 7 + third * slope],
				[2 * third, 7 + third * (2.31 * slope)],
				[maxMw, 7 + third * (3.97 * slope)],
			],
		};
	});
	return {
		...network,
		costs,
		buses: network.buses.map((bus) => ({ ...bus, demandMw: bus.demandMw * load })),
		branches: network.branches.map((branch) => ({ ...branch, ratingAMva: branch.ratingAMva * scale })),
	};
}

function fiveBus(): NetworkCase {
	const bus = (number: number, type: 1 | 2 | 3, demandMw: number) => ({
		...{ number, type, demandMw, demandMvar: 0, shuntMw: 0, shuntMvar: 0, voltagePu: 1, angleDegrees: 0, baseKv: 230 },
		...{ maxVoltagePu: 1.1, minVoltagePu: 0.9 },
	});
	const line = (from: number, to: number, reactancePu: number, ratingAMva: number) => ({
		...{
			from,
			to,
			resistancePu: reactancePu / 10,
			reactancePu,
			chargingPu: 0,
			ratingAMva,
			ratingBMva: 0,
			ratingCMva: 0,
		},
		...{ tapRatio: 0, shiftDegrees: 0, inService: true },
	});
	const unit = (at: number, maxMw: number) => ({
		...{ bus: at, outputMw: 0, outputMvar: 0, maxMvar: 0, minMvar: 0, voltagePu: 1, inService: true, maxMw, minMw: 0 },
	});
	return {
		name: "five buses",
		baseMva: 100,
		buses: [bus(1, 2, 0), bus(2, 1, 300), bus(3, 2, 300), bus(4, 3, 400), bus(5, 2, 0)],
		generators: [unit(1, 40), unit(1, 170), unit(3, 520), unit(4, 200), unit(5, 600)],
		branches: [
			line(1, 2, 0.0281, 400),
			line(1, 4, 0.0304, 0),
			line(1, 5, 0.0064, 0),
			line(2, 3, 0.0108, 0),
			line(3, 4, 0.0297, 0),
			line(4, 5, 0.0297, 240),
		],
		costs: [14, 15, 30, 40, 10].map((slope) => ({ model: "polynomial", coefficients: [slope, 0] })),
	};
}
