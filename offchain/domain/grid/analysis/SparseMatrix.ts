/** Square real matrix by compressed columns, row indexes rising within each. */
export class SparseMatrix {
	readonly size: number;
	readonly columnStart: Int32Array;
	readonly rowIndex: Int32Array;
	readonly values: Float64Array;

	constructor(size: number, columnStart: Int32Array, rowIndex: Int32Array, values: Float64Array) {
		this.size = size;
		this.columnStart = columnStart;
		this.rowIndex = rowIndex;
		this.values = values;
	}

	/** Sums entries at the same place. */
	static fromTriplets(size: number, rows: ArrayLike<number>, columns: ArrayLike<number>, values: ArrayLike<number>) {
		const byRow = bucket(size, rows, columns, values);
		const sorted = bucket(size, byRow.inner, byRow.outer, byRow.values);
		return merge(size, sorted.start, sorted.inner, sorted.values);
	}
}

type Bucketed = { start: Int32Array; outer: Int32Array; inner: Int32Array; values: Float64Array };

/** One counting sort by `outer`; a second one by the other index leaves both sorted. */
function bucket(size: number, outer: ArrayLike<number>, inner: ArrayLike<number>, values: ArrayLike<number>): Bucketed {
	const start = new Int32Array(size + 1);
	for (let k = 0; k < outer.length; k++)
		start[(outer[k] as number) + 1] = (start[(outer[k] as number) + 1] as number) + 1;
	for (let k = 0; k < size; k++) start[k + 1] = (start[k + 1] as number) + (start[k] as number);
	const next = start.slice();
	const result = {
		start,
		outer: new Int32Array(outer.length),
		inner: new Int32Array(outer.length),
		values: new Float64Array(outer.length),
	};
	for (let k = 0; k < outer.length; k++) {
		const at = next[outer[k] as number] as number;
		next[outer[k] as number] = at + 1;
		result.outer[at] = outer[k] as number;
		result.inner[at] = inner[k] as number;
		result.values[at] = values[k] as number;
	}
	return result;
}

function merge(size: number, start: Int32Array, rows: Int32Array, values: Float64Array): SparseMatrix {
	const columnStart = new Int32Array(size + 1);
	const rowIndex = new Int32Array(rows.length);
	const merged = new Float64Array(rows.length);
	let at = 0;
	for (let column = 0; column < size; column++) {
		columnStart[column] = at;
		for (let k = start[column] as number; k < (start[column + 1] as number); k++) {
			if (at > (columnStart[column] as number) && rowIndex[at - 1] === rows[k]) {
				merged[at - 1] = (merged[at - 1] as number) + (values[k] as number);
			} else {
				rowIndex[at] = rows[k] as number;
				merged[at] = values[k] as number;
				at++;
			}
		}
	}
	columnStart[size] = at;
	return new SparseMatrix(size, columnStart, rowIndex.slice(0, at), merged.slice(0, at));
}
