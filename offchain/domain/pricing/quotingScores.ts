import type { Side } from "../orders/Order.ts";
import type { Address } from "../units/Address.ts";

/** An open order as it stands in the book of one zone and window. */
export type Quote = { account: Address; side: Side; priceSatPerKwh: number; openWh: number };

export type QuotingRules = {
	/** A quote this far from the middle of the book, or farther, counts for nothing, sat/kWh. */
	widestSatPerKwh: number;
	/** Smaller quotes do not count, nor do they move the middle, Wh. */
	leastWh: number;
};

/**
 * How well each account makes the market of one zone in one moment: its energy on offer, weighted by the square of its
 * nearness to the middle between best bid and best ask, on the weaker of its two sides. Only who quotes both sides scores;
 * a book without one side has no middle and no scores. Whole Wh "at the middle", rounded down.
 */
export function quotingScores(quotes: readonly Quote[], rules: QuotingRules): Map<Address, number> {
	const { widestSatPerKwh, leastWh } = rules;
	const counted = quotes.filter(({ openWh }) => openWh >= leastWh);
	const prices = (side: Side) => counted.filter((quote) => quote.side === side).map((quote) => quote.priceSatPerKwh);
	const bids = prices("buy");
	const asks = prices("sell");
	if (bids.length === 0 || asks.length === 0) return new Map();
	const doubleMiddle = Math.max(...bids) + Math.min(...asks);
	const weighted = new Map<Address, Record<Side, bigint>>();
	for (const { account, side, priceSatPerKwh, openWh } of counted) {
		const outward = side === "sell" ? 2 * priceSatPerKwh - doubleMiddle : doubleMiddle - 2 * priceSatPerKwh;
		const nearness = 2 * widestSatPerKwh - Math.max(0, outward);
		if (nearness <= 0) continue;
		const sides = weighted.get(account) ?? { buy: 0n, sell: 0n };
		sides[side] += BigInt(nearness) ** 2n * BigInt(openWh);
		weighted.set(account, sides);
	}
	const whole = BigInt(2 * widestSatPerKwh) ** 2n;
	const scores = new Map<Address, number>();
	for (const [account, { buy, sell }] of weighted) {
		const score = Math.min(Number(buy / whole), Number(sell / whole));
		if (score > 0) scores.set(account, score);
	}
	return scores;
}
