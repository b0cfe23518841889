import type { WindowId } from "../../domain/units/window.ts";

/** Prices of a network solution (SPEC G5), sat/kWh by zone (`[zoneId - 1]`). */
export type ZonePriceSet = {
	windowId: WindowId;
	/** Locational marginal price of the zone. */
	zonePriceSatPerKwh: number[];
	/** The price against the demand-weighted average: what congestion adds to (or takes off) the zone. */
	congestionSatPerKwh: number[];
	/** When it was solved, unix milliseconds of market time. */
	solvedAtMillis: number;
	congestionPoints: CongestionPoint[];
};

/** An element at its limit, with what one more MW of it would save. */
export type CongestionPoint = {
	name: string;
	flowMw: number;
	limitMw: number;
	/** sat per kWh of additional limit. */
	shadowPriceSatPerKwh: number;
};

/** The last network solution of each window. */
export interface ZonePrices {
	latest(windowId: WindowId): Promise<ZonePriceSet | null>;
}
