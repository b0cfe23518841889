import type { ThaiNetwork } from "../../domain/grid/thai/ThaiNetwork.ts";
import { ZONE_CODES } from "../../domain/grid/zones.ts";

/** Share of installed thermal capacity that is there on a usual day. */
const AVAILABILITY = 0.95;

/**
 * Thermal output by zone (`[zoneId - 1]`), MW: what sun, wind and water leave of the zone's demand from its own plants,
 * then what is missing anywhere from the plants left, pro rata; a surplus of renewables anywhere spares thermal plants
 * elsewhere. Where demand exceeds everything, every plant runs full and what is missing stays missing.
 */
export function zoneDispatchMw(
	network: ThaiNetwork,
	demandMw: readonly number[],
	renewableMw: readonly number[],
): { thermalMw: number[]; availableMw: number[] } {
	const availableMw = ZONE_CODES.map((code) => AVAILABILITY * (network.thermalCapacityMw.get(code) ?? 0));
	const residual = demandMw.map((mw, zone) => mw - (renewableMw[zone] as number));
	const neededMw = Math.max(0, total(residual));
	const own = residual.map((mw, zone) => Math.min(Math.max(0, mw), availableMw[zone] as number));
	const missing = neededMw - total(own);
	if (missing <= 0) {
		const share = total(own) > 0 ? neededMw / total(own) : 0;
		return { thermalMw: own.map((mw) => mw * share), availableMw };
	}
	const left = total(availableMw) - total(own);
	const share = left > 0 ? Math.min(1, missing / left) : 0;
	return { thermalMw: own.map((mw, zone) => mw + ((availableMw[zone] as number) - mw) * share), availableMw };
}

function total(values: readonly number[]): number {
	return values.reduce((sum, value) => sum + value, 0);
}
