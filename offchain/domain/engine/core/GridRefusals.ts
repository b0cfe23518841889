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
	/** Limits that do not reach beyond this one find only what is refused. */
	exhaustedLimit: number | null;
};

const NOTHING_REFUSED: Readonly<PlaceRefusals> = { zones: 0, zonesInPart: 0, places: new Set(), exhaustedLimit: null };
const ZONES_IN_KEY = 32;

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
		if (reach === "zones") refusals.zones |= bit;
		else {
			refusals.zonesInPart |= bit;
			refusals.places.add(placeKey(zoneId, nodeId));
		}
		return refusals;
	}

	/** Every order the taker could reach has been looked at. */
	exhaust(taker: Entry): void {
		if (this.isEmpty) return;
		const refusals = this.#open(taker);
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
			refusals = { zones: 0, zonesInPart: 0, places: new Set(), exhaustedLimit: null };
			this.#byTaker.set(key, refusals);
		}
		return refusals;
	}
}

export function placeKey(zoneId: number, nodeId: number): number {
	return nodeId * ZONES_IN_KEY + zoneId;
}

function takerKey({ zoneId, nodeId, isSell }: Entry): number {
	return 2 * placeKey(zoneId, nodeId) + (isSell ? 1 : 0);
}
