import type { LinearProgramSolver, LinearRow } from "../opf/LinearProgram.ts";
import { ZONE_COUNT } from "../zones.ts";

/** Measures in the order they are taken (SPEC G8); each is exhausted as far as the grid lets it before the next begins. */
export const CURTAILMENT_STAGES = ["counterTradeAndStorage", "demandResponse", "interruptible", "firm"] as const;
export type CurtailmentStage = (typeof CURTAILMENT_STAGES)[number];

/** What a zone can do in an emergency, MW. */
export type EmergencyZone = {
	demandMw: number;
	/** Least and most its plants can generate within the time there is (minimum load, ramp). */
	leastGenerationMw: number;
	mostGenerationMw: number;
	/** Relief by stage: what storage can inject, what load can be dropped. `firm` is at most the rest of the demand. */
	reliefMw: Record<CurtailmentStage, number>;
};

/** Flow by row: `factors·position`, between −down and up, MW; emergency ratings. */
export type EmergencyRow = { name: string; factors: readonly number[]; upMw: number; downMw: number };

export type ShedPlan = {
	generationMw: number[];
	/** `[stage][zoneId - 1]`, MW. */
	reliefMw: Record<CurtailmentStage, number[]>;
	totalMw: Record<CurtailmentStage, number>;
	/** Net position by zone after the measures, MW. */
	positionMw: number[];
	/** Rows at their emergency rating. */
	limiting: string[];
};

const TOLERANCE_MW = 1e-6;

/**
 * The least curtailment that keeps every island balanced and every element within its emergency rating. The last stage is
 * minimised first, then the stage before it with that held, and so on back: firm load is dropped only for what nothing
 * else can cover. Where a stage's split over zones is free it is pro rata: the largest share any zone loses is minimised.
 * `islands` are lists of zone indexes; zones of none are without supply or demand. Null where not even dropping all load
 * balances the islands (a plant's minimum load exceeds it): such an island goes dark. Lossless DC network.
 */
export function leastShed(
	solver: LinearProgramSolver,
	zones: readonly EmergencyZone[],
	islands: readonly (readonly number[])[],
	rows: readonly EmergencyRow[],
): ShedPlan | null {
	if (zones.length !== ZONE_COUNT) throw new RangeError(`${zones.length} zones`);
	const layout = new Layout(zones, islands, rows);
	const held: LinearRow[] = [];
	let values: Float64Array | null = null;
	for (const stage of CURTAILMENT_STAGES.toReversed()) {
		values = layout.solve(solver, held, stage, "total");
		if (values === null) return null;
		held.push(layout.totalRow(stage, layout.total(values, stage)));
		values = layout.solve(solver, held, stage, "share");
		if (values === null) throw new Error(`invariant: the least ${stage} is reachable`);
		held.push(...layout.heldRows(stage, values));
	}
	return layout.plan(values as Float64Array);
}

/** Columns: generation by zone, relief by stage and zone, and the largest share a zone loses. */
class Layout {
	readonly #zones: readonly EmergencyZone[];
	readonly #rows: readonly EmergencyRow[];
	readonly #fixed: LinearRow[];
	readonly #size = ZONE_COUNT * (1 + CURTAILMENT_STAGES.length) + 1;

	constructor(zones: readonly EmergencyZone[], islands: readonly (readonly number[])[], rows: readonly EmergencyRow[]) {
		this.#zones = zones;
		this.#rows = rows;
		const balances = islands.map((island) => {
			const demand = island.reduce((sum, zone) => sum + (zones[zone] as EmergencyZone).demandMw, 0);
			return { ...this.#overPositions((zone) => Number(island.includes(zone))), lower: demand, upper: demand };
		});
		const flows = rows.map(({ factors, upMw, downMw }) => {
			const demandPart = zones.reduce((sum, { demandMw }, zone) => sum + (factors[zone] as number) * demandMw, 0);
			const row = this.#overPositions((zone) => factors[zone] as number);
			return { ...row, lower: demandPart - downMw, upper: demandPart + upMw };
		});
		this.#fixed = [...balances, ...flows];
	}

	/** Coefficients of a sum over generation plus relief. */
	#overPositions(factorOf: (zone: number) => number): { coefficients: Float64Array } {
		const coefficients = new Float64Array(this.#size);
		for (let zone = 0; zone < ZONE_COUNT; zone++) {
			for (let block = 0; block <= CURTAILMENT_STAGES.length; block++) {
				coefficients[block * ZONE_COUNT + zone] = factorOf(zone);
			}
		}
		return { coefficients };
	}

	#column(stage: CurtailmentStage, zone: number): number {
		return (1 + CURTAILMENT_STAGES.indexOf(stage)) * ZONE_COUNT + zone;
	}

