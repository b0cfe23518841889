import type { DispatchState } from "./DispatchState.ts";
import { type DispatchConditions, type DispatchOptimum, solveActiveSet, solveConditions } from "./solveActiveSet.ts";
import { solveDense } from "./solveDense.ts";

const MAX_STEPS = 2000;
const MAX_DROPS = 100;
const LIMIT_TOLERANCE_MW = 1e-7;
/** Below this a direction does not move a condition: it depends on those that hold already. */
const LEAST_CURVATURE = 1e-10;
const LEAST_RATE = 1e-10;

/** A limit as `sign·value ≤ sign·limit`: of one column, or of a branch by its factors. */
type Limit = { kind: "column"; column: number; sign: 1 | -1 } | { kind: "row"; row: ActiveRow };
type ActiveRow = { branch: number; sign: 1 | -1; factors: Float64Array; dual: number };

/**
 * Dual active-set method of Goldfarb and Idnani (Mathematical Programming 27, 1983) for the separable dispatch with
 * strictly convex costs: takes up one violated limit after the other, letting go of those whose price would turn
 * negative, until none is violated. Starts from `state` after dropping what earns nothing there, and leaves the
 * optimum's state in it. Null where a cost is not strictly convex, or no dispatch meets all limits.
 */
export function solveDualActiveSet(conditions: DispatchConditions, state: DispatchState): DispatchOptimum | null {
	const isStrict = conditions.columns.every(({ curvature, lowMw, highMw }) => curvature > 0 || lowMw === highMw);
	if (!isStrict) return null;
	return new DualActiveSet(conditions, state).solve();
}

class DualActiveSet {
	readonly #conditions: DispatchConditions;
	readonly #state: DispatchState;
	readonly #columnDual: Float64Array;
	#rows: ActiveRow[] = [];
	#values: Float64Array = new Float64Array(0);

	constructor(conditions: DispatchConditions, state: DispatchState) {
		this.#conditions = conditions;
		this.#state = state;
		this.#columnDual = new Float64Array(conditions.columns.length);
	}

