import type { DcModel } from "./analysis/DcModel.ts";
import { outageFactor } from "./analysis/outageFactor.ts";
import { Ptdf } from "./analysis/Ptdf.ts";
import { type FlowLimits, thermalLimitsMw } from "./opf/flowLimitsMw.ts";

/** A branch, watched as it is or after the outage of another (−1: none). */
export type NodalRow = { monitored: number; outage: number };

/** Below this, MW per MW, a row is not touched by a bus: what is left of numbers that should be 0. */
const LEAST_FACTOR = 1e-10;

/**
 * A network laid out for checking trades between buses: the first `branchCount` rows are the branches in file order,
 * the rest are outage rows. Factors are stored bus by bus, so that a trade reads two stretches of memory.
 */
export class NodalLimits {
	readonly model: DcModel;
	readonly rows: readonly NodalRow[];
	readonly branchCount: number;
	/** `[bus × rows + row]`, MW on the row per MW injected at the bus. */
	readonly factors: Float64Array;
	/** MW a row may carry in each direction. */
	readonly upMw: Float64Array;
	readonly downMw: Float64Array;
	/** Loss is `lossPerMw · flow²`; by branch. */
	readonly lossPerMw: Float64Array;
	readonly #ptdf: Ptdf;

	constructor(model: DcModel, limits: FlowLimits = thermalLimitsMw(model.grid), outageRows: readonly NodalRow[] = []) {
		const { grid } = model;
		this.model = model;
		this.branchCount = grid.branchCount;
		this.rows = [...grid.network.branches.map((_, monitored) => ({ monitored, outage: -1 })), ...outageRows];
		this.#ptdf = new Ptdf(model);
		this.upMw = Float64Array.from(this.rows, ({ monitored }) => limits.upMw[monitored] as number);
		this.downMw = Float64Array.from(this.rows, ({ monitored }) => limits.downMw[monitored] as number);
		this.lossPerMw = Float64Array.from(grid.network.branches, ({ resistancePu }, branch) =>
			grid.isInService[branch] ? resistancePu / grid.network.baseMva : 0,
		);
		this.factors = this.#rowFactors();
	}

	/** Flow of every row for the flows of the branches. */
	rowFlowsMw(branchFlowsMw: ArrayLike<number>): Float64Array {
		return Float64Array.from(this.rows, ({ monitored, outage }) => {
			const flow = branchFlowsMw[monitored] as number;
			if (outage < 0) return flow;
			return flow + this.#outageFactor(monitored, outage) * (branchFlowsMw[outage] as number);
		});
	}

	/** Rows for every pair of branches where the outage does not split the network and the other has a limit. */
	static allOutageRows(model: DcModel, limits: FlowLimits = thermalLimitsMw(model.grid)): NodalRow[] {
		const { grid } = model;
		const ptdf = new Ptdf(model);
		const rows: NodalRow[] = [];
		for (let outage = 0; outage < grid.branchCount; outage++) {
			for (let monitored = 0; monitored < grid.branchCount; monitored++) {
				const isLimited = Math.min(limits.upMw[monitored] as number, limits.downMw[monitored] as number) < Infinity;
				if (monitored === outage || !isLimited) continue;
				const factor = outageFactor(grid, ptdf, monitored, outage);
				if (factor !== null && Math.abs(factor) > LEAST_FACTOR) rows.push({ monitored, outage });
			}
		}
		return rows;
	}

	#rowFactors(): Float64Array {
		const { busCount } = this.model.grid;
		const rowCount = this.rows.length;
		const factors = new Float64Array(busCount * rowCount);
		this.rows.forEach(({ monitored, outage }, row) => {
			const share = outage < 0 ? 0 : this.#outageFactor(monitored, outage);
			for (let bus = 0; bus < busCount; bus++) {
				const own = this.#ptdf.factor(monitored, bus);
				const moved = outage < 0 ? 0 : share * this.#ptdf.factor(outage, bus);
				factors[bus * rowCount + row] = own + moved;
			}
		});
		return factors;
	}

	#outageFactor(monitored: number, outage: number): number {
		const factor = outageFactor(this.model.grid, this.#ptdf, monitored, outage);
		if (factor === null) throw new RangeError(`the outage of branch ${outage + 1} splits the network`);
		return factor;
	}
}
