import type { WindowId } from "../../domain/units/window.ts";

/** The regulator's price rules as they hold for one zone and window, sat/kWh. */
export type PriceBand = { floorSatPerKwh: number; ceilingSatPerKwh: number; shortfallSatPerKwh: number };

export interface PriceBands {
	band(windowId: WindowId, zoneId: number): Promise<PriceBand>;
}
