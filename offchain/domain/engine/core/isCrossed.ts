import { HIGHEST_PRICE, LADDER_WIDTH, LOWEST, LOWEST_PRICE, NONE } from "../book/PriceLadders.ts";
import { RANKS, type WindowBook } from "./WindowBook.ts";

const ZONES = 16;
const PER_RANK = 32;

/**
 * Whether any zone's best bid reaches any zone's best ask: most windows need no second look.
 * `adders`: flat, `[sellZoneId − 1][buyZoneId − 1]`.
 */
export function isCrossed(book: WindowBook, adders: Int32Array): boolean {
	const { ladders } = book.pool.ladders;
	const bids = new Int32Array(ZONES).fill(-1);
	const asks = new Int32Array(ZONES).fill(2 ** 30);
	for (const [index, ladder] of book.ladder.entries()) {
		const record = ladder * LADDER_WIDTH;
		if (ladder === NONE || ladders[record + LOWEST] === NONE) continue;
		const zone = index & 15;
		if (index < RANKS * PER_RANK) {
			bids[zone] = Math.max(bids[zone] as number, ladders[record + HIGHEST_PRICE] as number);
		} else asks[zone] = Math.min(asks[zone] as number, ladders[record + LOWEST_PRICE] as number);
	}
	return adders.some((adder, pair) => (bids[pair & 15] as number) - (asks[pair >>> 4] as number) - adder >= 0);
}
