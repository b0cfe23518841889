import type { CongestionPoint } from "./ZonePrices.ts";

/**
 * The grid as the control rooms last reported it (the brief's `GridStatus`: frequency, voltages, power flow, congestion
 * points, renewable generation, demand forecast). Where a report is older than it may be, `isFresh` is false and the
 * values are the last known ones, to be shown but not to be relied on (SPEC X6).
 */
export type GridConditions = {
	sourceId: string;
	/** Market time of the measurement, unix milliseconds. */
	measuredAtMillis: number;
	ageSeconds: number;
	isFresh: boolean;
	frequencyMillihertz: number;
	zones: ZoneConditions[];
	voltages: { busName: string; baseKilovolts: number; voltagePartsPerMillion: number }[];
	flows: { name: string; flowKilowatts: number; limitKilowatts: number }[];
	congestionPoints: CongestionPoint[];
};

export type ZoneConditions = {
	zoneId: number;
	demandMw: number;
	/** Expected demand one hour after the measurement. */
	demandForecastMw: number;
	generationMw: number;
	renewableMw: { solar: number; wind: number; hydro: number };
	/** Renewable part of the generation in the zone. */
	renewableSharePartsPerMillion: number;
	/** Expected demand over what generation and imports can supply. */
	demandToSupplyPartsPerMillion: number;
};

export interface GridConditionsSource {
	/** Null before the first report. */
	current(): GridConditions | null;
}
