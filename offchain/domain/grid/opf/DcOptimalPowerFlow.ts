import type { DcModel } from "../analysis/DcModel.ts";
import { type DispatchColumn, type DispatchColumns, dispatchColumns } from "./DispatchColumn.ts";
import { columnState, type DispatchState } from "./DispatchState.ts";
import { type FlowLimits, flowLimitsMw } from "./flowLimitsMw.ts";
import type { LinearProgram, LinearProgramSolver, LinearSolution } from "./LinearProgram.ts";
import { type DispatchConditions, type DispatchOptimum, solveActiveSet } from "./solveActiveSet.ts";
import { solveDualActiveSet } from "./solveDualActiveSet.ts";
import { stretchesAround } from "./stretchesAround.ts";

/** A full branch: its price is what one more MW of limit would save, USD/h. */
export type BindingLimit = { branch: number; limitMw: number; shadowPrice: number };

export type DispatchResult =
	| {
			status: "optimal";
			/** USD/h, all generators in service. */
			objective: number;
			/** By generator in file order; 0 out of service. */
			dispatchMw: Float64Array;
			/** Locational marginal price by bus index, USD/MWh. */
			priceByBus: Float64Array;
			flowsMw: Float64Array;
			binding: BindingLimit[];
	  }
	| { status: "refused"; code: "GRID_OPF_COSTS" | "GRID_OPF_INFEASIBLE" | "GRID_OPF_FAILED"; message: string };

/** What may differ from the case at each solve; what is left out is as it was. */
export type DispatchChange = {
	/** By bus index, with the shunts. */
	demandMw?: Float64Array;
	limits?: FlowLimits;
	columns?: DispatchColumns;
};

const OVERLOAD_TOLERANCE_MW = 1e-6;
/** How many overloaded branches become rows at once: the worst, since they relieve others. */
const ROWS_AT_ONCE = 20;
const MAX_ROUNDS = 200;
const REFINEMENTS = 14;
const LEAST_SHADOW_PRICE = 1e-7;

/**
 * Cheapest dispatch within the limits of the linear power flow, and what energy is worth at every bus.
 *
 * Generation is the only unknown; a branch becomes a row (its PTDF) when it would be overloaded, so that the program
 * stays as small as the number of congested branches. Costs enter the linear program piece by piece, refined around the
 * last answer; the optimality conditions are then solved exactly and checked (`solveActiveSet`, `solveDualActiveSet`), so the result does
 * not depend on the pieces. Re-solving starts from the last state and mostly needs that last step alone.
 */
export class DcOptimalPowerFlow {
	readonly model: DcModel;
	readonly #solver: LinearProgramSolver;
	#columns: DispatchColumns;
	#limits: FlowLimits;
	#demandMw: Float64Array;
	/** Flow of every branch with all demand and no generation. */
	#baseFlowsMw: Float64Array;
	readonly #factors = new Map<number, Float64Array>();
	#state: DispatchState | null = null;

	constructor(model: DcModel, solver: LinearProgramSolver) {
		this.model = model;
		this.#solver = solver;
		this.#columns = dispatchColumns(model.grid);
		this.#limits = flowLimitsMw(model.grid);
		this.#demandMw = demandMw(model);
		this.#baseFlowsMw = this.#flowsWithoutGeneration();
	}

	/** The case's own columns, for changes that start from them. */
	get columns(): DispatchColumns {
		return this.#columns;
	}

	get limits(): FlowLimits {
		return this.#limits;
	}

	solve(change: DispatchChange = {}): DispatchResult {
		if (change.columns) {
			if (change.columns.columns.length !== this.#columns.columns.length) this.#state = null;
			this.#columns = change.columns;
		}
		if (change.limits) this.#limits = change.limits;
		if (change.demandMw) {
			this.#demandMw = change.demandMw;
			this.#baseFlowsMw = this.#flowsWithoutGeneration();
		}
		const { faults } = this.#columns;
		if (faults.length > 0) return { status: "refused", code: "GRID_OPF_COSTS", message: faults.join("; ") };
		const conditions = this.#conditions();
		const optimum = this.#solveFrom(conditions, this.#state) ?? this.#solveByProgram(conditions);
		if ("status" in optimum) return optimum;
		return this.#result(optimum);
	}

	/** The exact optimum from a state near it, or null. */
	#solveFrom(conditions: DispatchConditions, near: DispatchState | null): DispatchOptimum | null {
		if (near === null) return null;
		for (const method of [solveActiveSet, solveDualActiveSet]) {
			const state = { columnAt: near.columnAt.slice(), activeRows: new Map(near.activeRows) };
			const optimum = method(conditions, state);
			if (optimum === null) continue;
			this.#state = state;
			return optimum;
		}
		return null;
	}

