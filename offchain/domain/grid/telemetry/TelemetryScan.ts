import type { ZoneId } from "../zones.ts";

/**
 * One scan of a control room, integers only: what it measured at one instant. Zones, buses and lines it does not
 * supervise are left out. `sequence` and `measuredAtMillis` rise from scan to scan of one source.
 */
export type TelemetryScan = {
	/** Registered name of the control room, e.g. "EGAT". */
	sourceId: string;
	sequence: number;
	/** Market time of the measurement, unix milliseconds. */
	measuredAtMillis: number;
	frequencyMillihertz: number;
	zones: ZoneReading[];
	voltages: VoltageReading[];
	flows: FlowReading[];
	/** Transmission lines out of service, by the network model's name. */
	outages: string[];
};

export type ZoneReading = {
	zoneId: ZoneId;
	demandMw: number;
	/** Expected demand one hour after the measurement. */
	demandForecastMw: number;
	/** All generation in the zone, renewable included. */
	generationMw: number;
	/** What the zone's plants could generate now, renewable at its present weather. */
	availableMw: number;
	renewableMw: { solar: number; wind: number; hydro: number };
	/** Net export by trades of the running window, Wh; negative is import. */
	tradedNetExportWh: number;
};

export type VoltageReading = { busName: string; baseKilovolts: number; voltagePartsPerMillion: number };

/** Positive from the first to the second end of the line's name. */
export type FlowReading = { name: string; flowKilowatts: number; limitKilowatts: number };

const SIGNED_HEADER = "GridTokenX telemetry 1\n";

/**
 * The text a control room signs: a header, so that its signature means nothing elsewhere, and every value in a fixed
 * order. Two scans have the same text only when they say the same.
 */
export function telemetryText(scan: TelemetryScan): string {
	return (
		SIGNED_HEADER +
		JSON.stringify([
			scan.sourceId,
			scan.sequence,
			scan.measuredAtMillis,
			scan.frequencyMillihertz,
			scan.zones.map((zone) => [
				zone.zoneId,
				zone.demandMw,
				zone.demandForecastMw,
				zone.generationMw,
				zone.availableMw,
				zone.renewableMw.solar,
				zone.renewableMw.wind,
				zone.renewableMw.hydro,
				zone.tradedNetExportWh,
			]),
			scan.voltages.map(({ busName, baseKilovolts, voltagePartsPerMillion }) => [
				busName,
				baseKilovolts,
				voltagePartsPerMillion,
			]),
			scan.flows.map(({ name, flowKilowatts, limitKilowatts }) => [name, flowKilowatts, limitKilowatts]),
			scan.outages,
		])
	);
}
