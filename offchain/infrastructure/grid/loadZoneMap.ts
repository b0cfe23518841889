import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseZoneMap, type ZoneMap } from "../../domain/grid/ZoneMap.ts";

const NETWORK = join(import.meta.dirname, "..", "..", "..", "data", "network");

/** Provinces and zones the project ships with. */
export function loadZoneMap(): ZoneMap {
	const read = (name: string): unknown => JSON.parse(readFileSync(join(NETWORK, name), "utf8"));
	return parseZoneMap(read("thai-provinces.geojson"), read("thai-zones.json"));
}
