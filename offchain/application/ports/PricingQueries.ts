import type { WindowId } from "../../domain/units/window.ts";

/** Reference price of a zone and window with every factor that made it (SPEC P1); factors in parts per million. */
export type PricingData = {
	windowId: WindowId;
	zoneId: number;
	referenceSatPerKwh: number;
	floorSatPerKwh: number;
	ceilingSatPerKwh: number;
	factors: { name: string; partsPerMillion: number; reason: string }[];
};

export interface PricingQueries {
	pricing(windowId: WindowId, zoneId: number): Promise<PricingData>;
}
