import loadHighs, { type Highs, type Model } from "highs";
import type {
	LinearProgram,
	LinearProgramData,
	LinearProgramSolver,
	LinearRow,
	LinearSolution,
} from "../../domain/grid/opf/LinearProgram.ts";

/** Linear programs by HiGHS: loading is asynchronous, solving is not. */
export class HighsLinearProgramSolver implements LinearProgramSolver {
	readonly #highs: Highs;

	private constructor(highs: Highs) {
		this.#highs = highs;
	}

	static async load(): Promise<HighsLinearProgramSolver> {
		// The package's types describe its CommonJS build; what is imported here is the loader itself.
		const load = loadHighs as unknown as typeof loadHighs.default;
		return new HighsLinearProgramSolver(await load());
	}

	open(data: LinearProgramData): LinearProgram {
		return new HighsLinearProgram(this.#highs, data);
	}
}

class HighsLinearProgram implements LinearProgram {
	readonly #highs: Highs;
	readonly #model: Model;
	readonly #columnCount: number;

	constructor(highs: Highs, { cost, lower, upper, rows }: LinearProgramData) {
		this.#highs = highs;
		this.#columnCount = cost.length;
		const entries = rows.map(({ coefficients }) => nonZero(coefficients));
		const starts = Int32Array.from({ length: rows.length + 1 }, (_, row) =>
			entries.slice(0, row).reduce((sum, { indices }) => sum + indices.length, 0),
		);
		this.#model = highs.createModel({
			numCols: cost.length,
			numRows: rows.length,
			colCost: cost,
			colLower: lower,
			colUpper: upper,
			rowLower: rows.map((row) => row.lower),
			rowUpper: rows.map((row) => row.upper),
			matrix: {
				format: "csr",
				numRows: rows.length,
				numCols: cost.length,
				starts,
				indices: entries.flatMap(({ indices }) => indices),
				values: entries.flatMap(({ values }) => values),
			},
		});
		// Presolve would throw the basis away that makes re-solving fast.
		this.#model.options.set({ output_flag: false, presolve: "off", solver: "simplex" });
	}

	changeColumns(cost: Float64Array, lower: Float64Array, upper: Float64Array): void {
		const all = { kind: "range", from: 0, to: this.#columnCount - 1 } as const;
		this.#model.changeColsCost(all, cost);
		this.#model.changeColsBounds(all, lower, upper);
	}

	changeRow(row: number, lower: number, upper: number): void {
		this.#model.changeRowBounds(row, lower, upper);
	}

	addRow({ coefficients, lower, upper }: LinearRow): void {
		this.#model.addRow(lower, upper, nonZero(coefficients));
	}

	solve(): LinearSolution {
		const { modelStatus } = this.#highs.constants;
		this.#model.run();
		const status = this.#model.getModelStatus();
		if (status === modelStatus.optimal) {
			const { colValue, rowDual } = this.#model.getSolution();
			return { status: "optimal", values: colValue, rowDuals: rowDual };
		}
		if (status === modelStatus.infeasible || status === modelStatus.unboundedOrInfeasible) {
			return { status: "infeasible" };
		}
		return { status: status === modelStatus.unbounded ? "unbounded" : "failed" };
	}

	close(): void {
		this.#model.dispose();
	}
}

/** HiGHS leaves smaller entries out anyway, with a warning. */
const LEAST_ENTRY = 1e-9;

function nonZero(coefficients: Float64Array): { indices: number[]; values: number[] } {
	const indices: number[] = [];
	const values: number[] = [];
	coefficients.forEach((value, column) => {
		if (Math.abs(value) <= LEAST_ENTRY) return;
		indices.push(column);
		values.push(value);
	});
	return { indices, values };
}
