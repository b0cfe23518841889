import { expect } from "chai";
import type { AuctionBook } from "../../../../../offchain/domain/engine/core/AuctionBook.ts";
import type { Entry } from "../../../../../offchain/domain/engine/core/Entry.ts";
import { indicativeAuction, uncross } from "../../../../../offchain/domain/engine/core/uncross.ts";
import type { GridLimits } from "../../../../../offchain/domain/grid/GridLimits.ts";
import { ZonalWindowHeadroom } from "../../../../../offchain/domain/grid/ZonalWindowHeadroom.ts";
import type { Order } from "../../../../../offchain/domain/orders/Order.ts";
import { type NaiveAuction, type NaiveBid, naiveAuction, volumeAt } from "../naive/naiveAuction.ts";

const CASES = Number(process.env.AUCTION_CASES ?? 600);
const SEED = Number(process.env.AUCTION_SEED ?? Date.now() % 1_000_000);
const ZONES = 16;

describe("M5 the auction's price and fills", function () {
	this.timeout(600_000);

	it("takes the price with the greatest volume", () => {
		const book = bookOf([bid("sell", 100, 10), bid("sell", 120, 10), bid("buy", 130, 10), bid("buy", 110, 10)]);
		// 110 and below: 10 Wh offered, 20 wanted. 120 to 130: 20 offered, 10 wanted. In between 10 and 10.
		expect(uncross({ ...book, referenceSatPerKwh: 115 })).to.include({ priceSatPerKwh: 115, volumeWh: 10 });
	});

	it("then the least left over, then the nearest to the reference, then the lowest", () => {
		const book = bookOf([bid("sell", 100, 10), bid("buy", 140, 10), bid("sell", 130, 5)]);
		expect(uncross({ ...book, referenceSatPerKwh: 140 })?.priceSatPerKwh).to.equal(129);
		expect(uncross({ ...book, referenceSatPerKwh: 90 })?.priceSatPerKwh).to.equal(100);
		expect(uncross({ ...book, referenceSatPerKwh: 111 })?.priceSatPerKwh).to.equal(111);
		const coarse = { ...book, tickSatPerKwh: 10, referenceSatPerKwh: 115 };
		expect(uncross(coarse)?.priceSatPerKwh).to.equal(110);
	});

	it("one net price for every seller; each buyer pays it and the charges of the zone he buys from", () => {
		const book = bookOf([
			bid("sell", 100, 10, { zoneId: 1 }),
			bid("sell", 90, 10, { zoneId: 2 }),
			bid("buy", 115, 20, { zoneId: 1 }),
		]);
		book.adders[1 * ZONES + 0] = 10;
		const outcome = uncross(book);
		expect(outcome?.volumeWh).to.equal(20);
		expect(outcome?.priceSatPerKwh).to.be.within(100, 105);
		// The dearer seller stands in the buyer's own zone: he is asked first.
		expect(outcome?.fills.map(({ sell }) => sell.zoneId)).to.deep.equal([1, 2]);
	});

	it("moves a buyer to another zone rather than leaving one out", () => {
		const book = bookOf([
			bid("sell", 100, 10, { zoneId: 1 }),
			bid("sell", 100, 10, { zoneId: 2 }),
			bid("buy", 120, 10, { zoneId: 1 }),
			bid("buy", 105, 10, { zoneId: 1 }),
		]);
		book.adders[1 * ZONES + 0] = 15;
		const outcome = uncross(book);
		expect(outcome?.volumeWh).to.equal(20);
		const fills = outcome?.fills.map(({ sell, buy }) => [sell.zoneId, buy.order.priceSatPerKwh]);
		expect(fills).to.deep.equal([
			[2, 120],
			[1, 105],
		]);
	});

	it("renewable energy first, then the earlier order", () => {
		const book = bookOf([
			bid("sell", 100, 10, { greyness: 1 }),
			bid("sell", 100, 10, { greyness: 0 }),
			bid("buy", 100, 12),
		]);
		const [first, second] = uncross(book)?.fills ?? [];
		expect(first?.sell).to.equal(book.sells[1]);
		expect(second).to.include({ sell: book.sells[0], energyWh: 2 });
	});

	it("nothing crosses: no price", () => {
		expect(uncross(bookOf([bid("sell", 101, 10), bid("buy", 100, 10)]))).to.equal(null);
		expect(uncross(bookOf([]))).to.equal(null);
		expect(indicativeAuction(bookOf([]))).to.equal(null);
	});

	it(`invariant: what trying every price gives, ${CASES} random books (seed ${SEED})`, () => {
		let traded = 0;
		let refused = 0;
		for (let at = 0; at < CASES; at++) {
			const random = generator(SEED + at);
			const { book, plain } = randomBook(random);
			const expected = naiveAuction({ ...plain, headroom: book.headroom?.copy() ?? null });
			const found = uncross(book);
			const where = `seed ${SEED + at}`;
			expect(found === null, where).to.equal(expected === null);
			if (found === null || expected === null) continue;
			traded++;
			if (found.refusals.length > 0) refused++;
			expect([found.priceSatPerKwh, found.volumeWh], where).to.deep.equal([expected.price, expected.volumeWh]);
			expect(
				found.fills.map(({ sell, buy, energyWh, lossWh }) => [sell.time, buy.time, energyWh, lossWh]),
				where,
			).to.deep.equal(expected.fills.map(({ sell, buy, wh, lossWh }) => [sell.time, buy.time, wh, lossWh]));
			checkFills(book, found, where);
			const free = uncross({ ...book, headroom: null });
			const limits = [...plain.sells, ...plain.buys].map(({ limit }) => limit);
			let most = 0;
			for (let price = Math.min(...limits); price <= Math.max(...limits); price++) {
				if (price % book.tickSatPerKwh === 0) most = Math.max(most, volumeAt(plain, price));
			}
			expect(free?.volumeWh, `${where}: without the grid`).to.equal(most);
			expect(indicativeAuction(book)?.volumeWh, where).to.equal(most);
		}
		expect(traded).to.be.greaterThan(CASES / 4);
		expect(refused).to.be.greaterThan(CASES / 50);
	});
});

