import type { WindowId } from "../../../offchain/domain/units/window.ts";
import { SHORTFALL_MARGIN, type TestEngine, type TestVenue, type Trader } from "../TestVenue.ts";

/** Rules and charges of a venue, then crossing orders in the window: everybody sells 3 kWh or buys 2. */
export async function tradeWindow(
	venue: TestVenue,
	engine: TestEngine["engine"],
	windowId: WindowId,
	sellers: Trader[],
	buyers: Trader[],
): Promise<void> {
	await engine.submit({
		type: "SetMarketRules",
		fromWindow: windowId,
		floorSatPerKwh: 10,
		ceilingSatPerKwh: 2000,
		tickSatPerKwh: 1,
		shortfallMarginSatPerKwh: SHORTFALL_MARGIN,
	});
	const charges = { lossSatPerKwh: 0, wheelingSatPerKwh: 0, congestionSatPerKwh: 0, platformSatPerKwh: 2 };
	await engine.submit({
		type: "SetZoneCharges",
		charges: Array.from({ length: 16 }, () => Array.from({ length: 16 }, () => charges)),
	});
	for (const [index, seller] of sellers.entries()) {
		const order = await venue.order(seller, { side: "sell", windowId, priceSatPerKwh: 100 + index, energyWh: 3000 });
		await engine.submit(order);
	}
	for (const [index, buyer] of buyers.entries()) {
		const order = await venue.order(buyer, { side: "buy", windowId, priceSatPerKwh: 180 + index, energyWh: 2000 });
		await engine.submit(order);
	}
}
