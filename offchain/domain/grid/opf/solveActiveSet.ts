import type { DispatchColumn } from "./DispatchColumn.ts";
import type { DispatchState } from "./DispatchState.ts";
import { solveDense } from "./solveDense.ts";

/** What the optimum has to keep, seen from the active-set method. */
export type DispatchConditions = {
	columns: readonly DispatchColumn[];
	totalMw: number;
	/** PTDF of the branch by bus. */
	factors(branch: number): Float64Array;
	/** Room for generation in both directions: limit less the flow without any generation. */
	upMw(branch: number): number;
	downMw(branch: number): number;
	/** Branches over their limit for this dispatch, with the direction and by how much. */
	overloaded(valuesMw: Float64Array): [number, 1 | -1, number][];
};

export type DispatchOptimum = { valuesMw: Float64Array; energyPrice: number; shadowPrices: Map<number, number> };

const MAX_ROUNDS = 12;
const LIMIT_TOLERANCE_MW = 1e-7;
const PRICE_TOLERANCE = 1e-7;

/**
 * Primal-dual active-set method for the separable convex dispatch: solves the optimality conditions for the assumed
 * state exactly, corrects the state wherever a limit or a sign is violated, and ends when every condition holds, so
 * that what it returns is the optimum. Settles in a few rounds or not at all: null where it does not, or where an
 * assumed state has no single answer, and the caller has another method. `state` ends as that of the optimum.
 */
export function solveActiveSet(conditions: DispatchConditions, state: DispatchState): DispatchOptimum | null {
	for (let round = 0; round < MAX_ROUNDS; round++) {
		const optimum = solveConditions(conditions, state);
		if (optimum === null) return null;
		const isColumnChanged = correctColumns(conditions, state, optimum);
		if (!correctRows(conditions, state, optimum) && !isColumnChanged) return optimum;
	}
	return null;
}

/** The optimum if the state were right; null where the state has no single answer. */
export function solveConditions(conditions: DispatchConditions, state: DispatchState): DispatchOptimum | null {
	const { columns } = conditions;
	const active = [...state.activeRows].map(([branch, direction]) => ({
		factors: conditions.factors(branch),
		limit: direction > 0 ? conditions.upMw(branch) : -conditions.downMw(branch),
	}));
	const prices = 1 + active.length;
	const linear = columns.flatMap((column, j) => (state.columnAt[j] === 0 && column.curvature === 0 ? [j] : []));
	const size = prices + linear.length;
	const matrix = new Float64Array(size * size);
	const right = new Float64Array(size);
	right[0] = conditions.totalMw;
	active.forEach(({ limit }, row) => {
		right[row + 1] = limit;
	});
	// A column's weight in each row (1 in the balance, PTDF in the others) and in its price (the PTDF turned round).
	const weight = new Float64Array(prices);
	const weigh = (column: DispatchColumn) => {
		weight[0] = 1;
		for (let row = 1; row < prices; row++) weight[row] = active[row - 1]?.factors[column.busIndex] as number;
	};
	const inPrice = (row: number) => (row === 0 ? (weight[0] as number) : -(weight[row] as number));
	columns.forEach((column, j) => {
		const at = state.columnAt[j] as number;
		weigh(column);
		if (at !== 0) {
			const fixed = at < 0 ? column.lowMw : column.highMw;
			for (let row = 0; row < prices; row++) right[row] = (right[row] as number) - (weight[row] as number) * fixed;
		} else if (column.curvature > 0) {
			const perPrice = 0.5 / column.curvature;
			for (let row = 0; row < prices; row++) {
				const scaled = (weight[row] as number) * perPrice;
				right[row] = (right[row] as number) + scaled * column.slope;
				for (let other = 0; other < prices; other++) {
					matrix[row * size + other] = (matrix[row * size + other] as number) + scaled * inPrice(other);
				}
			}
		}
	});
	linear.forEach((j, k) => {
		const column = columns[j] as DispatchColumn;
		weigh(column);
		for (let row = 0; row < prices; row++) {
			matrix[row * size + prices + k] = weight[row] as number;
			matrix[(prices + k) * size + row] = inPrice(row);
		}
		right[prices + k] = column.slope;
	});
	if (!solveDense(matrix, right)) return null;
	const valuesMw = Float64Array.from(columns, (column, j) => {
		const at = state.columnAt[j] as number;
		if (at !== 0) return at < 0 ? column.lowMw : column.highMw;
		if (column.curvature === 0) return 0;
		weigh(column);
		let price = 0;
		for (let row = 0; row < prices; row++) price += inPrice(row) * (right[row] as number);
		return (price - column.slope) / (2 * column.curvature);
	});
	linear.forEach((j, k) => {
		valuesMw[j] = right[prices + k] as number;
	});
	const shadowPrices = new Map([...state.activeRows.keys()].map((branch, row) => [branch, right[row + 1] as number]));
	return valuesMw.every(Number.isFinite) ? { valuesMw, energyPrice: right[0] as number, shadowPrices } : null;
}

/** A free column beyond its limit is held there; a held one that would rather move is freed. */
function correctColumns(
	{ columns, factors }: DispatchConditions,
	state: DispatchState,
	optimum: DispatchOptimum,
): boolean {
	let isChanged = false;
	const rows = [...optimum.shadowPrices].map(([branch, price]) => ({ price, factors: factors(branch) }));
	const move = (j: number, to: -1 | 0 | 1) => {
		state.columnAt[j] = to;
		isChanged = true;
	};
	columns.forEach((column, j) => {
		const value = optimum.valuesMw[j] as number;
		const at = state.columnAt[j] as number;
		if (at === 0) {
			if (value < column.lowMw - LIMIT_TOLERANCE_MW) move(j, -1);
			else if (value > column.highMw + LIMIT_TOLERANCE_MW) move(j, 1);
			return;
		}
		if (column.lowMw === column.highMw) return;
		let price = optimum.energyPrice;
		for (const row of rows) price -= row.price * (row.factors[column.busIndex] as number);
		const gain = price - column.slope - 2 * column.curvature * value;
		const tolerance = PRICE_TOLERANCE * Math.max(1, Math.abs(price));
		if (at < 0 ? gain > tolerance : gain < -tolerance) move(j, 0);
	});
	return isChanged;
}

/** A full branch whose limit would earn nothing is not what limits; an overloaded one is. */
function correctRows(conditions: DispatchConditions, state: DispatchState, optimum: DispatchOptimum): boolean {
	let isChanged = false;
	for (const [branch, price] of optimum.shadowPrices) {
		const direction = state.activeRows.get(branch) as number;
		if (price * direction >= -PRICE_TOLERANCE) continue;
		state.activeRows.delete(branch);
		isChanged = true;
	}
	for (const [branch, direction] of conditions.overloaded(optimum.valuesMw)) {
		if (state.activeRows.has(branch) || optimum.shadowPrices.has(branch)) continue;
		state.activeRows.set(branch, direction);
		isChanged = true;
	}
	return isChanged;
}
