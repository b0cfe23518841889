import type { PriceFactor } from "../../domain/pricing/PriceInputs.ts";
import type { PriceImpact } from "../../domain/pricing/priceImpact.ts";
import type { WindowId } from "../../domain/units/window.ts";

/** Reference price of a zone and window with every factor that made it (SPEC P1); factors in parts per million. */
export type PricingData = {
	windowId: WindowId;
	zoneId: number;
	referenceSatPerKwh: number;
	floorSatPerKwh: number;
	ceilingSatPerKwh: number;
	factors: PriceFactor[];
	/** What the factors multiply. */
	anchorSatPerKwh: number;
	/** The time-of-use tariff's answer without a market. */
	benchmarkSatPerKwh: number;
	/** Volume-weighted price buyers of the zone paid in the window; null without trades. */
	vwapSatPerKwh: number | null;
	tradedWh: number;
	/** What one more kWh costs in the zone by the network's last solution (LMP); null without one. */
	zonePriceSatPerKwh: number | null;
	/** P4: what a seller owes per kWh not delivered, at least. */
	shortfallSatPerKwh: number;
	/** Taking a typical amount from each side of the book. */
	impact: { wantedWh: number; buy: PriceImpact; sell: PriceImpact; liquidityPartsPerMillion: number };
};

export interface PricingQueries {
	pricing(windowId: WindowId, zoneId: number): Promise<PricingData>;
}
