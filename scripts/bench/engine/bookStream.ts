/** One deterministic stream of book operations as columns, so that every engine gets exactly the same. */
export type BookStream = {
	count: number;
	/** 0 limit, 1 market, 2 cancel. */
	kind: Uint8Array;
	/** The order's own id, or the one to cancel. */
	id: Int32Array;
	side: Uint8Array;
	price: Int32Array;
	wh: Int32Array;
	/** Which of many books. */
	book: Int32Array;
};

export const LIMIT = 0;
export const MARKET = 1;
export const CANCEL = 2;

const MIDDLE = 10_000;
const REACH = 50;

/**
 * 60 % limit orders near the touch (a fifth of them crosses it), 10 % market orders, 30 % cancels of orders that were
 * placed and most of which still rest. The middle drifts.
 */
export function bookStream(count: number, seed: number, books = 1): BookStream {
	const random = generator(seed);
	const stream: BookStream = {
		count,
		kind: new Uint8Array(count),
		id: new Int32Array(count),
		side: new Uint8Array(count),
		price: new Int32Array(count),
		wh: new Int32Array(count),
		book: new Int32Array(count),
	};
	const placed = new Int32Array(count);
	const bookOf = new Int32Array(count + 1);
	let placedCount = 0;
	let middle = MIDDLE;
	for (let at = 0; at < count; at++) {
		const id = at + 1;
		const draw = random(10);
		if (draw < 3 && placedCount > 0) {
			const chosen = random(placedCount);
			stream.kind[at] = CANCEL;
			stream.id[at] = placed[chosen] as number;
			stream.book[at] = bookOf[placed[chosen] as number] as number;
			placed[chosen] = placed[--placedCount] as number;
			continue;
		}
		const side = random(2);
		stream.id[at] = id;
		stream.side[at] = side;
		stream.wh[at] = 1 + random(100);
		stream.book[at] = random(books);
		bookOf[id] = stream.book[at] as number;
		if (draw === 3) {
			stream.kind[at] = MARKET;
			continue;
		}
		if (random(1000) === 0) middle += random(3) - 1;
		const away = random(5) === 0 ? -random(4) : 1 + random(REACH);
		stream.kind[at] = LIMIT;
		stream.price[at] = side === 0 ? middle - away : middle + away;
		placed[placedCount++] = id;
	}
	return stream;
}

export function generator(seed: number): (below: number) => number {
	let state = (seed * 2_654_435_761) >>> 0 || 1;
	return (below) => {
		state ^= state << 13;
		state >>>= 0;
		state ^= state >>> 17;
		state ^= state << 5;
		state >>>= 0;
		return state % below;
	};
}