/** Nobody beyond his limit, his energy, the caps or the tick. */
function checkFills(book: AuctionBook, found: NonNullable<ReturnType<typeof uncross>>, where: string): void {
	const { priceSatPerKwh: price, fills } = found;
	const traded = new Map<Entry, number>();
	const sold = new Float64Array(17);
	const bought = new Float64Array(17);
	expect(price % book.tickSatPerKwh, where).to.equal(0);
	for (const { sell, buy, energyWh } of fills) {
		expect(energyWh, where).to.be.greaterThan(0);
		expect(price, where).to.be.at.least(sell.order.priceSatPerKwh);
		const adder = book.adders[(sell.zoneId - 1) * ZONES + buy.zoneId - 1] as number;
		expect(price + adder, where).to.be.at.most(buy.order.priceSatPerKwh);
		if (book.isOwnZoneOnly) expect(sell.zoneId, where).to.equal(buy.zoneId);
		for (const entry of [sell, buy]) traded.set(entry, (traded.get(entry) ?? 0) + energyWh);
		sold[sell.zoneId] = (sold[sell.zoneId] as number) + energyWh;
		bought[buy.zoneId] = (bought[buy.zoneId] as number) + energyWh;
	}
	for (const [entry, wh] of traded) expect(wh, where).to.be.at.most(entry.openWh);
	for (let zoneId = 1; zoneId <= ZONES; zoneId++) {
		expect(sold[zoneId], where).to.be.at.most(book.sellCapLeftWh[zoneId] as number);
		expect(bought[zoneId], where).to.be.at.most(book.buyCapLeftWh[zoneId] as number);
	}
	for (const { name, flowWh, upWh, downWh } of book.headroom?.elements() ?? []) {
		expect(flowWh, `${where}: ${name}`).to.be.within(-downWh, upWh);
	}
}

type Changes = Partial<Pick<Entry, "zoneId" | "nodeId" | "greyness">> & Partial<Pick<Order, "orderClass">>;
type Bid = { side: Order["side"]; limit: number; wh: number; changes: Changes };

function bid(side: Order["side"], limit: number, wh: number, changes: Changes = {}): Bid {
	return { side, limit, wh, changes };
}

