/** Minimise `cost · x` with `rowLower ≤ A x ≤ rowUpper` and `lower ≤ x ≤ upper`; limits may be infinite. */
export type LinearProgramData = {
	cost: Float64Array;
	lower: Float64Array;
	upper: Float64Array;
	rows: LinearRow[];
};

export type LinearRow = { coefficients: Float64Array; lower: number; upper: number };

export type LinearSolution =
	| {
			status: "optimal";
			values: Float64Array;
			/** Change of the optimum per unit of the row's active limit. */
			rowDuals: Float64Array;
	  }
	| { status: "infeasible" | "unbounded" | "failed" };

/** A program held by a solver, re-solved from its last basis after a change. */
export interface LinearProgram {
	changeColumns(cost: Float64Array, lower: Float64Array, upper: Float64Array): void;
	changeRow(row: number, lower: number, upper: number): void;
	addRow(row: LinearRow): void;
	solve(): LinearSolution;
	close(): void;
}

export interface LinearProgramSolver {
	open(data: LinearProgramData): LinearProgram;
}
