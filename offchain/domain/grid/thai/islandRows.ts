import type { zoneIslands } from "../emergency/zoneIslands.ts";
import type { TransmissionElement } from "../GridLimits.ts";
import { ZONE_CODES, type ZoneCode } from "../zones.ts";

/** A row for every island but the first: what is bought there must be sold there. */
export function islandRows(islands: ReturnType<typeof zoneIslands>): TransmissionElement[] {
	const [, ...cutOff] = islands;
	return cutOff.filter(({ zones }) => zones.length > 0).map(({ zones }) => islandRow(zones));
}

function islandRow(zones: readonly ZoneCode[]): TransmissionElement {
	return {
		name: `island ${zones.join("+")}`,
		ptdfPartsPerMillion: ZONE_CODES.map((zone) => (zones.includes(zone) ? 1_000_000 : 0)),
		upWh: 0,
		downWh: 0,
		lossCoefficientPerWh: 0,
		referenceFlowWh: 0,
	};
}
