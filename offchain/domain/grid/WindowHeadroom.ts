import type { GridLimits } from "./GridLimits.ts";

/** Where a trade's two ends sit. Node 0 is the zone itself. */
export type TradePath = { sellZoneId: number; sellNodeId: number; buyZoneId: number; buyNodeId: number };

/**
 * Whom a limit holds for as well: any trade between the two zones; any between other zones and the seller's place, or the
 * buyer's, or either (but for a Wh or two that rounding leaves), and any between the two places; or only this amount and less.
 */
export type LimitReach = "zones" | "seller" | "buyer" | "ends" | "amount";

export type Admission = {
	/** Largest energy ≤ the wanted one that no element refuses, Wh (floor). */
	admittedWh: number;
	/** The element that limits, null where nothing does. */
	limitingElement: string | null;
	/** Null where nothing limits. */
	limitReach: LimitReach | null;
};

/**
 * Headroom of one window. `admit` only looks; `reserve` takes what `admit` granted, in the same engine step, and
 * returns the trade's integer loss. `release` undoes a reservation and runs the same check (undoing a counter-flow can
 * overload a line): it returns the elements left over their limit. Integers; every rounding is towards the safe side.
 */
export interface WindowHeadroom {
	admit(path: TradePath, wantedWh: number): Admission;
	reserve(path: TradePath, energyWh: number): { lossWh: number };
	release(path: TradePath, energyWh: number, lossWh: number): { overloaded: string[] };
	/**
	 * Leaves a reservation with `keptWh` of its energy, whatever the limits are now: a part can only be given back. Its
	 * loss falls at least in proportion, so that the share lost never rises. `release` later takes what is kept.
	 */
	trim(path: TradePath, energyWh: number, lossWh: number, keptWh: number): { lossWh: number };
	/** Replaces the limits, keeping what is reserved; returns the elements now over their limit. */
	replaceLimits(limits: GridLimits): { overloaded: string[] };
	/** Net flow and limits per element, for displays and the closing check. */
	elements(): { name: string; flowWh: number; upWh: number; downWh: number }[];
	/** The same limits and reservations, to try trades on. */
	copy(): WindowHeadroom;
	/** Plain JSON that `restore` of the same class takes back. */
	snapshot(): unknown;
}
