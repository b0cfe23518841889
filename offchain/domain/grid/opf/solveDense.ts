/** A pivot below this share of the largest entry: no single answer. */
const LEAST_PIVOT = 1e-11;

/** Solves the small system A x = b (A by rows, overwritten; b overwritten by x); false where A has no inverse. */
export function solveDense(matrix: Float64Array, right: Float64Array): boolean {
	const size = right.length;
	let largest = 0;
	for (const entry of matrix) largest = Math.max(largest, Math.abs(entry));
	for (let column = 0; column < size; column++) {
		let pivotRow = column;
		for (let row = column + 1; row < size; row++) {
			if (Math.abs(matrix[row * size + column] as number) > Math.abs(matrix[pivotRow * size + column] as number)) {
				pivotRow = row;
			}
		}
		const pivot = matrix[pivotRow * size + column] as number;
		if (!(Math.abs(pivot) > LEAST_PIVOT * largest)) return false;
		if (pivotRow !== column) swapRows(matrix, right, size, pivotRow, column);
		for (let row = column + 1; row < size; row++) {
			const factor = (matrix[row * size + column] as number) / pivot;
			if (factor === 0) continue;
			for (let k = column; k < size; k++) {
				matrix[row * size + k] = (matrix[row * size + k] as number) - factor * (matrix[column * size + k] as number);
			}
			right[row] = (right[row] as number) - factor * (right[column] as number);
		}
	}
	for (let row = size - 1; row >= 0; row--) {
		let value = right[row] as number;
		for (let k = row + 1; k < size; k++) value -= (matrix[row * size + k] as number) * (right[k] as number);
		right[row] = value / (matrix[row * size + row] as number);
	}
	return true;
}

function swapRows(matrix: Float64Array, right: Float64Array, size: number, one: number, other: number): void {
	for (let k = 0; k < size; k++) {
		const kept = matrix[one * size + k] as number;
		matrix[one * size + k] = matrix[other * size + k] as number;
		matrix[other * size + k] = kept;
	}
	const kept = right[one] as number;
	right[one] = right[other] as number;
	right[other] = kept;
}
