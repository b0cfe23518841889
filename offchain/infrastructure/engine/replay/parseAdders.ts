import { ZONE_COUNT } from "../../../domain/grid/zones.ts";

const MAX_ADDER = 2 ** 30 - 1;

/**
 * Zone-pair adders, flat by seller's then buyer's zone: a JSON matrix `[sellZone - 1][buyZone - 1]`, or lines
 * `sellZone,buyZone,adder` after a header. Pairs that are not named add nothing.
 */
export function parseAdders(text: string): number[] {
	const adders = new Array<number>(ZONE_COUNT * ZONE_COUNT).fill(0);
	const set = (sellZone: number, buyZone: number, adder: number) => {
		const areZones = [sellZone, buyZone].every((zone) => Number.isInteger(zone) && zone >= 1 && zone <= ZONE_COUNT);
		if (!areZones || !Number.isInteger(adder) || adder < 0 || adder > MAX_ADDER) {
			throw new RangeError(`adder of zones ${sellZone} to ${buyZone}: ${adder}`);
		}
		adders[(sellZone - 1) * ZONE_COUNT + buyZone - 1] = adder;
	};
	if (text.trimStart().startsWith("[")) {
		const rows = JSON.parse(text) as number[][];
		for (const [sell, row] of rows.entries()) {
			for (const [buy, adder] of row.entries()) set(sell + 1, buy + 1, adder);
		}
		return adders;
	}
	for (const line of text.split(/\r?\n/).slice(1)) {
		if (line.trim() === "") continue;
		const [sellZone, buyZone, adder] = line
			.split(",")
			.map((value) => (value.trim() === "" ? Number.NaN : Number(value)));
		set(sellZone ?? Number.NaN, buyZone ?? Number.NaN, adder ?? Number.NaN);
	}
	return adders;
}
