import { BUY, FOK, GTC, IOC, OrderBook, SELL } from "../../../offchain/domain/engine/book/OrderBook.ts";
import { auctionMilliseconds, blockedFeeders, tooLittle } from "./hostileOrders.ts";

const RUNS = 4;

/** Streams made to hurt: the worst single operation, and how many a second in each. */
export function measureAdversarial(): Record<string, number> {
	const results: Record<string, number> = {};
	let worst = 0;
	for (const [name, prepare] of Object.entries(SCENARIOS)) {
		// A busy machine interrupts single runs; what an operation costs is the best of its runs.
		const best = new Float64Array(prepare().operations).fill(Number.POSITIVE_INFINITY);
		const rates: number[] = [];
		for (let run = 0; run < RUNS; run++) {
			const { operations, operate } = prepare();
			const started = performance.now();
			for (let at = 0; at < operations; at++) {
				const before = performance.now();
				operate(at);
				best[at] = Math.min(best[at] as number, performance.now() - before);
			}
			rates.push(operations / ((performance.now() - started) / 1000));
		}
		const milliseconds = best.reduce((most, value) => Math.max(most, value), 0);
		worst = Math.max(worst, milliseconds);
		results[`${name}.worstMilliseconds`] = milliseconds;
		results[`${name}.opsPerSecond`] = Math.max(...rates);
	}
	// Not one operation on one order but on 20,000: told by itself.
	const auctions = Array.from({ length: RUNS }, auctionMilliseconds);
	return { worstMilliseconds: worst, ...results, "auction.of20000Milliseconds": Math.min(...auctions) };
}

/** A new book or engine, and what is done to it one by one. */
export type Scenario = () => { operations: number; operate: (at: number) => void };

const SCENARIOS: Record<string, Scenario> = {
	/** Every order sweeps a hundred levels, which are then laid again. */
	sweeps() {
		const book = new OrderBook(1 << 16);
		let id = 0;
		return {
			operations: 300_000,
			operate(at) {
				if (at % 101 === 100) book.place(++id, 0, BUY, 1, false, 1_000_000, 100, IOC);
				else book.place(++id, 0, SELL, 1, false, 1_000 + (at % 101) * 97, 1, GTC);
			},
		};
	},
	/** A hundred thousand orders at one price, cancelled from the middle, then swept. */
	onePrice() {
		const book = new OrderBook(1 << 18);
		const orders = 100_000;
		return {
			operations: 2 * orders,
			operate(at) {
				if (at < orders) book.place(at + 1, 0, SELL, 1, false, 500, 1, GTC);
				else if (at < 2 * orders - 1) book.cancel(((at * 7919) % orders) + 1);
				else book.place(2 * orders, 0, BUY, 1, false, 500, orders, IOC);
			},
		};
	},
	/** One order that takes a hundred thousand others. */
	greatSweep() {
		const book = new OrderBook(1 << 18);
		const orders = 100_000;
		return {
			operations: orders + 1,
			operate(at) {
				if (at < orders) book.place(at + 1, 0, SELL, 1, false, 500 + (at % 1_000), 1, GTC);
				else book.place(orders + 1, 0, BUY, 1, false, 5_000, orders, IOC);
			},
		};
	},
	/** Storms of cancels against a deep book over a wide price range. */
	cancelStorm() {
		const book = new OrderBook(1 << 18);
		const orders = 100_000;
		return {
			operations: 2 * orders,
			operate(at) {
				if (at < orders) book.place(at + 1, 0, at & 1, 1, false, at & 1 ? 5e8 + at * 4_999 : 5e8 - at * 4_999, 1, GTC);
				else book.cancel(2 * orders - at);
			},
		};
	},
	/** Fill-or-kill orders with an own order at the far end: only the whole walk tells. */
	farOwnOrder() {
		const book = new OrderBook(1 << 16);
		const orders = 20_000;
		return {
			operations: orders + 100,
			operate(at) {
				const price = at === 0 ? 700 : 500 + (at % 100);
				if (at < orders) book.place(at + 1, 1 + (at === 0 ? 1 : 0), SELL, 1 + (at % 13), at % 2 === 0, price, 1, GTC);
				else book.place(at + 1, 2, BUY, 1, false, 5_000, orders, FOK);
			},
		};
	},
	/** Fill-or-kill orders that look through the whole book and fail. */
	vainFillOrKill() {
		const book = new OrderBook(1 << 16);
		const orders = 20_000;
		return {
			operations: orders + 100,
			operate(at) {
				if (at < orders) book.place(at + 1, 0, SELL, 1 + (at % 13), at % 2 === 0, 500 + (at % 100), 1, GTC);
				else book.place(at + 1, 0, BUY, 1, false, 5_000, orders + 1, FOK);
			},
		};
	},
	blockedFeeders,
	tooLittle,
};
