import type { Coordinates, GridLocation } from "./GridLocation.ts";
import { licenseeOf, type ZoneCode, type ZoneId, zoneId } from "./zones.ts";

/** Longitude and latitude, degrees, as in GeoJSON. */
type Position = [number, number];
type Ring = Position[];

export type Province = {
	name: string;
	zoneId: ZoneId;
	/** West, south, east, north. */
	box: [number, number, number, number];
	/** Each polygon: the outer ring, then its holes. */
	polygons: Ring[][];
};

/** The provinces of Thailand with their zones; a place is decided by polygon, never by bounding box (they overlap). */
export class ZoneMap {
	readonly provinces: readonly Province[];

	constructor(provinces: readonly Province[]) {
		this.provinces = provinces;
	}

	/** Null outside Thailand. A point on a common border belongs to the first of the provinces in the file. */
	locate(latitude: number, longitude: number): GridLocation | null {
		if (!Number.isFinite(latitude) || !Number.isFinite(longitude)) return null;
		const province = this.provinces.find((candidate) => contains(candidate, { latitude, longitude }));
		if (!province) return null;
		const { name, zoneId } = province;
		return { latitude, longitude, province: name, licensee: licenseeOf(zoneId), zoneId, nodeId: 0 };
	}

	/** Zone of a place; null outside Thailand. */
	locateZone(latitude: number, longitude: number): ZoneId | null {
		return this.locate(latitude, longitude)?.zoneId ?? null;
	}
}

/** Reads `thai-provinces.geojson` and `thai-zones.json`. Throws a `RangeError` where a province has no zone. */
export function parseZoneMap(provinces: unknown, zones: unknown): ZoneMap {
	const zoneByProvince = new Map(
		(zones as { provinces: { province: string; zone: string }[] }).provinces.map(({ province, zone }) => [
			province,
			zone,
		]),
	);
	const { features } = provinces as {
		features: { properties: { name: string }; geometry: { type: string; coordinates: unknown } }[];
	};
	return new ZoneMap(
		features.map(({ properties: { name }, geometry }) => {
			const zone = zoneByProvince.get(name);
			const id = zone === undefined ? 0 : zoneId(zone as ZoneCode);
			if (id === 0) throw new RangeError(`province ${name} has no zone`);
			const { type, coordinates } = geometry;
			const polygons = (type === "MultiPolygon" ? coordinates : [coordinates]) as Ring[][];
			return { name, zoneId: id, box: boxOf(polygons.flat(2)), polygons };
		}),
	);
}

function boxOf(positions: Position[]): Province["box"] {
	const longitudes = positions.map(([longitude]) => longitude);
	const latitudes = positions.map(([, latitude]) => latitude);
	return [Math.min(...longitudes), Math.min(...latitudes), Math.max(...longitudes), Math.max(...latitudes)];
}

function contains({ box: [west, south, east, north], polygons }: Province, at: Coordinates): boolean {
	if (at.longitude < west || at.longitude > east || at.latitude < south || at.latitude > north) return false;
	return polygons.some(([outer, ...holes]) => inside(outer as Ring, at) && !holes.some((hole) => inside(hole, at)));
}

/** Even-odd rule: a ray towards the east crosses the ring an odd number of times. */
function inside(ring: Ring, { latitude, longitude }: Coordinates): boolean {
	let isInside = false;
	for (let i = 0, j = ring.length - 1; i < ring.length; j = i++) {
		const [xi, yi] = ring[i] as Position;
		const [xj, yj] = ring[j] as Position;
		if (yi > latitude === yj > latitude) continue;
		if (longitude < ((xj - xi) * (latitude - yi)) / (yj - yi) + xi) isInside = !isInside;
	}
	return isInside;
}
