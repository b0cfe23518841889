import { GTC, OrderBook } from "../../../offchain/domain/engine/book/OrderBook.ts";
import { generator } from "./bookStream.ts";
import { timeAll } from "./latency.ts";

const PROBES = 200_000;
const ROUNDS = 5;

/** Bytes of a resting order, and the cost of placing and cancelling with this many at rest. */
export function measureResting(orders: number): Record<string, number> {
	const random = generator(7);
	const book = new OrderBook(orders + PROBES + 1);
	const rest = (id: number) => {
		const side = id & 1;
		const away = random(30_000);
		book.place(id, 0, side, 1 + random(13), false, side === 0 ? 30_000 - away : 30_001 + away, 1, GTC);
	};
	const before = process.memoryUsage().rss;
	for (let id = 1; id <= orders; id++) rest(id);
	const rss = process.memoryUsage().rss - before;
	let id = orders;
	const probe = () => {
		timeAll(PROBES, () => rest(++id));
		const last = id;
		timeAll(PROBES, (at) => void book.cancel(last - at));
	};
	probe();
	const rounds = Array.from({ length: ROUNDS }, () => {
		const started = performance.now();
		probe();
		return ((performance.now() - started) * 1e6) / (2 * PROBES);
	});
	const nanoseconds = rounds.sort((a, b) => a - b)[ROUNDS >> 1] as number;
	return { reservedBytesPerOrder: book.byteLength / orders, rssBytesPerOrder: rss / orders, nanoseconds };
}
