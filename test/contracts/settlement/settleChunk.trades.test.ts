import { expect } from "chai";
import type { Order } from "../../../offchain/domain/orders/Order.ts";
import { decodeRecord } from "../../../offchain/domain/settlement/decodeRecord.ts";
import { SETTLEMENT_CODES, type SettlementCodeName } from "../../../offchain/domain/settlement/settlementCode.ts";
import type { Trade } from "../../../offchain/domain/settlement/Trade.ts";
import type { PlannedChunk } from "../../../offchain/domain/settlement/WindowPlan.ts";
import type { Hex } from "../../../offchain/domain/units/Address.ts";
import { energyWh, priceSatPerKwh } from "../../../offchain/domain/units/units.ts";
import { expectRevert } from "../fixtures/expectRevert.ts";
import { rawPlan } from "../fixtures/rawPlan.ts";
import { pair, useVenue } from "../fixtures/useVenue.ts";
import { OPERATOR } from "../fixtures/Venue.ts";

/** What must be true of a trade: limits, charges, losses, fills, funds. */
describe("C3 C9 settleChunk: trades", () => {
	const venue = useVenue(pair);

	async function expectCodes(
		names: SettlementCodeName[],
		trades: Partial<Trade>[],
		orders: { sell?: Partial<Order>; buy?: Partial<Order> } = {},
	) {
		const { seller, buyer, windowId } = venue();
		const sell = venue().order(seller, { side: "sell", windowId, ...orders.sell });
		const buy = venue().order(buyer, { side: "buy", windowId, ...orders.buy });
		const plan = venue().plan(
			windowId,
			[sell, buy],
			trades.map((fields) => venue().trade(sell, buy, fields)),
		);
		await venue().commit(plan);
		const { trades: settled } = await venue().settlePlan(plan, [
			{ meterId: seller.meterId, exportedWh: 1_000_000, zoneId: seller.zoneId },
		]);
		expect(settled.map(({ code }) => code)).to.deep.equal(names.map((name) => SETTLEMENT_CODES[name]));
	}

	const wh = (energy: number, loss = 0) => ({ energyWh: energyWh(energy), lossWh: energyWh(loss) });
	const prices = (seller: number, buyer: number) => ({
		sellerPriceSatPerKwh: priceSatPerKwh(seller),
		buyerPriceSatPerKwh: priceSatPerKwh(buyer),
	});

	it("error: overfill of the sell order", async () => {
		await expectCodes(["SETTLED", "SELL_OVERFILLED", "SETTLED"], [wh(600), wh(401), wh(400)], {
			buy: { energyWh: energyWh(9000) },
		});
	});

	it("error: overfill of the buy order", async () => {
		await expectCodes(["SETTLED", "BUY_OVERFILLED"], [wh(1000), wh(1)], { sell: { energyWh: energyWh(9000) } });
	});

	it("error: below the seller's limit", async () => {
		await expectCodes(["BELOW_SELL_LIMIT"], [prices(99, 120)]);
	});

	it("error: above the buyer's limit", async () => {
		await expectCodes(["ABOVE_BUY_LIMIT"], [prices(140, 151)]);
	});

	it("behavior: exactly at both limits", async () => {
		await expectCodes(["SETTLED"], [prices(100, 150)]);
	});

	it("error: the seller gets more than the buyer pays", async () => {
		await expectCodes(["CHARGE_CAP"], [prices(130, 120)]);
	});

	it("error: charges above the regulator's schedule for the zones", async () => {
		// Zone 2 to zone 1: 4 + 5 + 3 networks, 2 platform, 40 congestion.
		await expectCodes(
			["SETTLED", "CHARGE_CAP"],
			[
				{ ...prices(100, 154), ...wh(1) },
				{ ...prices(100, 155), ...wh(1) },
			],
			{
				buy: { priceSatPerKwh: priceSatPerKwh(200) },
			},
		);
	});

	it("error: outside the regulator's price band", async () => {
		await expectCodes(["PRICE_BAND"], [prices(9, 50)], { sell: { priceSatPerKwh: priceSatPerKwh(5) } });
	});

	it("error: above the ceiling", async () => {
		await expectCodes(["PRICE_BAND"], [prices(1990, 2001)], { buy: { priceSatPerKwh: priceSatPerKwh(2100) } });
	});

	it("error: more loss than the regulator lets lie on a seller", async () => {
		await expectCodes(["SETTLED", "LOSS_CAP"], [wh(100, 15), wh(100, 16)]);
	});

	it("error: no energy", async () => {
		await expectCodes(["MALFORMED"], [wh(0)]);
	});

	it("error: the buyer cannot pay, and the seller is not fined for it", async () => {
		const { windowId, seller } = venue();
		const poor = await venue().trader("poor", { zoneId: 2, source: "none" }, 100n);
		const sell = venue().order(seller, { side: "sell", windowId });
		const buy = venue().order(poor, { side: "buy", windowId });
		const plan = venue().plan(windowId, [sell, buy], [venue().trade(sell, buy)]);
		await venue().commit(plan);
		const reading = { meterId: seller.meterId, exportedWh: 1020, zoneId: seller.zoneId };
		const { trades } = await venue().settlePlan(plan, [reading]);
		expect(trades[0]).to.include({ code: SETTLEMENT_CODES.FUNDS_INSUFFICIENT, deliveredWh: 0, shortWh: 0 });
		expect(await venue().balanceMsat(seller.address)).to.equal(1_000_000_000);
		expect(await venue().balanceMsat(poor.address)).to.equal(100_000);
	});

	it("C6 a short seller pays what he has, and nobody pays the rest for him", async () => {
		const { windowId, buyer } = venue();
		const broke = await venue().trader("broke", { zoneId: 2 }, 30n);
		const sell = venue().order(broke, { side: "sell", windowId });
		const buy = venue().order(buyer, { side: "buy", windowId });
		const plan = venue().plan(windowId, [sell, buy], [venue().trade(sell, buy, prices(110, 110))]);
		await venue().commit(plan);
		const before = await venue().balanceMsat(buyer.address);
		// 490 of 1,020 Wh: 480 are delivered. He owes 520 × 190 = 98,800 msat and has 30,000 and what he got for the rest.
		const { trades } = await venue().settlePlan(plan, [{ ...broke, exportedWh: 490 }]);
		expect(trades[0]).to.include({ code: 0, deliveredWh: 480, shortWh: 520 });
		expect(await venue().balanceMsat(broke.address)).to.equal(0);
		expect(await venue().balanceMsat(buyer.address)).to.equal(before + 30_000);
	});

	it("C6 a short seller who sold above the shortfall price owes nothing", async () => {
		const { windowId, seller, buyer } = venue();
		const sell = venue().order(seller, { side: "sell", windowId });
		const buy = venue().order(buyer, { side: "buy", windowId, priceSatPerKwh: priceSatPerKwh(400) });
		for (const [price, compensation] of [
			[300, 0],
			[299, 1000],
			[301, 0],
		] as const) {
			const snapshot = await venue().snapshot();
			const plan = venue().plan(windowId, [sell, buy], [venue().trade(sell, buy, prices(price, price))]);
			await venue().commit(plan);
			const before = await venue().balanceMsat(seller.address);
			await venue().settlePlan(plan, [{ ...seller, exportedWh: 0 }]);
			expect(await venue().balanceMsat(seller.address)).to.equal(before - compensation);
			await venue().restore(snapshot);
		}
	});

	it("error: a sell in the place of a buy", async () => {
		const { windowId, seller } = venue();
		const other = await venue().trader("other seller", { zoneId: 2 });
		const sell = venue().order(seller, { side: "sell", windowId });
		// With a limit that would do for a buy.
		const second = venue().order(other, { side: "sell", windowId, priceSatPerKwh: priceSatPerKwh(130) });
		const plan = rawPlan(windowId, [
			{
				orders: [sell, second],
				sellMeterIds: [seller.meterId, other.meterId],
				trades: [venue().trade(sell, second), venue().trade(second, second)],
			},
		]);
		await venue().commit(plan);
		const readings = [seller, other].map(({ meterId, zoneId }) => ({ meterId, zoneId, exportedWh: 10_000 }));
		const { trades } = await venue().settlePlan(plan, readings);
		expect(trades.map(({ code }) => code)).to.deep.equal([
			SETTLEMENT_CODES.SIDE_MISMATCH,
			SETTLEMENT_CODES.SIDE_MISMATCH,
		]);
	});

	it("error: a buy in the place of a sell, on a meter with a reading", async () => {
		const { windowId, seller, buyer } = venue();
		// With a limit that would do for a sell.
		const first = venue().order(seller, { side: "buy", windowId, priceSatPerKwh: priceSatPerKwh(100) });
		const second = venue().order(buyer, { side: "buy", windowId });
		const plan = rawPlan(windowId, [
			{ orders: [first, second], sellMeterIds: [seller.meterId], trades: [venue().trade(first, second)] },
		]);
		await venue().commit(plan);
		const { trades } = await venue().settlePlan(plan, [{ ...seller, exportedWh: 10_000 }]);
		expect(trades.map(({ code }) => code)).to.deep.equal([SETTLEMENT_CODES.SIDE_MISMATCH]);
	});

	it("C9 splits the charges: networks, platform, the rest congestion, each to its account", async () => {
		const { windowId, seller, buyer } = venue();
		const sell = venue().order(seller, { side: "sell", windowId });
		const buy = venue().order(buyer, { side: "buy", windowId });
		const plan = venue().plan(windowId, [sell, buy], [venue().trade(sell, buy, { ...wh(1000), ...prices(100, 130) })]);
		await venue().commit(plan);
		await venue().settlePlan(plan, [{ meterId: seller.meterId, exportedWh: 1000, zoneId: 2 }]);
		const { chargeAccounts } = venue().deployment;
		expect(await venue().balanceMsat(chargeAccounts.PEA)).to.equal(4000);
		expect(await venue().balanceMsat(chargeAccounts.EGAT)).to.equal(5000);
		expect(await venue().balanceMsat(chargeAccounts.MEA)).to.equal(3000);
		expect(await venue().balanceMsat(chargeAccounts.platform)).to.equal(2000);
		expect(await venue().balanceMsat(chargeAccounts.congestion)).to.equal(16_000);
		expect(await venue().read("CollateralVault", "totalMsat")).to.equal(2_000_000_000n);
	});

	it("error: a trade behind the chunk, where the call is only filled up", async () => {
		const { windowId, seller, buyer, calls } = venue();
		const sell = venue().order(seller, { side: "sell", windowId });
		const buy = venue().order(buyer, { side: "buy", windowId });
		const plan = venue().plan(windowId, [sell, buy], [venue().trade(sell, buy, wh(100))]);
		await venue().commit(plan);
		await venue().warpTo((windowId + 1) * 900);
		const chunk = plan.chunks[0] as PlannedChunk;
		const call = calls.settleChunk(
			windowId,
			chunk,
			venue().readingBatches(windowId, [{ ...seller, exportedWh: 10_000 }]),
		);
		const bytes = chunk.bytes.slice(2);
		const trade = bytes.slice(-32);
		expect(call.data).to.contain(bytes + "0".repeat(trade.length));
		const data = call.data.replace(bytes + "0".repeat(trade.length), bytes + trade) as Hex;
		const receipt = await venue().send({ ...call, data }, OPERATOR);
		expect(decodeRecord(venue().recordOf(receipt)).map(({ deliveredWh }) => deliveredWh)).to.deep.equal([100]);
		expect(await venue().balanceMsat(buyer.address)).to.equal(1_000_000_000 - 100 * 120);
	});

	it("error: a trade naming an order the chunk does not have", async () => {
		const { windowId, seller, buyer } = venue();
		const sell = venue().order(seller, { side: "sell", windowId });
		const buy = venue().order(buyer, { side: "buy", windowId });
		const bad = rawPlan(windowId, [
			{
				orders: [sell, buy],
				trades: [venue().trade(sell, buy)],
				alter: (bytes) => `${bytes.slice(0, -32)}00090000${bytes.slice(-24)}`,
			},
		]);
		await venue().commit(bad);
		await expectRevert(
			venue().settlePlan(bad, [{ meterId: seller.meterId, exportedWh: 1000, zoneId: 2 }]),
			"MalformedChunk",
			9,
		);
	});

	it("error: … nor what lies behind its orders in memory, an account's new cursor for one", async () => {
		const { windowId, seller, buyer } = venue();
		// As a cursor this fill would read as an order of much energy at 156 sat/kWh.
		const fill = wh(0x9c41);
		const sell = venue().order(seller, { side: "sell", windowId, energyWh: energyWh(100_000) });
		const buy = venue().order(buyer, { side: "buy", windowId, ...fill });
		for (let index = 2; index < 20; index += 1) {
			const snapshot = await venue().snapshot();
			const place = index.toString(16).padStart(4, "0");
			const bad = rawPlan(windowId, [
				{
					orders: [sell, buy],
					trades: [venue().trade(sell, buy, fill), venue().trade(sell, buy)],
					alter: (bytes) => `${bytes.slice(0, -28)}${place}${bytes.slice(-24)}`,
				},
			]);
			await venue().commit(bad);
			const reading = { meterId: seller.meterId, exportedWh: 100_000, zoneId: 2 };
			await expectRevert(venue().settlePlan(bad, [reading]), "MalformedChunk", index);
			await venue().restore(snapshot);
		}
	});
});
