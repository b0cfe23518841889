import { type AuctionBook, CLASS_RANK } from "./AuctionBook.ts";
import type { Entry } from "./Entry.ts";

const ZONES = 16;
const INDEX_SPAN = 2 ** 30;

/** Both sides of a book by class, limit, renewable before grey, time, and where each order sits. */
export class AuctionRanks {
	readonly sells: readonly Entry[];
	readonly buys: readonly Entry[];
	/** Of every sell and every buy, the number of its place on its side. */
	readonly sellPlace: Int32Array;
	readonly buyPlace: Int32Array;
	/** By zone (0 to 15): its sellers' places. */
	readonly placesOfZone: readonly number[][];
	readonly sellPlaceCount: number;
	readonly buyPlaceCount: number;
	/** By buyers' zone (0 to 15): sellers' zones, the cheapest first. */
	readonly sources: readonly number[][];

	constructor(book: AuctionBook) {
		this.sells = inRank(book.sells, 1);
		this.buys = inRank(book.buys, -1);
		const sellPlaces = placesOf(this.sells);
		const buyPlaces = placesOf(this.buys);
		this.sellPlace = sellPlaces.ofEntry;
		this.buyPlace = buyPlaces.ofEntry;
		this.sellPlaceCount = sellPlaces.zones.length;
		this.buyPlaceCount = buyPlaces.zones.length;
		const zones = Array.from({ length: ZONES }, (_, zone) => zone);
		this.placesOfZone = zones.map((zone) => [...sellPlaces.zones.keys()].filter((at) => sellPlaces.zones[at] === zone));
		this.sources = zones.map((buyZone) => {
			const adder = (zone: number) => book.adders[zone * ZONES + buyZone] as number;
			const reachable = book.isOwnZoneOnly ? [buyZone] : zones;
			return reachable.toSorted((a, b) => adder(a) - adder(b) || a - b);
		});
	}
}

function inRank(entries: readonly Entry[], direction: 1 | -1): Entry[] {
	const keys = Float64Array.from(entries, ({ order, priceSatPerKwh, greyness }, index) => {
		const limit = direction === 1 ? priceSatPerKwh : 0xffff - priceSatPerKwh;
		return ((CLASS_RANK[order.orderClass] * 0x1_0000 + limit) * 2 + greyness) * INDEX_SPAN + index;
	}).sort();
	return Array.from(keys, (key) => entries[key % INDEX_SPAN] as Entry);
}

function placesOf(entries: readonly Entry[]): { ofEntry: Int32Array; zones: number[] } {
	const known = new Map<number, number>();
	const zones: number[] = [];
	const ofEntry = Int32Array.from(entries, ({ zoneId, nodeId }) => {
		const key = nodeId * 32 + zoneId;
		let place = known.get(key);
		if (place === undefined) {
			place = zones.push(zoneId - 1) - 1;
			known.set(key, place);
		}
		return place;
	});
	return { ofEntry, zones };
}
