import { expect } from "chai";
import { BUY, FOK, GTC, IOC, OrderBook, POST, SELL } from "../../../../../offchain/domain/engine/book/OrderBook.ts";
import { compareBooks } from "./compareBooks.ts";

const COMMANDS = Number(process.env.ENGINE_COMMANDS ?? 20_000);
const SEED = Number(process.env.ENGINE_SEED ?? Date.now() % 1_000_000);

describe("M1 price-time priority: the order book", function () {
	this.timeout(3_600_000);

	it(`invariant: the same trades, depth and refusals as the plain model (${COMMANDS} commands, seed ${SEED})`, () => {
		compareBooks(SEED, COMMANDS);
	});

	it("trades at the resting order's price and keeps a partly filled order in front", () => {
		const book = new OrderBook();
		book.place(1, 0, SELL, 1, false, 100, 50, GTC);
		book.place(2, 0, SELL, 1, false, 100, 50, GTC);
		book.place(3, 0, BUY, 1, false, 120, 20, GTC);
		expect(fills(book)).to.deep.equal([[1, 100, 20]]);
		book.place(4, 0, BUY, 1, false, 100, 40, IOC);
		expect(fills(book)).to.deep.equal([
			[1, 100, 30],
			[2, 100, 10],
		]);
		expect(book.depth(SELL)).to.deep.equal([[100, 40]]);
	});

	it("never lets the rest of an immediate order stand", () => {
		const book = new OrderBook();
		book.place(1, 0, SELL, 1, false, 100, 5, GTC);
		book.place(2, 0, BUY, 1, false, 100, 9, IOC);
		expect(book.depth(BUY)).to.deep.equal([]);
		expect(book.cancel(2)).to.equal("ORDER_UNKNOWN");
	});

	it("leaves no phantom level and no crossed book after cancels and amendments", () => {
		const book = new OrderBook();
		book.place(1, 0, SELL, 1, false, 100, 5, GTC);
		book.cancel(1);
		expect(book.depth(SELL)).to.deep.equal([]);
		book.place(2, 0, SELL, 1, false, 100, 5, GTC);
		book.place(3, 0, BUY, 1, false, 90, 8, GTC);
		book.amend(3, 101, 8);
		expect(fills(book)).to.deep.equal([[2, 100, 5]]);
		expect([book.depth(BUY), book.depth(SELL)]).to.deep.equal([[[101, 3]], []]);
	});

	it("keeps the place for a smaller quantity at the same price only", () => {
		const book = new OrderBook();
		for (const id of [1, 2, 3]) book.place(id, 0, SELL, 1, false, 100, 10, GTC);
		book.amend(1, 100, 4);
		book.amend(2, 100, 10);
		book.place(9, 0, BUY, 1, false, 100, 24, GTC);
		expect(fills(book).map(([maker]) => maker)).to.deep.equal([1, 3, 2]);
	});

	it("error: refuses post-only that would trade, an unfillable fill-or-kill, and trading with oneself", () => {
		const book = new OrderBook();
		book.place(1, 7, SELL, 1, false, 100, 5, GTC);
		expect(book.place(2, 0, BUY, 1, false, 100, 1, POST)).to.equal("POST_ONLY_WOULD_TRADE");
		expect(book.place(3, 0, BUY, 1, false, 100, 6, FOK)).to.equal("FILL_OR_KILL");
		expect(book.place(4, 7, BUY, 1, false, 100, 1, GTC)).to.equal("SELF_TRADE");
		expect(book.depth(SELL)).to.deep.equal([[100, 5]]);
		expect(book.depth(BUY)).to.deep.equal([]);
	});

	it("M3 ranks landed price, then renewable, then the own zone, then time", () => {
		const adders = new Array(256).fill(0);
		adders[1 * 16 + 0] = 5;
		const book = new OrderBook(16, adders);
		book.place(1, 0, SELL, 2, true, 96, 1, GTC);
		book.place(2, 0, SELL, 1, false, 100, 1, GTC);
		book.place(3, 0, SELL, 3, true, 100, 1, GTC);
		book.place(4, 0, SELL, 1, true, 100, 1, GTC);
		book.place(5, 0, SELL, 4, true, 100, 1, GTC);
		book.place(9, 0, BUY, 1, false, 200, 9, IOC);
		expect(fills(book).map(([maker]) => maker)).to.deep.equal([4, 3, 5, 2, 1]);
	});
});

function fills(book: OrderBook): number[][] {
	return Array.from({ length: book.fillCount }, (_, at) => [
		book.fillMakerId[at] as number,
		book.fillPrice[at] as number,
		book.fillWh[at] as number,
	]);
}
