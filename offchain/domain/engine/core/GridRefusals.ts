import type { LimitReach } from "../../grid/WindowHeadroom.ts";

import type { Entry } from "./Entry.ts";

/** What is refused to orders of one side at one place. */
export type PlaceRefusals = {
	/** Bit `zoneId − 1` of every zone no order can trade with. */
	zones: number;
	/** Bit `zoneId − 1` of every zone with refused places. */
	zonesInPart: number;
	/** By `placeKey`. */
	places: Set<number>;
	/** By zone (0 to 15): no more than this is worth its loss, Wh. */
	tooLittleWh: Float64Array;
	/** Limits that do not reach beyond this one find only what is refused. */
	exhaustedLimit: number | null;
};

const ZONES = 16;
const ALL_ZONES = 0xffff;
const ZONES_IN_KEY = 32;
const NOTHING_REFUSED: Readonly<PlaceRefusals> = nothingRefused();

/**
 * What the grid has refused while orders look for each other. A refusal stands for everybody at the same place until
 * it is cleared, so that thousands of orders behind a full feeder cost one question and not one each.
 */
export class GridRefusals {
	readonly #byTaker = new Map<number, PlaceRefusals>();

	get isEmpty(): boolean {
		return this.#byTaker.size === 0;
	}

	clear(): void {
		if (this.#byTaker.size > 0) this.#byTaker.clear();
	}

	/** Only to be read. */
	of(taker: Entry): Readonly<PlaceRefusals> {
		return this.#byTaker.size === 0 ? NOTHING_REFUSED : (this.#byTaker.get(takerKey(taker)) ?? NOTHING_REFUSED);
	}

	add(taker: Entry, { zoneId, nodeId }: Entry, reach: Exclude<LimitReach, "amount">): Readonly<PlaceRefusals> {
		const refusals = this.#open(taker);
		const bit = 1 << (zoneId - 1);
		if (reach === "zones") {
			refusals.zones |= bit;
			return refusals;
		}
		refusals.zonesInPart |= bit;
		refusals.places.add(placeKey(zoneId, nodeId));
		// His own feeder is full: nothing beyond his zone can be reached.
		if (reach === "ends" || reach === (taker.isSell ? "seller" : "buyer")) {
			refusals.zones |= ALL_ZONES & ~(1 << (taker.zoneId - 1));
		}
		return refusals;
	}

	/** So much and less between the two is refused for its loss. */
	addAmount(taker: Entry, { zoneId }: Entry, wh: number): void {
		const { tooLittleWh } = this.#open(taker);
		tooLittleWh[zoneId - 1] = Math.max(tooLittleWh[zoneId - 1] as number, wh);
	}

	/** Every order the taker could reach has been looked at. Where he has too little open for some, others may have enough. */
	exhaust(taker: Entry): void {
		if (this.isEmpty) return;
		const refusals = this.#open(taker);
		if (refusedZones(refusals, taker.openWh) !== refusals.zones) return;
		const { exhaustedLimit: limit } = refusals;
		const price = taker.priceSatPerKwh;
		if (limit === null) refusals.exhaustedLimit = price;
		else refusals.exhaustedLimit = taker.isSell ? Math.min(limit, price) : Math.max(limit, price);
	}

	isExhausted(taker: Entry): boolean {
		const { exhaustedLimit: limit } = this.of(taker);
		if (limit === null) return false;
		return taker.isSell ? taker.priceSatPerKwh >= limit : taker.priceSatPerKwh <= limit;
	}

	#open(taker: Entry): PlaceRefusals {
		const key = takerKey(taker);
		let refusals = this.#byTaker.get(key);
		if (refusals === undefined) {
			refusals = nothingRefused();
			this.#byTaker.set(key, refusals);
		}
		return refusals;
	}
}

function nothingRefused(): PlaceRefusals {
	return { zones: 0, zonesInPart: 0, places: new Set(), tooLittleWh: new Float64Array(ZONES), exhaustedLimit: null };
}

/** Bit `zoneId − 1` of every zone an order with this much open cannot trade with. */
export function refusedZones({ zones, tooLittleWh }: Readonly<PlaceRefusals>, openWh: number): number {
	let refused = zones;
	for (let zone = 0; zone < ZONES; zone++) if (openWh <= (tooLittleWh[zone] as number)) refused |= 1 << zone;
	return refused;
}

export function placeKey(zoneId: number, nodeId: number): number {
	return nodeId * ZONES_IN_KEY + zoneId;
}

function takerKey({ zoneId, nodeId, isSell }: Entry): number {
	return 2 * placeKey(zoneId, nodeId) + (isSell ? 1 : 0);
}
