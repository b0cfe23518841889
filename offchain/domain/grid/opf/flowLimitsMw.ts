import type { IndexedNetwork } from "../network/IndexedNetwork.ts";

/** Most MW each branch may carry in its positive and its negative direction; `Infinity` where nothing limits it. */
export type FlowLimits = { upMw: Float64Array; downMw: Float64Array };

const RADIANS = Math.PI / 180;

/** Thermal limits: rating A in both directions, 0 meaning unlimited. */
export function thermalLimitsMw(grid: IndexedNetwork, scale = 1): FlowLimits {
	const upMw = Float64Array.from(grid.network.branches, ({ ratingAMva }, branch) =>
		ratingAMva === 0 || !grid.isInService[branch] ? Number.POSITIVE_INFINITY : ratingAMva * scale,
	);
	return { upMw, downMw: upMw.slice() };
}

/** Thermal limits and, as MW, the limits of the angle across a branch. */
export function flowLimitsMw(grid: IndexedNetwork): FlowLimits {
	const limits = thermalLimitsMw(grid);
	grid.network.branches.forEach(({ minAngleDegrees, maxAngleDegrees, shiftDegrees }, branch) => {
		const b = grid.susceptancePu[branch] as number;
		if (b === 0) return;
		const flowAt = (degrees: number) => b * (degrees - shiftDegrees) * RADIANS * grid.network.baseMva;
		const ends = [
			minAngleDegrees === undefined ? -Math.sign(b) * Number.POSITIVE_INFINITY : flowAt(minAngleDegrees),
			maxAngleDegrees === undefined ? Math.sign(b) * Number.POSITIVE_INFINITY : flowAt(maxAngleDegrees),
		];
		limits.upMw[branch] = Math.min(limits.upMw[branch] as number, Math.max(...ends));
		limits.downMw[branch] = Math.min(limits.downMw[branch] as number, -Math.min(...ends));
	});
	return limits;
}
