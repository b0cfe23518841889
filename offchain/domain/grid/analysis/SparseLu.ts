import { minimumDegreeOrder } from "./minimumDegreeOrder.ts";
import type { SparseMatrix } from "./SparseMatrix.ts";

/** The matrix has no inverse: column `column` has no pivot. */
export class SingularMatrixError extends Error {
	readonly column: number;

	constructor(column: number) {
		super(`matrix is singular at column ${column}`);
		this.name = "SingularMatrixError";
		this.column = column;
	}
}

/** The diagonal is kept as pivot unless it is smaller than this share of the column's largest entry. */
const DIAGONAL_PREFERENCE = 1e-3;

/**
 * Sparse LU factors of a square matrix: left-looking, one sparse triangular solve per column (Gilbert and Peierls,
 * SIAM J. Sci. Stat. Comput. 9, 1988), columns in minimum-degree order, threshold pivoting that prefers the diagonal.
 * Throws `SingularMatrixError`.
 */
export class SparseLu {
	readonly size: number;
	/** Column `k` of the factors is column `columnOrder[k]` of the matrix; reusable for another matrix of the same pattern. */
	readonly columnOrder: Int32Array;
	/** Row `i` of the matrix is row `rowPosition[i]` of the factors. */
	readonly #rowPosition: Int32Array;
	readonly #lowerStart: Int32Array;
	#lowerRow: Int32Array;
	#lowerValue: Float64Array;
	readonly #upperStart: Int32Array;
	#upperRow: Int32Array;
	#upperValue: Float64Array;
	readonly #diagonal: Float64Array;
	readonly #work: Float64Array;

	constructor(matrix: SparseMatrix, columnOrder = minimumDegreeOrder(matrix)) {
		this.size = matrix.size;
		this.columnOrder = columnOrder;
		this.#rowPosition = new Int32Array(this.size).fill(-1);
		this.#lowerStart = new Int32Array(this.size + 1);
		this.#upperStart = new Int32Array(this.size + 1);
		const guess = matrix.values.length * 4 + this.size;
		this.#lowerRow = new Int32Array(guess);
		this.#lowerValue = new Float64Array(guess);
		this.#upperRow = new Int32Array(guess);
		this.#upperValue = new Float64Array(guess);
		this.#diagonal = new Float64Array(this.size);
		this.#work = new Float64Array(this.size);
		this.#factorise(matrix);
	}

