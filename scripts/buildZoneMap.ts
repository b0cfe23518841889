/**
 * Writes offchain/web/zoneMap.json from data/network: the provinces' outlines as SVG paths grouped by bidding zone, in Web
 * Mercator, in whole units of the view box. A test compares the file with what this gives.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ZONE_CODES, type ZoneCode } from "../offchain/domain/grid/zones.ts";

type Point = [number, number];
type Feature = {
	properties: { name: string };
	geometry: { type: "Polygon"; coordinates: Point[][] } | { type: "MultiPolygon"; coordinates: Point[][][] };
};

const ROOT = join(import.meta.dirname, "..");
const TARGET = join(ROOT, "offchain", "web", "zoneMap.json");
/** Bounds of the picture, degrees. Wider than Thailand, so that the cross-border hubs fit in. */
const WEST = 97.1;
const EAST = 106.1;
const NORTH = 20.7;
const SOUTH = 5.2;
const HEIGHT = 1000;
/** Where the hubs of the neighbours are drawn. */
const HUBS: Partial<Record<ZoneCode, Point>> = { "X-LA": [104.3, 18.6], "X-MY": [101.3, 5.55], "X-KH": [103.4, 12.9] };
/** Islands smaller than this many square units are left out. */
const SMALLEST_RING = 3;

const scale = HEIGHT / (mercator(NORTH) - mercator(SOUTH));

export function buildZoneMap(): unknown {
	const zones = readJson("thai-zones.json") as { source: string; provinces: { province: string; zone: ZoneCode }[] };
	const zoneOf = new Map(zones.provinces.map(({ province, zone }) => [province, zone]));
	const { features } = readJson("thai-provinces.geojson") as { features: Feature[] };
	const rings = features.flatMap((feature) => {
		const zone = zoneOf.get(feature.properties.name);
		if (zone === undefined) throw new Error(`no zone for ${feature.properties.name}`);
		return outerRings(feature).map((ring) => ({ zone, points: simplify(ring.map(project)) }));
	});
	const shown = rings.filter(({ points }) => Math.abs(area(points)) >= SMALLEST_RING);
	return {
		attribution:
			"Province outlines: apisit/thailand.json (MIT). Grouping into zones: see data/network/thai-zones.json.",
		width: Math.round(((EAST - WEST) * Math.PI * scale) / 180),
		height: HEIGHT,
		zones: ZONE_CODES.map((code, index) => ({
			zoneId: index + 1,
			code,
			at: HUBS[code] === undefined ? centre(shown.filter(({ zone }) => zone === code)) : project(HUBS[code]),
			path: shown
				.filter(({ zone }) => zone === code)
				.map(({ points }) => pathOf(points))
				.join(""),
		})),
		zoneBorders: borders(shown),
	};
}

if (import.meta.main) writeFileSync(TARGET, `${JSON.stringify(buildZoneMap(), null, "\t")}\n`);

function readJson(name: string): unknown {
	return JSON.parse(readFileSync(join(ROOT, "data", "network", name), "utf8"));
}

function outerRings({ geometry }: Feature): Point[][] {
	const polygons = geometry.type === "Polygon" ? [geometry.coordinates] : geometry.coordinates;
	return polygons.flatMap(([outer]) => (outer === undefined ? [] : [outer]));
}

function mercator(latitude: number): number {
	return Math.log(Math.tan(Math.PI / 4 + (latitude * Math.PI) / 360));
}

function project([longitude, latitude]: Point): Point {
	const x = ((longitude - WEST) * Math.PI * scale) / 180;
	return [Math.round(x), Math.round((mercator(NORTH) - mercator(latitude)) * scale)];
}

/** Rounding makes neighbours meet in the same points; what it folds together is dropped. */
function simplify(points: Point[]): Point[] {
	return points.filter(([x, y], index) => {
		const [beforeX, beforeY] = points[(index + points.length - 1) % points.length] as Point;
		return x !== beforeX || y !== beforeY;
	});
}

function area(points: readonly Point[]): number {
	return points.reduce((sum, [x, y], index) => {
		const [nextX, nextY] = points[(index + 1) % points.length] as Point;
		return sum + (x * nextY - nextX * y) / 2;
	}, 0);
}

function centre(rings: readonly { points: Point[] }[]): Point {
	let x = 0;
	let y = 0;
	let total = 0;
	for (const { points } of rings) {
		const weight = Math.abs(area(points));
		x += (weight * points.reduce((sum, point) => sum + point[0], 0)) / points.length;
		y += (weight * points.reduce((sum, point) => sum + point[1], 0)) / points.length;
		total += weight;
	}
	return [Math.round(x / total), Math.round(y / total)];
}

/** Relative lines are a third shorter. */
function pathOf(points: readonly Point[]): string {
	let [x, y] = points[0] as Point;
	const steps = points.slice(1).map(([nextX, nextY]) => {
		const step = `${nextX - x},${nextY - y}`;
		[x, y] = [nextX, nextY];
		return step;
	});
	return `M${points[0]?.join(",")}l${steps.join(" ")}z`;
}

/** Edges with one zone on this side and another, or none, on that. */
function borders(rings: readonly { zone: ZoneCode; points: Point[] }[]): string {
	const zonesOfEdge = new Map<string, { zones: Set<ZoneCode>; count: number; from: Point; to: Point }>();
	for (const { zone, points } of rings) {
		for (const [index, from] of points.entries()) {
			const to = points[(index + 1) % points.length] as Point;
			const key = [from, to].map(String).sort().join(" ");
			const edge = zonesOfEdge.get(key) ?? { zones: new Set(), count: 0, from, to };
			edge.zones.add(zone);
			edge.count += 1;
			zonesOfEdge.set(key, edge);
		}
	}
	let path = "";
	let end = "";
	for (const { zones, from, to } of [...zonesOfEdge.values()].filter((edge) => edge.zones.size > 1)) {
		path += `${String(from) === end ? "" : `M${from.join(",")}`}L${to.join(",")}`;
		end = String(to);
		if (zones.size > 3) throw new Error("an edge has two sides");
	}
	return path;
}
