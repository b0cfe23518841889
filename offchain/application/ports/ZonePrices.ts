import type { CongestionPoint } from "../../domain/grid/congestion/ZonalMarket.ts";
import type { WindowId } from "../../domain/units/window.ts";

/** Prices of the last network solution of a window (SPEC G5), whole sat/kWh by zone (`[zoneId - 1]`). */
export type ZonePriceSet = {
	windowId: WindowId;
	/** Worth of one more kWh in the zone (locational marginal price). */
	zonePriceSatPerKwh: number[];
	/** What congestion adds to the zone, or takes off it, against the average of the zones that trade. */
	congestionSatPerKwh: number[];
	/** Elements at their limit, largest shadow price first. */
	congestionPoints: CongestionPoint[];
	/** Market time of the solution, unix milliseconds. */
	solvedAtMillis: number;
};

export interface ZonePrices {
	/** Null before the window's first solution, or while nothing is wanted in it. */
	latest(windowId: WindowId): Promise<ZonePriceSet | null>;
}

/** Where the node that solves leaves its prices for all others. */
export interface ZonePriceStore extends ZonePrices {
	/** Takes the place of the window's earlier prices. */
	save(prices: ZonePriceSet): Promise<void>;
	/** Nothing is wanted in the window any more. */
	remove(windowId: WindowId): Promise<void>;
}
