import { expect } from "chai";
import { energyWh } from "../../../offchain/domain/units/units.ts";
import { windowAt } from "../../../offchain/domain/units/window.ts";
import { eventsOf } from "../fixtures/eventsOf.ts";
import { expectRevert } from "../fixtures/expectRevert.ts";
import { pair, useVenue } from "../fixtures/useVenue.ts";
import { DEPLOYER, EPOCH_SECONDS, OPERATOR, REGISTRARS, SYSTEM_OPERATOR } from "../fixtures/Venue.ts";

const WINDOW = windowAt(EPOCH_SECONDS);

describe("P5 C6 MarketRules setShortfallPrices", () => {
	const venue = useVenue(pair);
	const prices = (zoneId: number, satPerKwh: number) =>
		Array.from({ length: 16 }, (_, i) => (i === zoneId - 1 ? satPerKwh : 0));
	const set = (windowId: number, byZone: number[], from = SYSTEM_OPERATOR) =>
		venue().send(venue().calls.setShortfallPrices(windowId, byZone), from);

	it("default: the system operator sets prices by zone; 0 keeps the rules' price", async () => {
		const receipt = await set(WINDOW + 1, prices(2, 700));
		const packed = 700n << 16n;
		const [, , stored] = await venue().read("MarketRules", "packedRulesAt", [WINDOW + 1]);
		expect(stored).to.equal(packed);
		expect(await venue().read("MarketRules", "shortfallPrices", [WINDOW + 1])).to.equal(packed);
		expect(await venue().read("MarketRules", "shortfallPrices", [WINDOW])).to.equal(0n);
		expect(eventsOf(receipt, "MarketRules")).to.deep.equal([
			{ name: "ShortfallPricesSet", args: { windowId: WINDOW + 1, pricesByZone: packed } },
		]);
	});

	it("behavior: a short seller compensates at that price", async () => {
		const { seller, buyer, windowId } = venue();
		await set(windowId, prices(2, 700));
		const sell = venue().order(seller, { side: "sell", windowId });
		const buy = venue().order(buyer, { side: "buy", windowId });
		const plan = venue().plan(windowId, [sell, buy], [venue().trade(sell, buy, { lossWh: energyWh(0) })]);
		await venue().commit(plan);
		const before = await venue().balanceMsat(seller.address);
		await venue().settlePlan(plan, [{ meterId: seller.meterId, exportedWh: 0, zoneId: 2 }]);
		// 1,000 Wh short at 700 − 110 sat/kWh.
		expect(await venue().balanceMsat(seller.address)).to.equal(before - 1000 * 590);
	});

	it("error: a window that has begun", async () => {
		await expectRevert(set(WINDOW, prices(2, 700)), "WindowStarted", WINDOW);
		await expectRevert(set(WINDOW - 1, prices(2, 700)), "WindowStarted", WINDOW - 1);
	});

	it("error: a window whose band the regulator may still narrow", async () => {
		const latest = Number(await venue().read("MarketRules", "earliestWindow")) - 1;
		await expectRevert(set(latest + 1, prices(2, 700)), "WindowTooFarAhead", latest + 1, latest);
		await set(latest, prices(2, 700));
	});

	it("error: outside the regulator's band, in any zone", async () => {
		for (const zoneId of [1, 2, 16]) {
			await expectRevert(set(WINDOW + 1, prices(zoneId, 49)), "ShortfallPriceOutOfBand", zoneId, 49);
			await expectRevert(set(WINDOW + 1, prices(zoneId, 1001)), "ShortfallPriceOutOfBand", zoneId, 1001);
			await set(WINDOW + 1, prices(zoneId, 50));
			await set(WINDOW + 1, prices(zoneId, 1000));
		}
	});

	it("error: anybody else, the authorities included", async () => {
		const attempt = venue().calls.setShortfallPrices(WINDOW + 1, prices(2, 700));
		for (const from of [OPERATOR, DEPLOYER, REGISTRARS.EGAT]) {
			await expectRevert(venue().send(attempt, from), "AccessManagedUnauthorized", from.address);
		}
		for (const name of ["EGAT", "MEA", "PEA", "ERC", "COUNCIL"] as const) {
			const safe = venue().deployment.safes[name];
			await expectRevert(venue().sendAs(safe, attempt), "AccessManagedUnauthorized", safe);
		}
	});
});
