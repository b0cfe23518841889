import { expect } from "chai";
import { SETTLEMENT_CODES, type SettlementCodeName } from "../../../offchain/domain/settlement/settlementCode.ts";
import type { Trade } from "../../../offchain/domain/settlement/Trade.ts";
import { energyWh, priceSatPerKwh } from "../../../offchain/domain/units/units.ts";
import { band, directive } from "../fixtures/directive.ts";
import { pair, useVenue } from "../fixtures/useVenue.ts";
import type { Trader } from "../fixtures/Venue.ts";

/** What an authority ordered for the window binds settlement, whatever the operator committed to. */
describe("A2 A3 settleChunk: directives", () => {
	// The seller is in zone 2 and the buyer in zone 1.
	const venue = useVenue(pair);

	async function settle(trades: Partial<Trade>[], maxTradesPerChunk = 400, sellers: Trader[] = [venue().seller]) {
		const { buyer, windowId } = venue();
		const energy = energyWh(10_000);
		const sells = sellers.map((from) => venue().order(from, { side: "sell", windowId, energyWh: energy }));
		const buy = venue().order(buyer, { side: "buy", windowId, energyWh: energy });
		const made = trades.map((fields, i) => venue().trade(sells[i % sells.length] as (typeof sells)[0], buy, fields));
		const plan = venue().plan(windowId, [...sells, buy], made, maxTradesPerChunk);
		await venue().commit(plan);
		const readings = sellers.map((seller) => ({ ...seller, exportedWh: 100_000 }));
		return (await venue().settlePlan(plan, readings)).trades;
	}

	async function order(
		authority: "EGAT" | "MEA" | "PEA" | "ERC",
		kind: "HALT" | "CAP" | "PRICE_BAND",
		zoneId: number,
		value = 0,
		windowId = venue().windowId,
	) {
		await venue().bySafe(authority, venue().calls.setDirective(directive(authority, kind, zoneId, windowId, value)));
	}

	const wh = (energy: number, loss = 0) => ({ energyWh: energyWh(energy), lossWh: energyWh(loss) });
	const prices = (seller: number, buyer: number) => ({
		sellerPriceSatPerKwh: priceSatPerKwh(seller),
		buyerPriceSatPerKwh: priceSatPerKwh(buyer),
	});
	const named = (codes: { code: number }[], ...names: SettlementCodeName[]) =>
		expect(codes.map(({ code }) => code)).to.deep.equal(names.map((name) => SETTLEMENT_CODES[name]));

	it("error: the seller's zone is halted", async () => {
		await order("EGAT", "HALT", 2);
		named(await settle([{}]), "ZONE_HALTED");
	});

	it("error: the buyer's zone is halted", async () => {
		await order("MEA", "HALT", 1);
		named(await settle([{}]), "ZONE_HALTED");
	});

	it("behavior: a halt of another zone or window stops nothing", async () => {
		await order("EGAT", "HALT", 3);
		await order("MEA", "HALT", 1, 0, venue().windowId + 1);
		named(await settle([{}]), "SETTLED");
	});

	it("error: outside a band ordered for either zone", async () => {
		await order("ERC", "PRICE_BAND", 2, band(105, 400));
		await order("ERC", "PRICE_BAND", 1, band(20, 118));
		const trades = [prices(104, 116), prices(105, 119), prices(105, 118)].map((terms) => ({ ...terms, ...wh(10) }));
		named(await settle(trades), "PRICE_BAND", "PRICE_BAND", "SETTLED");
	});

	it("error: a band nobody can meet stops its zone", async () => {
		await order("ERC", "PRICE_BAND", 2, band(110, 300));
		await order("ERC", "PRICE_BAND", 0, band(20, 109));
		named(await settle([prices(110, 110)]), "ZONE_HALTED");
	});

	it("error: beyond the cap of the seller's zone; what it takes away is not short", async () => {
		await order("PEA", "CAP", 2, 1500);
		const trades = await settle([wh(1000, 20), wh(1000, 21), wh(1, 0)]);
		named(trades, "SETTLED", "SETTLED", "DIRECTIVE_CAP");
		// Losses go with the energy, rounded up.
		expect(trades.map(({ deliveredWh, injectedWh, shortWh }) => [deliveredWh, injectedWh, shortWh])).to.deep.equal([
			[1000, 1020, 0],
			[500, 511, 0],
			[0, 0, 0],
		]);
	});

	it("error: beyond the cap of the buyer's zone, counted over all chunks of the window", async () => {
		await order("EGAT", "CAP", 1, 1500);
		const other = await venue().trader("other seller", { zoneId: 3 });
		const trades = await settle([wh(1000), wh(1000)], 1, [venue().seller, other]);
		named(trades, "SETTLED", "SETTLED");
		expect(trades.map(({ deliveredWh }) => deliveredWh)).to.deep.equal([1000, 500]);
		const { windowId } = venue();
		expect(await venue().read("WindowSettlement", "cappedUse", [windowId, 1])).to.equal(1500n);
		expect(await venue().read("WindowSettlement", "cappedUse", [windowId, 2])).to.equal(0n);
	});

	it("behavior: an order keeps as filled what a cap took away, so that it is not sold again", async () => {
		await order("PEA", "CAP", 2, 100);
		named(await settle([wh(9000), wh(1001)]), "SETTLED", "SELL_OVERFILLED");
	});
});
