import type { ReasonCode } from "../../orders/reasonCodes.ts";
import type { Entry, Holding } from "./Entry.ts";

const ZONES = 16;

/** Which orders of a window could meet in its auction. */
export type AuctionReach = {
	/** Bit `zoneId − 1`. */
	zones: number;
	isOwnZoneOnly: boolean;
	/** Flat, `[sellZoneId − 1][buyZoneId − 1]`. */
	adders: Int32Array;
};

/**
 * Ends orders of one owner that could trade with each other in an auction: each, in order of arrival, is held against
 * his older ones as it says. An order that crosses none of them costs a look at each zone's best.
 */
export function endSelfCrossing(
	entries: readonly Entry[],
	reach: AuctionReach,
	end: (entry: Entry, reason: ReasonCode) => void,
): void {
	const byHolding = new Map<Holding, { buys: OwnSide; sells: OwnSide }>();
	for (const entry of entries) {
		if (entry.openWh === 0) continue;
		let own = byHolding.get(entry.holding);
		if (own === undefined) {
			own = { buys: new OwnSide(false), sells: new OwnSide(true) };
			byHolding.set(entry.holding, own);
		}
		const opposite = entry.isSell ? own.buys : own.sells;
		if (opposite.isCrossedBy(entry, reach)) {
			const mode = entry.order.selfTradeMode;
			const crossing = mode === "cancelNewest" ? [] : opposite.crossing(entry, reach);
			const ended = mode === "cancelOldest" ? crossing : crossing.slice(0, 1);
			for (const other of ended) end(other, "SELF_TRADE");
			opposite.forgetEnded(ended);
			if (mode !== "cancelOldest") end(entry, "SELF_TRADE");
		}
		if (entry.openWh > 0) (entry.isSell ? own.sells : own.buys).add(entry);
	}
}

/** Open orders of one owner on one side, by zone. */
class OwnSide {
	readonly #isSell: boolean;
	readonly #orders: Entry[][] = Array.from({ length: ZONES }, () => []);
	/** Lowest sell or highest buy of each zone. */
	readonly #best: Float64Array;

	constructor(isSell: boolean) {
		this.#isSell = isSell;
		this.#best = new Float64Array(ZONES).fill(isSell ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY);
	}

	add(entry: Entry): void {
		const zone = entry.zoneId - 1;
		this.#orders[zone]?.push(entry);
		this.#best[zone] = this.#better(this.#best[zone] as number, entry.priceSatPerKwh);
	}

	/** These have no open energy any more. */
	forgetEnded(ended: readonly Entry[]): void {
		const worst = this.#isSell ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY;
		for (const zone of new Set(ended.map(({ zoneId }) => zoneId - 1))) {
			const left = (this.#orders[zone] as Entry[]).filter(({ openWh }) => openWh > 0);
			this.#orders[zone] = left;
			this.#best[zone] = left.reduce((best, { priceSatPerKwh }) => this.#better(best, priceSatPerKwh), worst);
		}
	}

	isCrossedBy(entry: Entry, reach: AuctionReach): boolean {
		return this.#best.some((price, zone) => this.#crosses(entry, zone, price, reach));
	}

	/** In order of arrival. */
	crossing(entry: Entry, reach: AuctionReach): Entry[] {
		return this.#orders
			.flatMap((orders, zone) =>
				this.#crosses(entry, zone, this.#best[zone] as number, reach)
					? orders.filter(({ priceSatPerKwh }) => this.#crosses(entry, zone, priceSatPerKwh, reach))
					: [],
			)
			.sort((a, b) => a.time - b.time);
	}

	#better(one: number, other: number): number {
		return this.#isSell ? Math.min(one, other) : Math.max(one, other);
	}

	#crosses(entry: Entry, zone: number, price: number, { zones, isOwnZoneOnly, adders }: AuctionReach): boolean {
		const own = entry.zoneId - 1;
		const both = (1 << own) | (1 << zone);
		if ((zones & both) !== both || (isOwnZoneOnly && zone !== own)) return false;
		return this.#isSell
			? entry.priceSatPerKwh - price >= (adders[zone * ZONES + own] as number)
			: price - entry.priceSatPerKwh >= (adders[own * ZONES + zone] as number);
	}
}
