import { ZONE_COUNT } from "../zones.ts";
import type { DcModel } from "./DcModel.ts";
import { remainingShare } from "./outageFactor.ts";
import { Ptdf } from "./Ptdf.ts";

/** What stands for a zone's injection: the zone of each bus (0 = none) and its weight within the zone. */
export type ZoneParticipation = { zoneIdByBus: ArrayLike<number>; weightByBus: ArrayLike<number> };

/** A critical element: one branch, watched in the base case or after the outage of another. */
export type CriticalRow = {
	monitored: number;
	/** −1 in the base case. */
	outage: number;
	/** MW on the branch per MW injected by zone (`[zoneId - 1]`). */
	zoneFactors: Float64Array;
	referenceFlowMw: number;
};

/** Outages that move less than this share of their flow to a branch are not contingencies of it. */
const LEAST_OUTAGE_FACTOR = 0.02;

/**
 * A network seen from the zones: a zone's injection spreads over its buses by fixed weights (participation factors), so
 * that every branch has one factor per zone, as in flow-based market coupling.
 */
export class ZonalReduction {
	readonly model: DcModel;
	readonly zoneFactors: Float64Array[];
	readonly #ptdf: Ptdf;
	readonly #participation: ZoneParticipation;
	readonly #zoneWeight = new Float64Array(ZONE_COUNT);

	constructor(model: DcModel, participation: ZoneParticipation) {
		this.model = model;
		this.#participation = participation;
		this.#ptdf = new Ptdf(model);
		const { zoneIdByBus, weightByBus } = participation;
		for (let bus = 0; bus < model.grid.busCount; bus++) {
			const zone = (zoneIdByBus[bus] as number) - 1;
			if (zone >= 0) this.#zoneWeight[zone] = (this.#zoneWeight[zone] as number) + (weightByBus[bus] as number);
		}
		this.zoneFactors = Array.from({ length: model.grid.branchCount }, (_, branch) => this.#reduce(branch));
	}

	/** Injections by bus, MW, for net positions by zone; throws where a zone without buses should inject. */
	busInjectionsMw(zoneMw: ArrayLike<number>): Float64Array {
		const { zoneIdByBus, weightByBus } = this.#participation;
		for (let zone = 0; zone < ZONE_COUNT; zone++) {
			if (zoneMw[zone] !== 0 && this.#zoneWeight[zone] === 0) throw new RangeError(`zone ${zone + 1} has no bus`);
		}
		return Float64Array.from({ length: this.model.grid.busCount }, (_, bus) => {
			const zone = (zoneIdByBus[bus] as number) - 1;
			if (zone < 0) return 0;
			return ((zoneMw[zone] as number) * (weightByBus[bus] as number)) / (this.#zoneWeight[zone] as number);
		});
	}

	/** Rows for every branch whose factors differ between zones by `leastSpan`, in the base case and after each single outage. */
	criticalRows(referenceFlowsMw: ArrayLike<number>, leastSpan: number): CriticalRow[] {
		const rows: CriticalRow[] = [];
		const { grid } = this.model;
		for (let branch = 0; branch < grid.branchCount; branch++) {
			const zoneFactors = this.zoneFactors[branch] as Float64Array;
			if (!grid.isInService[branch] || span(zoneFactors) < leastSpan) continue;
			rows.push({ monitored: branch, outage: -1, zoneFactors, referenceFlowMw: referenceFlowsMw[branch] as number });
		}
		for (let outage = 0; outage < grid.branchCount; outage++) {
			const stays = remainingShare(grid, this.#ptdf, outage);
			if (stays === null) continue;
			const from = grid.fromBus[outage] as number;
			const to = grid.toBus[outage] as number;
			const lost = this.zoneFactors[outage] as Float64Array;
			for (let monitored = 0; monitored < grid.branchCount; monitored++) {
				if (monitored === outage) continue;
				const factor = this.#ptdf.transfer(monitored, from, to) / stays;
				if (Math.abs(factor) < LEAST_OUTAGE_FACTOR) continue;
				const base = this.zoneFactors[monitored] as Float64Array;
				const zoneFactors = base.map((value, zone) => value + factor * (lost[zone] as number));
				if (span(zoneFactors) < leastSpan) continue;
				const moved = factor * (referenceFlowsMw[outage] as number);
				const referenceFlowMw = (referenceFlowsMw[monitored] as number) + moved;
				rows.push({ monitored, outage, zoneFactors, referenceFlowMw });
			}
		}
		return rows;
	}

	#reduce(branch: number): Float64Array {
		const factors = new Float64Array(ZONE_COUNT);
		const { zoneIdByBus, weightByBus } = this.#participation;
		const row = this.#ptdf.row(branch);
		for (let bus = 0; bus < row.length; bus++) {
			const zone = (zoneIdByBus[bus] as number) - 1;
			if (zone < 0) continue;
			const share = (weightByBus[bus] as number) / (this.#zoneWeight[zone] as number);
			factors[zone] = (factors[zone] as number) + share * (row[bus] as number);
		}
		return factors;
	}
}

function span(factors: Float64Array): number {
	let least = Number.POSITIVE_INFINITY;
	let most = Number.NEGATIVE_INFINITY;
	for (const factor of factors) {
		if (factor < least) least = factor;
		if (factor > most) most = factor;
	}
	return most - least;
}
