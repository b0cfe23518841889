import type { IndexedNetwork } from "../network/IndexedNetwork.ts";
import type { GeneratorCost } from "../network/NetworkCase.ts";

/**
 * A part of a generator's output with the cost `slope·x + curvature·x²` (curvature ≥ 0) between its limits. A generator
 * with a polynomial cost is one column; one with a piecewise cost has one column for each stretch.
 */
export type DispatchColumn = {
	generator: number;
	busIndex: number;
	lowMw: number;
	highMw: number;
	slope: number;
	curvature: number;
};

export type DispatchColumns = {
	columns: DispatchColumn[];
	/** Cost when every column is 0. */
	fixedCost: number;
	/** What cannot be optimised, by generator; empty = usable. */
	faults: string[];
};

/** Share of a slope by which the next may be lower. */
const CONVEXITY_TOLERANCE = 1e-3;

/** Columns of all generators in service at connected buses. */
export function dispatchColumns(grid: IndexedNetwork): DispatchColumns {
	const result: DispatchColumns = { columns: [], fixedCost: 0, faults: [] };
	const { generators, costs } = grid.network;
	if (costs.length === 0) result.faults.push("the case has no generator costs");
	generators.forEach(({ bus, inService, minMw, maxMw }, generator) => {
		const busIndex = grid.busIndex(bus);
		const cost = costs[generator];
		if (!inService || grid.isIsolated[busIndex] || cost === undefined) return;
		const place = { generator, busIndex };
		const added = cost.model === "polynomial" ? polynomial(cost, minMw, maxMw) : piecewise(cost, minMw, maxMw);
		if (typeof added === "string") result.faults.push(`generator ${generator + 1} (bus ${bus}): ${added}`);
		else {
			result.fixedCost += added.fixedCost;
			for (const part of added.parts) result.columns.push({ ...place, ...part });
		}
	});
	return result;
}

type Parts = { parts: Omit<DispatchColumn, "generator" | "busIndex">[]; fixedCost: number };

function polynomial(
	cost: Extract<GeneratorCost, { model: "polynomial" }>,
	lowMw: number,
	highMw: number,
): Parts | string {
	const rising = cost.coefficients.toReversed();
	const [fixedCost = 0, slope = 0, curvature = 0] = rising;
	if (rising.slice(3).some((coefficient) => coefficient !== 0)) return "cost of a higher order than quadratic";
	if (curvature < 0) return "cost is not convex";
	return { parts: [{ lowMw, highMw, slope, curvature }], fixedCost };
}

/**
 * The first and the last stretch go on beyond the given points, as far as the generator's limits. Published points are
 * rounded: where a slope falls by that much, the highest of all stretches counts, as in MATPOWER.
 */
function piecewise(cost: Extract<GeneratorCost, { model: "piecewise" }>, minMw: number, maxMw: number): Parts | string {
	const lines = cost.points.slice(1).map(([mw, value], k): Line => {
		const [mwBefore, valueBefore] = cost.points[k] as [number, number];
		const slope = (value - valueBefore) / (mw - mwBefore);
		return { slope, atZero: value - slope * mw };
	});
	const falls = lines.some(({ slope }, k) => {
		const before = lines[k - 1]?.slope ?? Number.NEGATIVE_INFINITY;
		return slope < before - CONVEXITY_TOLERANCE * Math.max(1, Math.abs(before));
	});
	if (falls) return "cost is not convex";
	const hull = upperHull(lines);
	const crossings = hull.slice(1).map((line, k) => crossing(hull[k] as Line, line));
	const edges = [minMw, ...crossings.filter((mw) => mw > minMw && mw < maxMw), maxMw];
	const first = crossings.filter((mw) => mw <= minMw).length;
	const parts = edges.slice(1).map((to, k) => {
		const { slope } = hull[first + k] as Line;
		// The first column is the output itself, the others what comes on top.
		return { lowMw: k === 0 ? minMw : 0, highMw: k === 0 ? to : to - (edges[k] as number), slope, curvature: 0 };
	});
	return { parts, fixedCost: (hull[first] as Line).atZero };
}

type Line = { slope: number; atZero: number };

/** The lines that are highest somewhere, by rising slope. */
function upperHull(lines: readonly Line[]): Line[] {
	const hull: Line[] = [];
	for (const line of lines.toSorted((one, other) => one.slope - other.slope || one.atZero - other.atZero)) {
		if (hull[hull.length - 1]?.slope === line.slope) hull.pop();
		while (hull.length >= 2) {
			const last = hull[hull.length - 1] as Line;
			if (crossing(hull[hull.length - 2] as Line, last) < crossing(last, line)) break;
			hull.pop();
		}
		hull.push(line);
	}
	return hull;
}

function crossing(flat: Line, steep: Line): number {
	return (flat.atZero - steep.atZero) / (steep.slope - flat.slope);
}
