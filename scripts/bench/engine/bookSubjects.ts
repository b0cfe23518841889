import { OrderBook as PeerBook } from "nodejs-order-book";
import { BUY, GTC, IOC, NO_BUY_LIMIT, OrderBook } from "../../../offchain/domain/engine/book/OrderBook.ts";
import { type BookStream, CANCEL, LIMIT } from "./bookStream.ts";

/** An engine under measurement: obeys operation `at` of the stream it was made for. */
export type Subject = { operate: (at: number) => void; restingOrders: () => number };

export function ownSubject(stream: BookStream, books: number): Subject {
	const { kind, id, side, price, wh, book } = stream;
	const target = new OrderBook(books === 1 ? 1 << 16 : 1 << 18, [], books);
	return {
		operate(at) {
			if (kind[at] === CANCEL) target.cancel(id[at] as number);
			else {
				const isLimit = kind[at] === LIMIT;
				const limit = isLimit ? (price[at] as number) : side[at] === BUY ? NO_BUY_LIMIT : 0;
				const lifetime = isLimit ? GTC : IOC;
				const window = book[at] as number;
				target.place(id[at] as number, 0, side[at] as number, 1, false, limit, wh[at] as number, lifetime, window);
			}
		},
		restingOrders: () => [...target.resting()].length,
	};
}

export function peerSubject(stream: BookStream, books: number): Subject {
	const { kind, side, price, wh, book } = stream;
	const all = Array.from({ length: books }, () => new PeerBook());
	const ids = Array.from(stream.id, String);
	const sides = ["buy", "sell"] as const;
	return {
		operate(at) {
			const target = all[book[at] as number] as PeerBook;
			const id = ids[at] as string;
			const size = wh[at] as number;
			const orderSide = sides[side[at] as number] as never;
			if (kind[at] === CANCEL) target.cancel(id);
			else if (kind[at] === LIMIT) target.limit({ id, side: orderSide, size, price: price[at] as number });
			else target.market({ side: orderSide, size });
		},
		restingOrders: () => 0,
	};
}