	solve(
		solver: LinearProgramSolver,
		held: readonly LinearRow[],
		stage: CurtailmentStage,
		goal: "total" | "share",
	): Float64Array | null {
		const cost = new Float64Array(this.#size);
		if (goal === "share") cost[this.#size - 1] = 1;
		else for (let zone = 0; zone < ZONE_COUNT; zone++) cost[this.#column(stage, zone)] = 1;
		const upper = new Float64Array(this.#size).fill(1);
		this.#zones.forEach(({ mostGenerationMw, reliefMw }, zone) => {
			upper[zone] = mostGenerationMw;
			for (const each of CURTAILMENT_STAGES) upper[this.#column(each, zone)] = reliefMw[each];
		});
		const lower = new Float64Array(this.#size);
		this.#zones.forEach(({ leastGenerationMw }, zone) => {
			lower[zone] = leastGenerationMw;
		});
		const shares = goal === "share" ? this.#shareRows(stage) : [];
		const program = solver.open({ cost, lower, upper, rows: [...this.#fixed, ...held, ...shares] });
		try {
			const solution = program.solve();
			if (solution.status === "infeasible") return null;
			if (solution.status !== "optimal") throw new Error(`curtailment program is ${solution.status}`);
			return solution.values;
		} finally {
			program.close();
		}
	}

	/** relief ≤ share × available, for every zone that has any. */
	#shareRows(stage: CurtailmentStage): LinearRow[] {
		return this.#zones.flatMap(({ reliefMw }, zone) => {
			if (reliefMw[stage] <= 0) return [];
			const coefficients = new Float64Array(this.#size);
			coefficients[this.#column(stage, zone)] = 1;
			coefficients[this.#size - 1] = -reliefMw[stage];
			return [{ coefficients, lower: Number.NEGATIVE_INFINITY, upper: 0 }];
		});
	}

	total(values: Float64Array, stage: CurtailmentStage): number {
		let sum = 0;
		for (let zone = 0; zone < ZONE_COUNT; zone++) sum += values[this.#column(stage, zone)] as number;
		return sum;
	}

	totalRow(stage: CurtailmentStage, totalMw: number): LinearRow {
		const coefficients = new Float64Array(this.#size);
		for (let zone = 0; zone < ZONE_COUNT; zone++) coefficients[this.#column(stage, zone)] = 1;
		return { coefficients, lower: 0, upper: totalMw + TOLERANCE_MW };
	}

	/** Once split, a stage stays as it is, to the tolerance. */
	heldRows(stage: CurtailmentStage, values: Float64Array): LinearRow[] {
		return this.#zones.map((_, zone) => {
			const coefficients = new Float64Array(this.#size);
			const column = this.#column(stage, zone);
			coefficients[column] = 1;
			return { coefficients, lower: 0, upper: (values[column] as number) + TOLERANCE_MW };
		});
	}

	plan(values: Float64Array): ShedPlan {
		const reliefMw = {} as Record<CurtailmentStage, number[]>;
		const totalMw = {} as Record<CurtailmentStage, number>;
		for (const stage of CURTAILMENT_STAGES) {
			reliefMw[stage] = this.#zones.map((_, zone) => clean(values[this.#column(stage, zone)] as number));
			totalMw[stage] = reliefMw[stage].reduce((sum, mw) => sum + mw, 0);
		}
		const generationMw = this.#zones.map((_, zone) => clean(values[zone] as number));
		const positionMw = this.#zones.map(({ demandMw }, zone) => {
			const relief = CURTAILMENT_STAGES.reduce((sum, stage) => sum + (reliefMw[stage][zone] as number), 0);
			return (generationMw[zone] as number) + relief - demandMw;
		});
		const limiting = this.#rows.filter(({ factors, upMw, downMw }) => {
			const flow = factors.reduce((sum, factor, zone) => sum + factor * (positionMw[zone] as number), 0);
			return flow >= upMw - 1e-3 || flow <= -downMw + 1e-3;
		});
		return { generationMw, reliefMw, totalMw, positionMw, limiting: limiting.map(({ name }) => name) };
	}
}

/** What a solver leaves of zero. */
function clean(mw: number): number {
	return Math.abs(mw) < 10 * TOLERANCE_MW ? 0 : mw;
}
