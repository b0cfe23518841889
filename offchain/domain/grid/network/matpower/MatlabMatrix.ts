/** A numeric MATLAB value, row by row; a scalar is 1 × 1. */
export type MatlabMatrix = {
	kind: "matrix";
	rows: number;
	columns: number;
	data: number[];
	/** Made by a comparison: as an index it selects where it is 1. */
	isLogical: boolean;
};
export type MatlabValue =
	| MatlabMatrix
	| { kind: "text"; text: string }
	| { kind: "cells"; rows: MatlabValue[][] }
	| { kind: "all" };

export function scalar(value: number): MatlabMatrix {
	return { kind: "matrix", rows: 1, columns: 1, data: [value], isLogical: false };
}

/** Element by element; a scalar goes with every element of the other. Throws a `RangeError` where the sizes differ. */
export function elementwise(
	left: MatlabMatrix,
	right: MatlabMatrix,
	apply: (a: number, b: number) => number,
	isLogical = false,
): MatlabMatrix {
	const shape = left.data.length === 1 ? right : left;
	const isFit =
		left.data.length === 1 || right.data.length === 1 || (left.rows === right.rows && left.columns === right.columns);
	if (!isFit) throw new RangeError(`${left.rows} × ${left.columns} does not go with ${right.rows} × ${right.columns}`);
	const one = left.data.length === 1;
	const other = right.data.length === 1;
	const data = shape.data.map((_, k) => apply(left.data[one ? 0 : k] as number, right.data[other ? 0 : k] as number));
	return { kind: "matrix", rows: shape.rows, columns: shape.columns, data, isLogical };
}

export function product(left: MatlabMatrix, right: MatlabMatrix): MatlabMatrix {
	if (left.data.length === 1 || right.data.length === 1) return elementwise(left, right, (a, b) => a * b);
	if (left.columns !== right.rows) {
		throw new RangeError(`${left.rows} × ${left.columns} cannot multiply ${right.rows} × ${right.columns}`);
	}
	const data = new Array<number>(left.rows * right.columns).fill(0);
	for (let row = 0; row < left.rows; row++) {
		for (let column = 0; column < right.columns; column++) {
			let sum = 0;
			for (let k = 0; k < left.columns; k++) {
				sum += (left.data[row * left.columns + k] as number) * (right.data[k * right.columns + column] as number);
			}
			data[row * right.columns + column] = sum;
		}
	}
	return { kind: "matrix", rows: left.rows, columns: right.columns, data, isLogical: false };
}

export function transpose(matrix: MatlabMatrix): MatlabMatrix {
	const data: number[] = [];
	for (let column = 0; column < matrix.columns; column++) {
		for (let row = 0; row < matrix.rows; row++) data.push(matrix.data[row * matrix.columns + column] as number);
	}
	return { ...matrix, rows: matrix.columns, columns: matrix.rows, data };
}

/** `[a b; c d]`: matrices side by side in each line, the lines one below the other. */
export function concatenate(lines: readonly (readonly MatlabMatrix[])[]): MatlabMatrix {
	const data: number[] = [];
	let rows = 0;
	let columns = 0;
	for (const line of lines) {
		const parts = line.filter((part) => part.data.length > 0);
		const first = parts[0];
		if (first === undefined) continue;
		const width = parts.reduce((sum, part) => sum + part.columns, 0);
		if (parts.some((part) => part.rows !== first.rows)) throw new RangeError("parts of different height in one row");
		if (rows > 0 && width !== columns) throw new RangeError(`a row of ${width} values after rows of ${columns}`);
		columns = width;
		if (first.rows === 1 && width === parts.length) for (const part of parts) data.push(part.data[0] as number);
		else {
			for (let row = 0; row < first.rows; row++) {
				for (const part of parts) data.push(...part.data.slice(row * part.columns, (row + 1) * part.columns));
			}
		}
		rows += first.rows;
	}
	return { kind: "matrix", rows, columns, data, isLogical: false };
}

/** Positions, from 0, that an index selects among `size`. Throws a `RangeError` beyond it unless it may grow. */
export function selected(index: MatlabValue, size: number, mayGrow = false): number[] {
	if (index.kind === "all") return Array.from({ length: size }, (_, k) => k);
	if (index.kind !== "matrix") throw new RangeError("an index has to be a number");
	const positions = index.isLogical
		? index.data.flatMap((isSelected, k) => (isSelected ? [k] : []))
		: index.data.map((value) => value - 1);
	const wrong = positions.find((k) => !Number.isInteger(k) || k < 0 || (k >= size && !mayGrow));
	if (wrong !== undefined) throw new RangeError(`index ${wrong + 1} of ${size}`);
	return positions;
}

export function isTrue(matrix: MatlabMatrix): boolean {
	return matrix.data.length > 0 && matrix.data.every((value) => value !== 0);
}
