import { ZONE_CODES } from "../zones.ts";
import type { ThaiNetwork } from "./ThaiNetwork.ts";

/** Share of installed capacity that is there on a usual day. */
const AVAILABILITY = 0.9;

/**
 * Reference net position by zone, MW, for a national demand: demand by the zones' shares; each zone's plants meet its
 * own demand first, what is missing elsewhere comes from the capacity left, pro rata. A stand-in for the control room's
 * schedule, replaced where that is known. Throws where the plants cannot meet the demand.
 */
export function thaiReferenceMw(network: ThaiNetwork, demandMw: number): number[] {
	const { thermalCapacityMw, demandSharePartsPerMillion } = network;
	const shares = [...demandSharePartsPerMillion.values()].reduce((sum, share) => sum + share, 0);
	const demand = ZONE_CODES.map((zone) => ((demandSharePartsPerMillion.get(zone) ?? 0) * demandMw) / shares);
	const available = ZONE_CODES.map((zone) => (thermalCapacityMw.get(zone) ?? 0) * AVAILABILITY);
	const local = demand.map((mw, zone) => Math.min(mw, available[zone] as number));
	const missing = total(demand) - total(local);
	const left = total(available) - total(local);
	if (missing > left)
		throw new RangeError(`demand ${demandMw} MW exceeds the available ${Math.floor(total(available))} MW`);
	const share = missing / left;
	return demand.map((mw, zone) => {
		const own = local[zone] as number;
		return own + ((available[zone] as number) - own) * share - mw;
	});
}

function total(values: number[]): number {
	return values.reduce((sum, value) => sum + value, 0);
}
