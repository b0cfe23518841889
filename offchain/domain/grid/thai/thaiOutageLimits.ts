import { zoneIslands } from "../emergency/zoneIslands.ts";
import type { GridLimits } from "../GridLimits.ts";
import { islandRows } from "./islandRows.ts";
import type { ThaiNetwork } from "./ThaiNetwork.ts";
import { type ThaiLimitOptions, thaiGridLimits } from "./thaiGridLimits.ts";

/**
 * The Thai grid's limits with lines out of service. Where the outages split the network, factors come from the network
 * with as few lines back as keep it whole, and every island gets a row that lets nothing in or out: what is bought there
 * must be sold there. Throws a `NetworkError` for an unknown line.
 */
export function thaiOutageLimits(
	network: ThaiNetwork,
	outages: readonly string[],
	options: ThaiLimitOptions = {},
): GridLimits {
	const islands = zoneIslands(network, outages);
	if (islands.length === 1) return thaiGridLimits(network, { ...options, outages });
	const limits = thaiGridLimits(network, { ...options, outages: thaiKeptOutages(network, outages) });
	return { ...limits, elements: [...islandRows(islands), ...limits.elements] };
}

/** As many of the outages, in their order, as leave the network whole. */
export function thaiKeptOutages(network: ThaiNetwork, outages: readonly string[]): string[] {
	const kept: string[] = [];
	for (const name of outages) if (zoneIslands(network, [...kept, name]).length === 1) kept.push(name);
	return kept;
}
