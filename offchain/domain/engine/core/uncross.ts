import { type AuctionOutcome, allocate } from "./AuctionAllocation.ts";
import type { AuctionBook } from "./AuctionBook.ts";
import { AuctionPrices, compareTrials, type PriceTrial } from "./AuctionPrices.ts";
import { AuctionRanks } from "./AuctionRanks.ts";

/** Prices tried on the grid times orders, so that an auction ends in bounded time. */
const MOST_TRIES = 400_000;
const FEWEST_PRICES_TRIED = 4;

/**
 * A uniform-price auction (SPEC M5). Every seller gets the same net price, every buyer pays it and the charges of the
 * zones he buys from. The price is the one at which most is traded on this grid, then with the least left over on one
 * side, then nearest the reference, then the lowest. Null where nothing trades.
 *
 * Without the grid the volume is the greatest there is at any price, and nobody is left out for one ranked after him.
 */
export function uncross(book: AuctionBook): AuctionOutcome | null {
	const ranks = new AuctionRanks(book);
	const prices = new AuctionPrices(book);
	const { headroom } = book;
	let best: PriceTrial | null = null;
	let triesLeft = Math.max(FEWEST_PRICES_TRIED, Math.floor(MOST_TRIES / (book.sells.length + book.buys.length + 1)));
	for (let trial = prices.next(); trial !== null && triesLeft > 0; trial = prices.next(), triesLeft--) {
		// The grid takes volume and never gives any.
		if (best !== null && compareTrials(trial, best) > 0) break;
		const volumeWh = headroom === null ? trial.volumeWh : allocate(book, ranks, trial.price, headroom.copy()).volumeWh;
		const reached = { ...trial, volumeWh };
		if (volumeWh > 0 && (best === null || compareTrials(reached, best) < 0)) best = reached;
	}
	return best === null ? null : allocate(book, ranks, best.price, headroom);
}

/** The price and volume it would have without the grid. */
export function indicativeAuction(book: AuctionBook): { priceSatPerKwh: number; volumeWh: number } | null {
	const first = new AuctionPrices(book).next();
	return first === null ? null : { priceSatPerKwh: first.price, volumeWh: first.volumeWh };
}
