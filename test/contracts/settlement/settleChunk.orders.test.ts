import { expect } from "chai";
import type { Order } from "../../../offchain/domain/orders/Order.ts";
import { SETTLEMENT_CODES, type SettlementCodeName } from "../../../offchain/domain/settlement/settlementCode.ts";
import { energyWh, priceSatPerKwh } from "../../../offchain/domain/units/units.ts";
import { directive } from "../fixtures/directive.ts";
import { pair, useVenue } from "../fixtures/useVenue.ts";
import { REGISTRARS, type Trader } from "../fixtures/Venue.ts";
import { wallet } from "../fixtures/wallet.ts";

/** What must be true of an order itself: epoch, exit, licence, meter, class. */
describe("C3 L1 settleChunk: orders", () => {
	const venue = useVenue(pair);

	async function expectCode(name: SettlementCodeName, fields: { sell?: Partial<Order>; buy?: Partial<Order> } = {}) {
		const { seller, buyer, windowId } = venue();
		const sell = venue().order(seller, { side: "sell", windowId, ...fields.sell });
		const buy = venue().order(buyer, { side: "buy", windowId, ...fields.buy });
		const plan = venue().plan(windowId, [sell, buy], [venue().trade(sell, buy)]);
		await venue().commit(plan);
		const { trades } = await venue().settlePlan(plan, [
			{ meterId: sell.order.meterId, exportedWh: 10_000, zoneId: seller.zoneId },
		]);
		expect(trades.map(({ code }) => code)).to.deep.equal([SETTLEMENT_CODES[name]]);
	}

	it("error: zero price or zero energy", async () => {
		await expectCode("MALFORMED", { sell: { priceSatPerKwh: priceSatPerKwh(0) } });
	});

	it("error: zero energy", async () => {
		await expectCode("MALFORMED", { buy: { energyWh: energyWh(0) } });
	});

	it("error: epoch raised in time", async () => {
		const { seller, calls } = venue();
		await venue().send(calls.raiseEpoch(), seller);
		await expectCode("EPOCH_STALE");
	});

	it("behavior: an order of the new epoch settles", async () => {
		const { seller, calls } = venue();
		await venue().send(calls.raiseEpoch(), seller);
		await expectCode("SETTLED", { sell: { epoch: 1 } });
	});

	it("behavior: epochs raised too late for the window do not free the seller, however often", async () => {
		const { seller, calls, windowId } = venue();
		await venue().warpTo(windowId * 900 - 800);
		await venue().send(calls.raiseEpoch(), seller);
		await venue().warpTo(windowId * 900 + 100);
		await venue().send(calls.raiseEpoch(), seller);
		await venue().warpTo(windowId * 900 - 0 + 901);
		await venue().send(calls.raiseEpoch(), seller);
		expect(await venue().read("CollateralVault", "epochAt", [seller.address, windowId])).to.equal(0);
		expect(await venue().read("CollateralVault", "epochAt", [seller.address, windowId + 9])).to.equal(3);
	});

	it("error: exit requested in time", async () => {
		const { buyer, calls } = venue();
		await venue().send(calls.requestExit(), buyer);
		await expectCode("EXIT_PENDING");
	});

	it("behavior: an exit requested too late for the window does not free anybody", async () => {
		const { seller, buyer, calls, windowId } = venue();
		const sell = venue().order(seller, { side: "sell", windowId });
		const buy = venue().order(buyer, { side: "buy", windowId });
		const plan = venue().plan(windowId, [sell, buy], [venue().trade(sell, buy)]);
		await venue().commit(plan);
		await venue().send(calls.requestExit(), seller);
		const reading = { meterId: seller.meterId, exportedWh: 0, zoneId: seller.zoneId };
		const { trades } = await venue().settlePlan(plan, [reading]);
		expect(trades[0]).to.include({ code: 0, shortWh: 1000 });
	});

	it("error: licence revoked in time", async () => {
		await venue().send(venue().calls.revokeLicence(venue().buyer.address), REGISTRARS.ERC);
		await expectCode("LICENCE_EXPIRED");
	});

	it("error: the meter of another", async () => {
		const stranger = await venue().trader("stranger", { zoneId: 2 });
		await expectCode("METER_NOT_OWNED", { sell: { meterId: stranger.meterId } });
	});

	it("error: an unknown meter", async () => {
		await expectCode("METER_NOT_OWNED", { sell: { meterId: 999 } });
	});

	it("error: meter deactivated in time", async () => {
		await venue().send(venue().calls.deactivateMeter(venue().seller.meterId), REGISTRARS.PEA);
		await expectCode("METER_INACTIVE");
	});

	it("error: a consumer's meter cannot sell", async () => {
		const { seller } = venue();
		await venue().registerMeter(seller, 50, { zoneId: 2, source: "none" });
		await expectCode("METER_CANNOT_SELL", { sell: { meterId: 50 } });
	});

	it("error: nor does a consumer's only meter", async () => {
		const { seller, buyer, windowId } = venue();
		const sell = venue().order(buyer, { side: "sell", windowId });
		const buy = venue().order(seller, { side: "buy", windowId });
		const plan = venue().plan(windowId, [sell, buy], [venue().trade(sell, buy)]);
		await venue().commit(plan);
		const { trades } = await venue().settlePlan(plan, [{ ...buyer, exportedWh: 10_000 }]);
		expect(trades.map(({ code }) => code)).to.deep.equal([SETTLEMENT_CODES.METER_CANNOT_SELL]);
	});

	it("behavior: an account sells from each of its meters", async () => {
		const { seller, buyer, windowId } = venue();
		await venue().registerMeter(seller, 50, { zoneId: seller.zoneId, source: "rooftopSolar" });
		const sells = [50, seller.meterId].map((meterId, i) =>
			venue().order(seller, { side: "sell", windowId, meterId, sequence: 20 + i }),
		);
		const buy = venue().order(buyer, { side: "buy", windowId, energyWh: energyWh(2000) });
		const plan = venue().plan(
			windowId,
			[...sells, buy],
			sells.map((sell) => venue().trade(sell, buy)),
		);
		await venue().commit(plan);
		const readings = [50, seller.meterId].map((meterId) => ({ meterId, exportedWh: 10_000, zoneId: seller.zoneId }));
		const { trades } = await venue().settlePlan(plan, readings);
		expect(trades.map(({ code }) => code)).to.deep.equal([SETTLEMENT_CODES.SETTLED, SETTLEMENT_CODES.SETTLED]);
	});

	it("behavior: another meter trades in its own zone: its charges, its licensee, its directives", async () => {
		const { seller, buyer, windowId, deployment, calls } = venue();
		await venue().registerMeter(seller, 50, { zoneId: 5, source: "rooftopSolar" });
		await venue().registerMeter(buyer, 51, { zoneId: 8, source: "none" });
		const sell = venue().order(seller, { side: "sell", windowId, meterId: 50, energyWh: energyWh(2000) });
		const buys = [51, buyer.meterId].map((meterId, i) =>
			venue().order(buyer, { side: "buy", windowId, meterId, sequence: 1 + i }),
		);
		// Of the zones of both meters of each, only that of the buyer's main meter is halted, and every other zone.
		await venue().bySafe("MEA", calls.setDirective(directive("MEA", "HALT", 1, windowId)));
		for (const zoneId of [2, 3, 4, 6, 7, 9, 10, 11, 12, 13]) {
			await venue().bySafe("PEA", calls.setDirective(directive("PEA", "HALT", zoneId, windowId)));
		}
		const trades = buys.map((buy) => venue().trade(sell, buy, { buyerPriceSatPerKwh: priceSatPerKwh(140) }));
		const plan = venue().plan(windowId, [sell, ...buys], trades);
		await venue().commit(plan);
		const { trades: settled } = await venue().settlePlan(plan, [{ meterId: 50, exportedWh: 10_000, zoneId: 5 }]);
		expect(settled.map(({ code }) => code)).to.deep.equal([SETTLEMENT_CODES.SETTLED, SETTLEMENT_CODES.ZONE_HALTED]);
		const { chargeAccounts } = deployment;
		// Of 30 sat/kWh: zone 5's tariff 7 and zone 8's 10, both PEA's; 5 for the way; 2 for the platform; the rest is congestion.
		expect(await venue().balanceMsat(chargeAccounts.PEA)).to.equal(17_000);
		expect(await venue().balanceMsat(chargeAccounts.EGAT)).to.equal(5000);
		expect(await venue().balanceMsat(chargeAccounts.MEA)).to.equal(0);
		expect(await venue().balanceMsat(chargeAccounts.congestion)).to.equal(6000);
	});

	it("error: balancing orders are the grid operator's", async () => {
		await expectCode("CLASS_NOT_ALLOWED", { buy: { orderClass: "gridBalancing" } });
	});

	it("behavior: the grid operator may balance", async () => {
		await relicense(venue().buyer, 4);
		await expectCode("SETTLED", { buy: { orderClass: "gridBalancing" } });
	});

	it("error: an emergency order without an executed directive", async () => {
		await expectCode("DIRECTIVE_REQUIRED", { buy: { orderClass: "emergency", directiveId: 1 } });
	});

	it("A5 an emergency order under EGAT's directive settles", async () => {
		const { windowId, calls } = venue();
		await venue().bySafe("EGAT", calls.setDirective(directive("EGAT", "CAP", 1, windowId, 1_000_000)));
		await expectCode("SETTLED", { buy: { orderClass: "emergency", directiveId: 1 } });
	});

	it("error: a directive for another window or zone authorises nothing", async () => {
		const { windowId, calls } = venue();
		await venue().bySafe("EGAT", calls.setDirective(directive("EGAT", "CAP", 7, windowId, 1_000_000)));
		await expectCode("DIRECTIVE_REQUIRED", { buy: { orderClass: "emergency", directiveId: 1 } });
	});

	it("M9 error: a household does not trade across the border", async () => {
		const { buyer } = venue();
		await venue().registerMeter(buyer, 51, { zoneId: 14, source: "none" });
		await expectCode("CLASS_NOT_ALLOWED", { buy: { meterId: 51 } });
	});

	it("M9 error: nor with its only meter at the border", async () => {
		const { seller, windowId } = venue();
		const neighbour = await venue().trader("neighbour", { zoneId: 14, source: "none" });
		const sell = venue().order(seller, { side: "sell", windowId });
		const buy = venue().order(neighbour, { side: "buy", windowId });
		const plan = venue().plan(windowId, [sell, buy], [venue().trade(sell, buy)]);
		await venue().commit(plan);
		const { trades } = await venue().settlePlan(plan, [{ ...seller, exportedWh: 10_000 }]);
		expect(trades.map(({ code }) => code)).to.deep.equal([SETTLEMENT_CODES.CLASS_NOT_ALLOWED]);
	});

	it("M9 a cross-border trader does", async () => {
		const { buyer } = venue();
		await relicense(buyer, 3);
		await venue().registerMeter(buyer, 51, { zoneId: 14, source: "none" });
		await expectCode("SETTLED", { buy: { meterId: 51 } });
	});

	// Last, because the venue numbers further meters from here on.
	it("behavior: meters of the highest numbers there are", async () => {
		const { windowId, calls } = venue();
		const [seller, buyer] = [0xffff_fffe, 0xffff_ffff].map((meterId, i) => ({
			...wallet(`owner of meter ${meterId}`),
			meterId,
			zoneId: 2,
			source: i === 0 ? ("rooftopSolar" as const) : ("none" as const),
		})) as [Trader, Trader];
		const grants = [seller, buyer].map(({ address }) => ({ account: address, tier: 1, validUntil: 4_000_000_000 }));
		await venue().send(calls.licenseParticipants(grants), REGISTRARS.ERC);
		for (const trader of [seller, buyer]) {
			await venue().registerMeter(trader, trader.meterId, trader);
			await venue().fund(trader.address, 1000n);
		}
		const sell = venue().order(seller, { side: "sell", windowId });
		const buy = venue().order(buyer, { side: "buy", windowId });
		const plan = venue().plan(windowId, [sell, buy], [venue().trade(sell, buy)]);
		await venue().commit(plan);
		const { trades } = await venue().settlePlan(plan, [{ ...seller, exportedWh: 10_000 }]);
		const meters = { sellMeterId: seller.meterId, buyMeterId: buyer.meterId };
		expect(trades[0]).to.include({ code: 0, deliveredWh: 1000, ...meters });
	});

	async function relicense(trader: Trader, tier: number): Promise<void> {
		const grant = { account: trader.address, tier, validUntil: 4_000_000_000 };
		await venue().send(venue().calls.licenseParticipants([grant]), REGISTRARS.ERC);
	}
});