function bookOf(bids: Bid[]): AuctionBook {
	const entries = bids.map(({ side, limit, wh, changes }, time) => {
		const { zoneId = 1, nodeId = 0, greyness = 1, orderClass = "limit" } = changes;
		const order = { side, orderClass, priceSatPerKwh: limit };
		return { order, priceSatPerKwh: limit, openWh: wh, time, zoneId, nodeId, greyness } as Entry;
	});
	return {
		sells: entries.filter(({ order }) => order.side === "sell"),
		buys: entries.filter(({ order }) => order.side === "buy"),
		adders: new Int32Array(ZONES * ZONES),
		isOwnZoneOnly: false,
		tickSatPerKwh: 1,
		referenceSatPerKwh: 100,
		headroom: null,
		sellCapLeftWh: Array.from({ length: 17 }, () => Number.MAX_SAFE_INTEGER),
		buyCapLeftWh: Array.from({ length: 17 }, () => Number.MAX_SAFE_INTEGER),
	};
}

function randomBook(random: (below: number) => number): { book: AuctionBook; plain: NaiveAuction } {
	const zones = 1 + random(5);
	const prices = [3, 12, 40, 40, 400][random(5)] as number;
	const bids = Array.from({ length: 2 + random(28) }, () => {
		const zoneId = 1 + random(zones);
		return bid(random(2) === 0 ? "buy" : "sell", 100 + random(prices), 1 + random(60), {
			zoneId,
			nodeId: random(2) === 0 ? 0 : zoneId * 10 + random(2),
			greyness: random(2) as 0 | 1,
			orderClass: (["limit", "limit", "limit", "gridBalancing", "emergency"] as const)[random(5)] as "limit",
		});
	});
	const cap = () => (random(6) === 0 ? random(150) : Number.MAX_SAFE_INTEGER);
	const book: AuctionBook = {
		...bookOf(bids),
		adders: Int32Array.from({ length: ZONES * ZONES }, () => random(Math.max(8, prices >>> 3))),
		isOwnZoneOnly: random(6) === 0,
		tickSatPerKwh: 1 + random(3),
		referenceSatPerKwh: 95 + random(prices + 10),
		headroom: random(3) === 0 ? null : new ZonalWindowHeadroom(randomLimits(random)),
		sellCapLeftWh: Array.from({ length: 17 }, cap),
		buyCapLeftWh: Array.from({ length: 17 }, cap),
	};
	const plainOf = ({ order, openWh: wh, time, zoneId, nodeId, greyness }: Entry): NaiveBid => {
		const rank = { emergency: 0, gridBalancing: 1, market: 2, limit: 2 }[order.orderClass];
		return { id: `${time}`, rank, time, greyness, limit: order.priceSatPerKwh, wh, zoneId, nodeId };
	};
	const plain: NaiveAuction = {
		sells: book.sells.map(plainOf),
		buys: book.buys.map(plainOf),
		adder: (sell, buy) => book.adders[(sell - 1) * ZONES + buy - 1] as number,
		isOwnZoneOnly: book.isOwnZoneOnly,
		tick: book.tickSatPerKwh,
		reference: book.referenceSatPerKwh,
		headroom: null,
		sellCapLeftWh: (zoneId) => book.sellCapLeftWh[zoneId] as number,
		buyCapLeftWh: (zoneId) => book.buyCapLeftWh[zoneId] as number,
	};
	return { book, plain };
}

function randomLimits(random: (below: number) => number): GridLimits {
	const elements = Array.from({ length: 3 }, (_, index) => ({
		name: `line ${index}`,
		ptdfPartsPerMillion: Array.from({ length: 16 }, () => random(2_000_001) - 1_000_000),
		upWh: random(200),
		downWh: random(200),
		lossCoefficientPerWh: random(3) * 1e-5,
		referenceFlowWh: random(1000) - 500,
	}));
	const nodes = Array.from({ length: 10 }, (_, index) => {
		const zoneId = 1 + (index >>> 1);
		const nodeId = zoneId * 10 + (index & 1);
		return { nodeId, parentNodeId: 0, zoneId, name: `node ${nodeId}`, exportWh: random(150), importWh: random(150) };
	});
	const distributionLossPartsPerMillion = Array.from({ length: 16 }, () => random(60_000));
	const lossCapPartsPerMillion = 20_000 + random(200_000);
	return { elements, nodes, distributionLossPartsPerMillion, ...(random(3) === 0 ? { lossCapPartsPerMillion } : {}) };
}

function generator(seed: number): (below: number) => number {
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
