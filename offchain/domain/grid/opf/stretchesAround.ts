import type { DispatchColumn } from "./DispatchColumn.ts";

/** Share of the range, from the last answer, at which the cost curve is cut; the same number of stretches each time. */
const CUTS = [-4, -1, -0.25, 0, 0.25, 1, 4] as const;
/** Stands for no limit where a curve has to be cut into finite stretches, MW. */
const UNLIMITED_MW = 1e6;
/** Where the range is cut before there is an answer. */
const FIRST_WIDTH_SHARE = 0.125;

/**
 * The column's cost as stretches of constant slope (the chords of its curve), finest around `centreMw`. A linear column
 * is one stretch. The first starts at the lower limit, the others at 0: their sum is the column.
 */
export function stretchesAround(
	column: DispatchColumn,
	centreMw: number | null,
	widthShare: number,
): { cost: number; lower: number; upper: number }[] {
	const { slope, curvature } = column;
	if (curvature === 0) return [{ cost: slope, lower: column.lowMw, upper: column.highMw }];
	const low = Math.max(column.lowMw, -UNLIMITED_MW);
	const high = Math.min(column.highMw, UNLIMITED_MW);
	const centre = centreMw ?? (low + high) / 2;
	const width = (high - low) * (centreMw === null ? FIRST_WIDTH_SHARE : FIRST_WIDTH_SHARE * widthShare);
	const edges = [low, ...CUTS.map((cut) => Math.min(high, Math.max(low, centre + cut * width))), high];
	return edges.slice(1).map((to, k) => {
		const from = edges[k] as number;
		const first = k === 0;
		return { cost: slope + curvature * (from + to), lower: first ? from : 0, upper: first ? to : to - from };
	});
}
