import type { Licensee, ZoneId } from "./zones.ts";

export type Coordinates = { latitude: number; longitude: number };

/** Where a meter is, inside Thailand (SPEC U3). `nodeId` 0 is the zone itself. */
export type GridLocation = Coordinates & {
	province: string;
	licensee: Licensee;
	zoneId: ZoneId;
	nodeId: number;
};

/** Mean radius of the earth (IUGG), km. */
const EARTH_RADIUS_KM = 6371.0088;
const RADIANS = Math.PI / 180;

/** Distance on the sphere, km (haversine). */
export function greatCircleKm(from: Coordinates, to: Coordinates): number {
	const latitude = ((to.latitude - from.latitude) * RADIANS) / 2;
	const longitude = ((to.longitude - from.longitude) * RADIANS) / 2;
	const cosines = Math.cos(from.latitude * RADIANS) * Math.cos(to.latitude * RADIANS);
	const chord = Math.sin(latitude) ** 2 + cosines * Math.sin(longitude) ** 2;
	return 2 * EARTH_RADIUS_KM * Math.asin(Math.min(1, Math.sqrt(chord)));
}
