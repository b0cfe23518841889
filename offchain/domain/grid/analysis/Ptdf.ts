import type { DcModel } from "./DcModel.ts";

/**
 * Power transfer distribution factors: MW on each branch (file order, from end) per MW injected at each bus and
 * withdrawn at the reference bus. Dense, row by branch.
 */
export class Ptdf {
	readonly branchCount: number;
	readonly busCount: number;
	readonly values: Float64Array;

	constructor(model: DcModel) {
		const { grid } = model;
		this.branchCount = grid.branchCount;
		this.busCount = grid.busCount;
		this.values = new Float64Array(this.branchCount * this.busCount);
		const { fromBus, toBus, susceptancePu } = grid;
		// B is symmetric, so one solve per bus gives a column; eight columns at a time keep the writes in the cache.
		const width = 8;
		const block = Array.from({ length: width }, () => new Float64Array(this.busCount));
		for (let first = 0; first < this.busCount; first += width) {
			const columns = Math.min(width, this.busCount - first);
			for (let k = 0; k < columns; k++) model.sensitivityOf(first + k, block[k] as Float64Array);
			for (let branch = 0; branch < this.branchCount; branch++) {
				const from = fromBus[branch] as number;
				const to = toBus[branch] as number;
				const b = susceptancePu[branch] as number;
				if (b === 0) continue;
				const at = branch * this.busCount + first;
				for (let k = 0; k < columns; k++) {
					const angles = block[k] as Float64Array;
					this.values[at + k] = b * ((angles[from] as number) - (angles[to] as number));
				}
			}
		}
	}

	factor(branch: number, bus: number): number {
		return this.values[branch * this.busCount + bus] as number;
	}

	/** MW on the branch per MW sold at one bus and bought at another. */
	transfer(branch: number, sellBus: number, buyBus: number): number {
		return this.factor(branch, sellBus) - this.factor(branch, buyBus);
	}

	row(branch: number): Float64Array {
		return this.values.subarray(branch * this.busCount, (branch + 1) * this.busCount);
	}
}
