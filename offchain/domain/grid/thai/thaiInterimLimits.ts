import { deratedLimits } from "../deratedLimits.ts";
import { zoneIslands } from "../emergency/zoneIslands.ts";
import type { GridLimits } from "../GridLimits.ts";
import { islandRows } from "./islandRows.ts";
import type { ThaiNetwork } from "./ThaiNetwork.ts";

/** Half of the room: for one line lost the whole of it is secure, for several no proof is at hand. */
const INTERIM_SHARE_PARTS_PER_MILLION = 500_000;

/**
 * What may be traded in the seconds until the limits without these lines are computed, at once: half of what the whole
 * network admits, whose rows include every single outage, and nothing in or out of an island. Takes no linear algebra.
 */
export function thaiInterimLimits(network: ThaiNetwork, outages: readonly string[], whole: GridLimits): GridLimits {
	if (outages.length === 0) return whole;
	const limits = deratedLimits(whole, INTERIM_SHARE_PARTS_PER_MILLION);
	return { ...limits, elements: [...islandRows(zoneIslands(network, outages)), ...limits.elements] };
}