	/** Solves A x = b; `b` is overwritten by x. */
	solve(b: Float64Array): Float64Array {
		const x = this.#work;
		for (let row = 0; row < this.size; row++) x[this.#rowPosition[row] as number] = b[row] as number;
		this.#solveInPlace(x);
		for (let k = 0; k < this.size; k++) b[this.columnOrder[k] as number] = x[k] as number;
		return b;
	}

	#solveInPlace(x: Float64Array): void {
		const { size } = this;
		const [lowerStart, lowerRow, lowerValue] = [this.#lowerStart, this.#lowerRow, this.#lowerValue];
		for (let k = 0; k < size; k++) {
			const value = x[k] as number;
			if (value === 0) continue;
			const end = lowerStart[k + 1] as number;
			for (let p = lowerStart[k] as number; p < end; p++) {
				const row = lowerRow[p] as number;
				x[row] = (x[row] as number) - (lowerValue[p] as number) * value;
			}
		}
		const [upperStart, upperRow, upperValue] = [this.#upperStart, this.#upperRow, this.#upperValue];
		for (let k = size - 1; k >= 0; k--) {
			if (x[k] === 0) continue;
			const value = (x[k] as number) / (this.#diagonal[k] as number);
			x[k] = value;
			const end = upperStart[k + 1] as number;
			for (let p = upperStart[k] as number; p < end; p++) {
				const row = upperRow[p] as number;
				x[row] = (x[row] as number) - (upperValue[p] as number) * value;
			}
		}
	}

	#factorise(matrix: SparseMatrix): void {
		const { size } = this;
		const x = new Float64Array(size);
		/** Rows of the column in topological order at `[top, size)`. */
		const pattern = new Int32Array(size);
		const stack = new Int32Array(size);
		const resume = new Int32Array(size);
		const visited = new Int32Array(size).fill(-1);
		for (let k = 0; k < size; k++) {
			const column = this.columnOrder[k] as number;
			let top = size;
			for (let p = matrix.columnStart[column] as number; p < (matrix.columnStart[column + 1] as number); p++) {
				const row = matrix.rowIndex[p] as number;
				if (visited[row] !== k) top = this.#reach(row, k, top, pattern, stack, resume, visited);
				x[row] = matrix.values[p] as number;
			}
			this.#eliminate(x, pattern, top);
			this.#storeColumn(k, column, x, pattern, top);
		}
		this.#lowerRow = this.#lowerRow.slice(0, this.#lowerStart[size] as number);
		this.#lowerValue = this.#lowerValue.slice(0, this.#lowerStart[size] as number);
		for (let p = 0; p < this.#lowerRow.length; p++) {
			this.#lowerRow[p] = this.#rowPosition[this.#lowerRow[p] as number] as number;
		}
		this.#upperRow = this.#upperRow.slice(0, this.#upperStart[size] as number);
		this.#upperValue = this.#upperValue.slice(0, this.#upperStart[size] as number);
	}

	/** Depth first through the columns of L already there; what `row` leads to goes in front of what it found before. */
	#reach(
		row: number,
		mark: number,
		top: number,
		pattern: Int32Array,
		stack: Int32Array,
		resume: Int32Array,
		visited: Int32Array,
	): number {
		let head = 0;
		let front = top;
		stack[0] = row;
		while (head >= 0) {
			const at = stack[head] as number;
			const position = this.#rowPosition[at] as number;
			if (visited[at] !== mark) {
				visited[at] = mark;
				resume[head] = position < 0 ? 0 : (this.#lowerStart[position] as number);
			}
			let isDone = true;
			const end = position < 0 ? 0 : (this.#lowerStart[position + 1] as number);
			for (let p = resume[head] as number; p < end; p++) {
				const next = this.#lowerRow[p] as number;
				if (visited[next] === mark) continue;
				resume[head] = p + 1;
				stack[++head] = next;
				isDone = false;
				break;
			}
			if (!isDone) continue;
			head--;
			pattern[--front] = at;
		}
		return front;
	}

	#eliminate(x: Float64Array, pattern: Int32Array, top: number): void {
		for (let t = top; t < this.size; t++) {
			const position = this.#rowPosition[pattern[t] as number] as number;
			if (position < 0) continue;
			const value = x[pattern[t] as number] as number;
			for (let p = this.#lowerStart[position] as number; p < (this.#lowerStart[position + 1] as number); p++) {
				const row = this.#lowerRow[p] as number;
				x[row] = (x[row] as number) - (this.#lowerValue[p] as number) * value;
			}
		}
	}

	#storeColumn(k: number, column: number, x: Float64Array, pattern: Int32Array, top: number): void {
		this.#grow(k, this.size - top);
		let upper = this.#upperStart[k] as number;
		let pivotRow = -1;
		let largest = 0;
		for (let t = top; t < this.size; t++) {
			const row = pattern[t] as number;
			const position = this.#rowPosition[row] as number;
			if (position >= 0) {
				this.#upperRow[upper] = position;
				this.#upperValue[upper++] = x[row] as number;
			} else if (Math.abs(x[row] as number) > largest) {
				largest = Math.abs(x[row] as number);
				pivotRow = row;
			}
		}
		this.#upperStart[k + 1] = upper;
		if (pivotRow < 0 || !Number.isFinite(largest)) throw new SingularMatrixError(column);
		const diagonalIsFree = (this.#rowPosition[column] as number) < 0;
		if (diagonalIsFree && Math.abs(x[column] as number) >= DIAGONAL_PREFERENCE * largest) pivotRow = column;
		const pivot = x[pivotRow] as number;
		this.#diagonal[k] = pivot;
		this.#rowPosition[pivotRow] = k;
		let lower = this.#lowerStart[k] as number;
		for (let t = top; t < this.size; t++) {
			const row = pattern[t] as number;
			if ((this.#rowPosition[row] as number) < 0) {
				this.#lowerRow[lower] = row;
				this.#lowerValue[lower++] = (x[row] as number) / pivot;
			}
			x[row] = 0;
		}
		this.#lowerStart[k + 1] = lower;
	}

	#grow(k: number, entries: number): void {
		if ((this.#lowerStart[k] as number) + entries > this.#lowerRow.length) {
			this.#lowerRow = doubled(this.#lowerRow, entries, Int32Array);
			this.#lowerValue = doubled(this.#lowerValue, entries, Float64Array);
		}
		if ((this.#upperStart[k] as number) + entries > this.#upperRow.length) {
			this.#upperRow = doubled(this.#upperRow, entries, Int32Array);
			this.#upperValue = doubled(this.#upperValue, entries, Float64Array);
		}
	}
}

function doubled<T extends Int32Array | Float64Array>(array: T, extra: number, make: new (length: number) => T): T {
	const larger = new make(array.length * 2 + extra);
	larger.set(array);
	return larger;
}