	#conditions(): DispatchConditions {
		return {
			columns: this.#columns.columns,
			totalMw: this.#demandMw.reduce((sum, mw) => sum + mw, 0),
			factors: (branch) => this.#factorsOf(branch),
			upMw: (branch) => (this.#limits.upMw[branch] as number) - (this.#baseFlowsMw[branch] as number),
			downMw: (branch) => (this.#limits.downMw[branch] as number) + (this.#baseFlowsMw[branch] as number),
			overloaded: (valuesMw) => this.#overloaded(this.#flows(valuesMw)),
		};
	}

	#solveByProgram(conditions: DispatchConditions): DispatchOptimum | Extract<DispatchResult, { status: "refused" }> {
		const { columns } = conditions;
		const stretches = columns.map((column) => stretchesAround(column, null, 0));
		const rows = new Map<number, number>();
		const factorsByStretch = (branch: number) => spread(columns, stretches, this.#factorsOf(branch));
		const program = this.#solver.open({
			...flattened(stretches),
			rows: [
				{
					coefficients: spread(columns, stretches, null),
					lower: conditions.totalMw,
					upper: conditions.totalMw,
				},
			],
		});
		try {
			let widthShare = 1;
			let last: DispatchOptimum | null = null;
			for (let refinement = 0; refinement < REFINEMENTS; refinement++) {
				const solution = this.#solveWithRows(conditions, program, rows, factorsByStretch, stretches);
				if (solution.status !== "optimal") return refusal(solution.status);
				last = this.#optimumOf(stretches, rows, solution);
				const exact = this.#solveFrom(conditions, stateOf(columns, last));
				if (exact !== null) return exact;
				if (columns.every(({ curvature }) => curvature === 0)) break;
				widthShare /= 6;
				const values = last.valuesMw;
				columns.forEach((column, j) => {
					stretches[j] = stretchesAround(column, values[j] as number, widthShare);
				});
				const { cost, lower, upper } = flattened(stretches);
				program.changeColumns(cost, lower, upper);
			}
			this.#state = null;
			return last ?? refusal("failed");
		} finally {
			program.close();
		}
	}

	/** Solves, adds the branches that come out overloaded as rows, and solves again until none does. */
	#solveWithRows(
		conditions: DispatchConditions,
		program: LinearProgram,
		rows: Map<number, number>,
		factorsByStretch: (branch: number) => Float64Array,
		stretches: readonly Stretch[][],
	): LinearSolution {
		for (let round = 0; round < MAX_ROUNDS; round++) {
			const solution = program.solve();
			if (solution.status !== "optimal") return solution;
			const valuesMw = gathered(stretches, solution.values);
			const over = conditions.overloaded(valuesMw).filter(([branch]) => !rows.has(branch));
			if (over.length === 0) return solution;
			for (const [branch] of over.slice(0, ROWS_AT_ONCE)) {
				rows.set(branch, rows.size + 1);
				program.addRow({
					coefficients: factorsByStretch(branch),
					lower: -conditions.downMw(branch),
					upper: conditions.upMw(branch),
				});
			}
		}
		return { status: "failed" };
	}

	#optimumOf(
		stretches: readonly Stretch[][],
		rows: ReadonlyMap<number, number>,
		solution: Extract<LinearSolution, { status: "optimal" }>,
	): DispatchOptimum {
		const shadowPrices = new Map<number, number>();
		for (const [branch, row] of rows) {
			const dual = solution.rowDuals[row] as number;
			if (Math.abs(dual) > LEAST_SHADOW_PRICE) shadowPrices.set(branch, -dual);
		}
		return {
			valuesMw: gathered(stretches, solution.values),
			energyPrice: solution.rowDuals[0] as number,
			shadowPrices,
		};
	}

	#result({ valuesMw, energyPrice, shadowPrices }: DispatchOptimum): DispatchResult {
		const { grid } = this.model;
		const dispatchMw = new Float64Array(grid.network.generators.length);
		let objective = this.#columns.fixedCost;
		this.#columns.columns.forEach(({ generator, slope, curvature }, j) => {
			const mw = valuesMw[j] as number;
			dispatchMw[generator] = (dispatchMw[generator] as number) + mw;
			objective += slope * mw + curvature * mw * mw;
		});
		const priceByBus = new Float64Array(grid.busCount).fill(energyPrice);
		const binding: BindingLimit[] = [];
		for (const [branch, price] of shadowPrices) {
			const factors = this.#factorsOf(branch);
			for (let bus = 0; bus < grid.busCount; bus++) {
				priceByBus[bus] = (priceByBus[bus] as number) - price * (factors[bus] as number);
			}
			if (Math.abs(price) <= LEAST_SHADOW_PRICE) continue;
			const limitMw = (price > 0 ? this.#limits.upMw[branch] : this.#limits.downMw[branch]) as number;
			binding.push({ branch, limitMw, shadowPrice: Math.abs(price) });
		}
		binding.sort((one, other) => one.branch - other.branch);
		return { status: "optimal", objective, dispatchMw, priceByBus, flowsMw: this.#flows(valuesMw), binding };
	}

	#flows(valuesMw: Float64Array): Float64Array {
		const injections = this.#demandMw.map((mw) => -mw);
		this.#columns.columns.forEach(({ busIndex }, j) => {
			injections[busIndex] = (injections[busIndex] as number) + (valuesMw[j] as number);
		});
		return this.model.flowsMw(injections);
	}

	#flowsWithoutGeneration(): Float64Array {
		return this.model.flowsMw(this.#demandMw.map((mw) => -mw));
	}

	/** Worst first. */
	#overloaded(flowsMw: Float64Array): [number, 1 | -1, number][] {
		const found: { branch: number; direction: 1 | -1; overMw: number }[] = [];
		for (let branch = 0; branch < flowsMw.length; branch++) {
			const flow = flowsMw[branch] as number;
			const up = flow - (this.#limits.upMw[branch] as number);
			const down = -flow - (this.#limits.downMw[branch] as number);
			if (up > OVERLOAD_TOLERANCE_MW) found.push({ branch, direction: 1, overMw: up });
			else if (down > OVERLOAD_TOLERANCE_MW) found.push({ branch, direction: -1, overMw: down });
		}
		found.sort((one, other) => other.overMw - one.overMw);
		return found.map(({ branch, direction, overMw }) => [branch, direction, overMw]);
	}

	#factorsOf(branch: number): Float64Array {
		const known = this.#factors.get(branch);
		if (known) return known;
		const factors = this.model.branchFactors(branch);
		this.#factors.set(branch, factors);
		return factors;
	}
}

