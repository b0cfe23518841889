import type { SparseMatrix } from "./SparseMatrix.ts";

/**
 * Elimination order that keeps a factorisation of the symmetric pattern A + Aᵀ sparse: always the node with the fewest
 * neighbours left, whose neighbours then become a clique. Explicit cliques are cheap on power networks, where fill is small.
 */
export function minimumDegreeOrder(matrix: SparseMatrix): Int32Array {
	const { size } = matrix;
	const neighbours = symmetricPattern(matrix);
	const order = new Int32Array(size);
	const isDone = new Uint8Array(size);
	const byDegree: number[][] = [];
	const file = (node: number) => {
		const degree = (neighbours[node] as Set<number>).size;
		while (byDegree.length <= degree) byDegree.push([]);
		(byDegree[degree] as number[]).push(node);
		return degree;
	};
	for (let node = size - 1; node >= 0; node--) file(node);
	let least = 0;
	for (let step = 0; step < size; ) {
		const node = byDegree[least]?.pop();
		if (node === undefined) {
			least++;
			continue;
		}
		// Entries are left behind when a degree changes; only the one with today's degree counts.
		if (isDone[node] || (neighbours[node] as Set<number>).size !== least) continue;
		isDone[node] = 1;
		order[step++] = node;
		const clique = [...(neighbours[node] as Set<number>)];
		for (const one of clique) {
			const set = neighbours[one] as Set<number>;
			set.delete(node);
			for (const other of clique) if (other !== one) set.add(other);
		}
		for (const one of clique) least = Math.min(least, file(one));
	}
	return order;
}

function symmetricPattern({ size, columnStart, rowIndex }: SparseMatrix): Set<number>[] {
	const neighbours = Array.from({ length: size }, () => new Set<number>());
	for (let column = 0; column < size; column++) {
		for (let k = columnStart[column] as number; k < (columnStart[column + 1] as number); k++) {
			const row = rowIndex[k] as number;
			if (row === column) continue;
			neighbours[column]?.add(row);
			neighbours[row]?.add(column);
		}
	}
	return neighbours;
}
