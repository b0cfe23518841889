import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { ZoneCode } from "../../domain/grid/zones.ts";

export type Place = { latitudeMicrodegrees: number; longitudeMicrodegrees: number };

const ZONES_FILE = join(import.meta.dirname, "..", "..", "..", "data/network/thai-zones.json");
/** Meters lie within about a kilometre of the middle of a province. */
const SCATTER_MICRODEGREES = 10_000;

type ZonesFile = { provinces: { province: string; zone: ZoneCode; centroid_lon_lat: [number, number] }[] };

/** Middles of the provinces of each zone. */
export function zonePlaces(file: string = ZONES_FILE): Map<ZoneCode, Place[]> {
	const { provinces } = JSON.parse(readFileSync(file, "utf8")) as ZonesFile;
	const places = new Map<ZoneCode, Place[]>();
	for (const {
		zone,
		centroid_lon_lat: [longitude, latitude],
	} of provinces) {
		const place = {
			latitudeMicrodegrees: Math.round(latitude * 1_000_000),
			longitudeMicrodegrees: Math.round(longitude * 1_000_000),
		};
		places.set(zone, [...(places.get(zone) ?? []), place]);
	}
	return places;
}

/** A place in the zone for a meter; `unit` 0–1 chooses. */
export function scatter(places: readonly Place[], unit: number): Place {
	const middle = places[Math.floor(unit * places.length)];
	if (middle === undefined) throw new RangeError("a zone without provinces");
	const fraction = unit * places.length - Math.floor(unit * places.length);
	return {
		latitudeMicrodegrees: middle.latitudeMicrodegrees + Math.round((fraction - 0.5) * SCATTER_MICRODEGREES),
		longitudeMicrodegrees:
			middle.longitudeMicrodegrees + Math.round((((fraction * 7) % 1) - 0.5) * SCATTER_MICRODEGREES),
	};
}