type Stretch = { cost: number; lower: number; upper: number };

function demandMw(model: DcModel): Float64Array {
	const { grid } = model;
	return Float64Array.from(grid.network.buses, ({ demandMw: load, shuntMw }, bus) =>
		grid.isIsolated[bus] ? 0 : load + shuntMw,
	);
}

function flattened(stretches: readonly Stretch[][]) {
	const all = stretches.flat();
	return {
		cost: Float64Array.from(all, ({ cost }) => cost),
		lower: Float64Array.from(all, ({ lower }) => lower),
		upper: Float64Array.from(all, ({ upper }) => upper),
	};
}

/** Factors by stretch: those of the column's bus, or 1 each. */
function spread(
	columns: readonly DispatchColumn[],
	stretches: readonly Stretch[][],
	factors: Float64Array | null,
): Float64Array {
	return Float64Array.from(
		columns.flatMap(({ busIndex }, j) =>
			new Array<number>((stretches[j] as Stretch[]).length).fill(factors === null ? 1 : (factors[busIndex] as number)),
		),
	);
}

function gathered(stretches: readonly Stretch[][], values: Float64Array): Float64Array {
	let at = 0;
	return Float64Array.from(stretches, ({ length }) => {
		let sum = 0;
		for (let k = 0; k < length; k++) sum += values[at++] as number;
		return sum;
	});
}

function stateOf(columns: readonly DispatchColumn[], { valuesMw, shadowPrices }: DispatchOptimum): DispatchState {
	return {
		columnAt: Int8Array.from(columns, (column, j) => columnState(column, valuesMw[j] as number)),
		activeRows: new Map([...shadowPrices].map(([branch, price]) => [branch, price > 0 ? 1 : -1])),
	};
}

function refusal(status: "infeasible" | "unbounded" | "failed"): Extract<DispatchResult, { status: "refused" }> {
	if (status !== "failed") {
		const message = "no dispatch meets the demand within all limits";
		return { status: "refused", code: "GRID_OPF_INFEASIBLE", message };
	}
	return { status: "refused", code: "GRID_OPF_FAILED", message: "the linear program was not solved" };
}
