import type { GridConditions } from "../../domain/grid/telemetry/GridConditions.ts";

/** What the stream tells of the grid: everything but the flows of all lines, which are asked for. Null before a report. */
export type GridState = Omit<GridConditions, "flows"> | null;

export function gridState(conditions: GridConditions | null): GridState {
	if (conditions === null) return null;
	const { flows: _, ...state } = conditions;
	return state;
}

/** A new measurement, or one that has turned stale or fresh, is told whole; growing older is not. */
export function diffConditions(before: GridState, after: GridState): GridState {
	const isSame =
		before?.measuredAtMillis === after?.measuredAtMillis &&
		JSON.stringify(before?.sources.map(({ isFresh }) => isFresh)) ===
			JSON.stringify(after?.sources.map(({ isFresh }) => isFresh));
	return isSame ? null : after;
}
