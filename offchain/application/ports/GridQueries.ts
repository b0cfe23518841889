import type { WindowId } from "../../domain/units/window.ts";

/** One line, transformer or feeder in one window; `flowWh` counts in its positive direction. */
export type GridElementStatus = { name: string; flowWh: number; upWh: number; downWh: number };

export type GridStatus = {
	windowId: WindowId;
	sequence: number;
	elements: GridElementStatus[];
	haltedZoneIds: number[];
};

export type GridImpactQuery = {
	windowId: WindowId;
	sellZoneId: number;
	sellNodeId: number;
	buyZoneId: number;
	buyNodeId: number;
	energyWh: number;
};

/** What a trade would do to the grid, were it made now (SPEC G9). */
export type GridImpact = GridImpactQuery & {
	admittedWh: number;
	/** Largest trade on this path that nothing refuses, whatever was asked for, and what limits it. */
	maxAdmissibleWh: number;
	maxLimitingElement: string | null;
	limitingElement: string | null;
	lossWh: number;
	congestionSatPerKwh: number;
	affected: { name: string; beforeWh: number; afterWh: number; upWh: number; downWh: number }[];
};

/** The trading path's view of the grid. */
export interface GridQueries {
	status(windowId: WindowId): Promise<GridStatus>;
	impact(query: GridImpactQuery): Promise<GridImpact>;
}
