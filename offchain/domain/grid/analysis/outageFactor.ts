import type { IndexedNetwork } from "../network/IndexedNetwork.ts";
import type { Ptdf } from "./Ptdf.ts";

/** Below this the outage leaves a part of the network without connection: the rest of its flow has nowhere to go. */
const ISLANDING_TOLERANCE = 1e-8;

/**
 * Line outage distribution factor: the share of branch `outage`'s flow that moves to `monitored` when `outage` trips;
 * −1 for itself. Null where the outage splits the network.
 */
export function outageFactor(grid: IndexedNetwork, ptdf: Ptdf, monitored: number, outage: number): number | null {
	if (monitored === outage) return -1;
	const stays = remainingShare(grid, ptdf, outage);
	if (stays === null) return null;
	return ptdf.transfer(monitored, grid.fromBus[outage] as number, grid.toBus[outage] as number) / stays;
}

/** 1 − PTDF of the branch for a transfer between its own ends; null where it is the only connection or out of service. */
export function remainingShare(grid: IndexedNetwork, ptdf: Ptdf, outage: number): number | null {
	if (!grid.isInService[outage]) return null;
	const stays = 1 - ptdf.transfer(outage, grid.fromBus[outage] as number, grid.toBus[outage] as number);
	return Math.abs(stays) < ISLANDING_TOLERANCE ? null : stays;
}
