import type { LinearProgramSolver } from "../opf/LinearProgram.ts";
import { ZONE_COUNT } from "../zones.ts";
import type { RoomyRow } from "./selectLimitingRows.ts";

/** No zone can be this far out of balance, MW: keeps the programs bounded. */
const MOST_POSITION_MW = 100_000;
const TOLERANCE = 1e-6;

/**
 * Completes a selection of rows into a proof: every row left out is maximised in both directions over all net positions
 * the selected rows admit, and joins them when it can be overloaded. What remains out cannot be overloaded by any trades
 * the selection lets through. Two programs a row, each from the last basis: seconds, once for a set of limits.
 */
export function reachableRows(
	solver: LinearProgramSolver,
	rows: readonly RoomyRow[],
	selected: readonly number[],
): number[] {
	const chosen = new Set(selected);
	const rowOf = ({ zoneFactors, upMw, downMw }: RoomyRow) => ({
		coefficients: zoneFactors,
		lower: -downMw,
		upper: upMw,
	});
	const lower = new Float64Array(ZONE_COUNT).fill(-MOST_POSITION_MW);
	const upper = new Float64Array(ZONE_COUNT).fill(MOST_POSITION_MW);
	const balance = { coefficients: new Float64Array(ZONE_COUNT).fill(1), lower: 0, upper: 0 };
	const program = solver.open({
		cost: new Float64Array(ZONE_COUNT),
		lower,
		upper,
		rows: [balance, ...[...chosen].map((index) => rowOf(rows[index] as RoomyRow))],
	});
	try {
		rows.forEach((row, index) => {
			if (chosen.has(index)) return;
			for (const direction of [1, -1]) {
				program.changeColumns(
					row.zoneFactors.map((factor) => -direction * factor),
					lower,
					upper,
				);
				const solution = program.solve();
				if (solution.status !== "optimal") throw new Error(`reachability program is ${solution.status}`);
				const flow =
					direction *
					row.zoneFactors.reduce((sum, factor, zone) => sum + factor * (solution.values[zone] as number), 0);
				if (flow <= (direction > 0 ? row.upMw : row.downMw) * (1 + TOLERANCE) + TOLERANCE) continue;
				chosen.add(index);
				program.addRow(rowOf(row));
				return;
			}
		});
	} finally {
		program.close();
	}
	return [...chosen].sort((a, b) => a - b);
}