	solve(): DispatchOptimum | null {
		if (!this.#start()) return null;
		let steps = 0;
		for (let violated = this.#mostViolated(); violated !== null; violated = this.#mostViolated()) {
			let dual = 0;
			for (let isTaken = false; !isTaken; ) {
				if (++steps > MAX_STEPS) return null;
				const step = this.#step(violated.limit, violated.overMw, dual);
				if (step === null) return null;
				({ isTaken, dual } = step);
				violated.overMw = step.overMw;
			}
		}
		this.#state.activeRows = new Map(this.#rows.map(({ branch, sign }) => [branch, sign]));
		// Solved once more from the state alone and checked: what the steps added up to is not relied on.
		return solveActiveSet(this.#conditions, this.#state);
	}

	/** Holds the fixed columns and drops every limit that earns nothing, until all prices have the right sign. */
	#start(): boolean {
		const { columns } = this.#conditions;
		const { columnAt, activeRows } = this.#state;
		columns.forEach(({ lowMw, highMw }, j) => {
			if (lowMw === highMw) columnAt[j] = -1;
		});
		for (let drops = 0; drops < MAX_DROPS; drops++) {
			const optimum = solveConditions(this.#conditions, this.#state);
			if (optimum === null) {
				// Too much was held for one answer: begin with nothing but the fixed columns.
				if (activeRows.size === 0 && columnAt.every((at, j) => at === 0 || this.#isFixed(j))) return false;
				activeRows.clear();
				columnAt.forEach((_, j) => {
					if (!this.#isFixed(j)) columnAt[j] = 0;
				});
				continue;
			}
			if (!this.#dropUseless(optimum)) return true;
		}
		return false;
	}

	#dropUseless(optimum: DispatchOptimum): boolean {
		const { columnAt, activeRows } = this.#state;
		let isDropped = false;
		this.#values = optimum.valuesMw;
		this.#rows = [...optimum.shadowPrices].map(([branch, price]) => {
			const sign = activeRows.get(branch) as 1 | -1;
			return { branch, sign, factors: this.#conditions.factors(branch), dual: price * sign };
		});
		this.#conditions.columns.forEach((column, j) => {
			const at = columnAt[j] as number;
			this.#columnDual[j] = 0;
			if (at === 0 || this.#isFixed(j)) return;
			let price = optimum.energyPrice;
			for (const row of this.#rows) price -= row.dual * row.sign * (row.factors[column.busIndex] as number);
			const dual = at * (price - column.slope - 2 * column.curvature * (optimum.valuesMw[j] as number));
			if (dual < 0) {
				columnAt[j] = 0;
				isDropped = true;
			} else this.#columnDual[j] = dual;
		});
		for (const { branch, dual } of this.#rows) {
			if (dual >= 0) continue;
			activeRows.delete(branch);
			isDropped = true;
		}
		return isDropped;
	}

	#isFixed(j: number): boolean {
		const column = this.#conditions.columns[j];
		return column?.lowMw === column?.highMw;
	}

	#mostViolated(): { limit: Limit; overMw: number } | null {
		let most: { limit: Limit; overMw: number } | null = null;
		let overMw = LIMIT_TOLERANCE_MW;
		this.#conditions.columns.forEach(({ lowMw, highMw }, column) => {
			if (this.#state.columnAt[column] !== 0) return;
			const value = this.#values[column] as number;
			const sign = value > highMw ? 1 : -1;
			const over = sign > 0 ? value - highMw : lowMw - value;
			if (over <= overMw) return;
			overMw = over;
			most = { limit: { kind: "column", column, sign }, overMw };
		});
		const active = new Set(this.#rows.map(({ branch }) => branch));
		const [branch, sign, over] = this.#conditions
			.overloaded(this.#values)
			.find(([candidate]) => !active.has(candidate)) ?? [0, 1, 0];
		if (over > overMw) {
			const row = { branch, sign, factors: this.#conditions.factors(branch), dual: 0 };
			most = { limit: { kind: "row", row }, overMw: over };
		}
		return most;
	}

	/** One step towards the violated limit; another limit may have to be let go first. */
	#step(limit: Limit, overMw: number, dual: number): { isTaken: boolean; overMw: number; dual: number } | null {
		const { columns } = this.#conditions;
		const { columnAt } = this.#state;
		const rates = this.#rates(limit);
		if (rates === null) return null;
		const { towards, rowRates, columnRates, curvature } = rates;
		let length = curvature > LEAST_CURVATURE ? overMw / curvature : Number.POSITIVE_INFINITY;
		let blockingRow = -1;
		let blockingColumn = -1;
		this.#rows.forEach((row, k) => {
			const rate = rowRates[k + 1] as number;
			if (rate <= LEAST_RATE || row.dual / rate >= length) return;
			length = row.dual / rate;
			blockingRow = k;
		});
		columns.forEach((_, j) => {
			const rate = columnRates[j] as number;
			if (rate <= LEAST_RATE || (this.#columnDual[j] as number) / rate >= length) return;
			length = (this.#columnDual[j] as number) / rate;
			blockingColumn = j;
			blockingRow = -1;
		});
		if (length === Number.POSITIVE_INFINITY) return null;
		this.#rows.forEach((row, k) => {
			row.dual -= length * (rowRates[k + 1] as number);
		});
		columns.forEach((_, j) => {
			this.#values[j] = (this.#values[j] as number) - length * (towards[j] as number);
			this.#columnDual[j] = Math.max(0, (this.#columnDual[j] as number) - length * (columnRates[j] as number));
		});
		const dualNow = dual + length;
		if (blockingColumn >= 0) columnAt[blockingColumn] = 0;
		else if (blockingRow >= 0) this.#rows.splice(blockingRow, 1);
		else this.#take(limit, dualNow);
		const isTaken = blockingColumn < 0 && blockingRow < 0;
		return { isTaken, overMw: overMw - length * curvature, dual: dualNow };
	}

	#take(limit: Limit, dual: number): void {
		if (limit.kind === "row") {
			limit.row.dual = dual;
			this.#rows.push(limit.row);
			return;
		}
		const { column, sign } = limit;
		const { lowMw, highMw } = this.#conditions.columns[column] as { lowMw: number; highMw: number };
		this.#state.columnAt[column] = sign;
		this.#columnDual[column] = dual;
		this.#values[column] = sign > 0 ? highMw : lowMw;
	}

	/** How values (downwards) and prices change per unit of the violated limit's price. */
	#rates(limit: Limit) {
		const { columns } = this.#conditions;
		const { columnAt } = this.#state;
		const size = this.#rows.length + 1;
		const matrix = new Float64Array(size * size);
		const rowRates = new Float64Array(size);
		const weight = new Float64Array(size);
		const weigh = (j: number) => {
			const bus = columns[j]?.busIndex as number;
			weight[0] = 1;
			for (let k = 1; k < size; k++) {
				const row = this.#rows[k - 1] as ActiveRow;
				weight[k] = row.sign * (row.factors[bus] as number);
			}
			if (limit.kind === "row") return limit.row.sign * (limit.row.factors[bus] as number);
			return limit.column === j ? limit.sign : 0;
		};
		columns.forEach(({ curvature }, j) => {
			if (columnAt[j] !== 0) return;
			const own = weigh(j);
			const give = 0.5 / curvature;
			for (let k = 0; k < size; k++) {
				const scaled = give * (weight[k] as number);
				rowRates[k] = (rowRates[k] as number) + scaled * own;
				for (let other = 0; other < size; other++) {
					matrix[k * size + other] = (matrix[k * size + other] as number) + scaled * (weight[other] as number);
				}
			}
		});
		if (!solveDense(matrix, rowRates)) return null;
		const towards = new Float64Array(columns.length);
		const columnRates = new Float64Array(columns.length);
		let curvature = 0;
		columns.forEach((column, j) => {
			let left = weigh(j);
			const own = left;
			for (let k = 0; k < size; k++) left -= (rowRates[k] as number) * (weight[k] as number);
			if (columnAt[j] === 0) {
				towards[j] = (0.5 / column.curvature) * left;
				curvature += own * (towards[j] as number);
			} else if (!this.#isFixed(j)) columnRates[j] = (columnAt[j] as number) * left;
		});
		return { towards, rowRates, columnRates, curvature };
	}
}
