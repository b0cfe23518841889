import { expect } from "chai";
import type { SignedOrder } from "../../../offchain/domain/orders/Order.ts";
import { SETTLEMENT_CODES } from "../../../offchain/domain/settlement/settlementCode.ts";
import { settleWindow } from "../../../offchain/domain/settlement/settleWindow.ts";
import { energyWh } from "../../../offchain/domain/units/units.ts";
import { expectRevert } from "../fixtures/expectRevert.ts";
import { type RawChunk, rawPlan } from "../fixtures/rawPlan.ts";
import { readSettlementState } from "../fixtures/readSettlementState.ts";
import { useVenue } from "../fixtures/useVenue.ts";
import type { Trader } from "../fixtures/Venue.ts";

const { ORDER_REPEATED, BUY_OVERFILLED, SELL_OVERFILLED, SETTLED } = SETTLEMENT_CODES;

/** An operator who lets an order appear more often than it may: within a chunk, across chunks, by either way of counting. */
describe("C4 settleChunk: single appearance", () => {
	const venue = useVenue(async (made) => {
		const sellers: Trader[] = [];
		for (let i = 0; i < 4; i++) sellers.push(await made.trader(`fill seller ${i}`, { zoneId: 2 }));
		const buyer = await made.trader("fill buyer", { zoneId: 1, source: "none" });
		const windowId = await made.nextWindow();
		const sells = sellers.map((seller) => made.order(seller, { side: "sell", windowId, energyWh: energyWh(5000) }));
		return { sellers, buyer, windowId, sells };
	});

	function buyOrder(sequence: number, wh = 1000): SignedOrder {
		const { buyer, windowId } = venue();
		return venue().order(buyer, { side: "buy", windowId, sequence, energyWh: energyWh(wh) });
	}

	function chunkOf(fills: [seller: number, buy: SignedOrder, wh: number][], extra: Partial<RawChunk> = {}): RawChunk {
		const { sells } = venue();
		const trades = fills.map(([seller, buy, wh]) =>
			venue().trade(sells[seller] as SignedOrder, buy, { energyWh: energyWh(wh), lossWh: energyWh(0) }),
		);
		const orders = new Set(fills.flatMap(([seller, buy]) => [sells[seller] as SignedOrder, buy]));
		return { orders: [...orders], trades, ...extra };
	}

	async function settle(chunks: RawChunk[]): Promise<number[]> {
		const { windowId, sellers } = venue();
		const plan = rawPlan(windowId, chunks);
		await venue().commit(plan);
		const readings = sellers.map(({ meterId, zoneId }) => ({ meterId, zoneId, exportedWh: 50_000 }));
		const expected = settleWindow(plan, readings, await readSettlementState(venue(), plan));
		const { trades } = await venue().settlePlan(plan, readings);
		expect(trades.map(({ code }) => code)).to.deep.equal(expected.trades.map(({ code }) => code));
		return trades.map(({ code }) => code);
	}

	it("a taker's fills are carried over chunks by the cursor", async () => {
		const taker = buyOrder(5, 2500);
		const codes = await settle([chunkOf([[0, taker, 1000]]), chunkOf([[1, taker, 1000]]), chunkOf([[2, taker, 500]])]);
		expect(codes).to.deep.equal([SETTLED, SETTLED, SETTLED]);
	});

	it("error: overfill across chunks", async () => {
		const taker = buyOrder(5, 1500);
		expect(await settle([chunkOf([[0, taker, 1000]]), chunkOf([[1, taker, 501]])])).to.deep.equal([
			SETTLED,
			BUY_OVERFILLED,
		]);
	});

	it("error: a sell overfilled within a chunk by buys that have room", async () => {
		const codes = await settle([
			chunkOf([
				[0, buyOrder(1, 3000), 3000],
				[0, buyOrder(2, 3000), 3000],
			]),
		]);
		expect(codes).to.deep.equal([SETTLED, SELL_OVERFILLED]);
	});

	it("error: an order again after a higher one", async () => {
		const [low, high] = [buyOrder(1), buyOrder(2)];
		const codes = await settle([chunkOf([[0, low, 1000]]), chunkOf([[1, high, 1000]]), chunkOf([[2, low, 1000]])]);
		expect(codes).to.deep.equal([SETTLED, SETTLED, ORDER_REPEATED]);
	});

	it("error: from the cursor to stored fills in the middle of a window", async () => {
		const order = buyOrder(1);
		const codes = await settle([chunkOf([[0, order, 1000]]), chunkOf([[1, order, 1000]], { usesStoredFills: true })]);
		expect(codes).to.deep.equal([SETTLED, ORDER_REPEATED]);
	});

	it("error: from stored fills to the cursor", async () => {
		const order = buyOrder(1);
		const codes = await settle([chunkOf([[0, order, 1000]], { usesStoredFills: true }), chunkOf([[1, order, 1000]])]);
		expect(codes).to.deep.equal([SETTLED, ORDER_REPEATED]);
	});

	it("behavior: stored fills count an order in any order of chunks", async () => {
		const [low, high] = [buyOrder(1, 1500), buyOrder(2)];
		const stored = { usesStoredFills: true };
		const codes = await settle([
			chunkOf([[0, low, 1000]], stored),
			chunkOf([[1, high, 1000]], stored),
			chunkOf([[2, low, 500]], stored),
			chunkOf([[3, low, 1]], stored),
		]);
		expect(codes).to.deep.equal([SETTLED, SETTLED, SETTLED, BUY_OVERFILLED]);
		expect(await venue().read("WindowSettlement", "storedFillWh", [low.orderHash])).to.equal(1500n);
	});

	it("behavior: the planner sees when a cursor cannot follow and stores fills", async () => {
		const { windowId, sells } = venue();
		const [low, high] = [buyOrder(1, 2000), buyOrder(2)];
		const fill = (seller: number, buy: SignedOrder) =>
			venue().trade(sells[seller] as SignedOrder, buy, { lossWh: energyWh(0) });
		const orders = [...sells, low, high];
		const plan = venue().plan(windowId, orders, [fill(0, low), fill(1, high), fill(2, low)], 1);
		expect(plan.chunks.map((chunk) => chunk.accounts.some((account) => account.usesStoredFills))).to.deep.equal([
			true,
			true,
			true,
		]);
	});

	it("error: an order twice within a chunk", async () => {
		const { windowId, sellers } = venue();
		const order = buyOrder(1);
		const chunk = chunkOf([[0, order, 1000]]);
		const twice = rawPlan(windowId, [{ ...chunk, groups: [[order, order], [chunk.orders[0] as SignedOrder]] }]);
		await venue().commit(twice);
		const readings = [{ meterId: sellers[0]?.meterId as number, zoneId: 2, exportedWh: 5000 }];
		await expectRevert(venue().settlePlan(twice, readings), "OrdersOutOfOrder");
	});

	it("error: an account in two groups of a chunk", async () => {
		const { windowId, sellers } = venue();
		const [first, second] = [buyOrder(1), buyOrder(2)];
		const chunk = chunkOf([[0, first, 1000]]);
		const split = rawPlan(windowId, [{ ...chunk, groups: [[first], [second], [chunk.orders[0] as SignedOrder]] }]);
		await venue().commit(split);
		const readings = [{ meterId: sellers[0]?.meterId as number, zoneId: 2, exportedWh: 5000 }];
		await expectRevert(venue().settlePlan(split, readings), "OrdersOutOfOrder");
	});

	it("error: a selling meter again in a later chunk, so that its reading would be paid twice", async () => {
		const { windowId, sellers } = venue();
		const plan = rawPlan(windowId, [chunkOf([[1, buyOrder(1), 1000]]), chunkOf([[1, buyOrder(2), 1000]])]);
		await venue().commit(plan);
		const meterId = sellers[1]?.meterId as number;
		const readings = [{ meterId, zoneId: 2, exportedWh: 1000 }];
		await expectRevert(venue().settlePlan(plan, readings), "SellMetersOutOfOrder", meterId);
	});

	it("error: a selling meter twice in a chunk", async () => {
		const { windowId, sellers } = venue();
		const meterId = sellers[1]?.meterId as number;
		const plan = rawPlan(windowId, [
			{
				...chunkOf([[1, buyOrder(1), 1000]]),
				sellMeterIds: [meterId, meterId],
				meterIds: [meterId, meterId, venue().buyer.meterId],
			},
		]);
		await venue().commit(plan);
		await expectRevert(
			venue().settlePlan(plan, [{ meterId, zoneId: 2, exportedWh: 1000 }]),
			"SellMetersOutOfOrder",
			meterId,
		);
	});

	it("error: a sell on a meter that is not among the selling ones", async () => {
		const { windowId, sellers } = venue();
		const meterId = sellers[1]?.meterId as number;
		const plan = rawPlan(windowId, [chunkOf([[1, buyOrder(1), 1000]], { sellMeterIds: [] })]);
		expect(plan.chunks[0]?.meterIds).to.include(meterId);
		await venue().commit(plan);
		await expectRevert(venue().settlePlan(plan, []), "MalformedChunk");
	});

	it("behavior: windows settled out of order keep their own fills", async () => {
		const { windowId, sells, sellers, buyer } = venue();
		const earlier = venue().plan(
			windowId,
			[sells[0] as SignedOrder, buyOrder(9)],
			[venue().trade(sells[0] as SignedOrder, buyOrder(9))],
		);
		const laterSell = venue().order(sellers[0] as Trader, { side: "sell", windowId: windowId + 1 });
		const laterBuy = venue().order(buyer, { side: "buy", windowId: windowId + 1, sequence: 9 });
		const later = venue().plan(windowId + 1, [laterSell, laterBuy], [venue().trade(laterSell, laterBuy)]);
		await venue().commit(earlier);
		await venue().commit(later);
		const readings = [{ meterId: sellers[0]?.meterId as number, zoneId: 2, exportedWh: 5000 }];
		expect((await venue().settlePlan(later, readings)).trades[0]?.code).to.equal(SETTLED);
		expect((await venue().settlePlan(earlier, readings)).trades[0]?.code).to.equal(SETTLED);
	});
});
