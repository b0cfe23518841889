import type { TelemetryScan, VoltageReading, ZoneReading } from "./TelemetryScan.ts";

/**
 * The grid as its control rooms last reported it (the brief's `GridStatus`: frequency, voltages, power flow, congestion
 * points, renewable generation, demand forecast). Where the report is older than it may be `isFresh` is false: the values
 * are the last known ones, to be shown with their age but relied on by nothing (SPEC X6).
 */
export type GridConditions = {
	/** Control rooms the conditions come from, freshest first. */
	sources: { sourceId: string; measuredAtMillis: number; ageSeconds: number; isFresh: boolean }[];
	isFresh: boolean;
	/** Of the latest measurement, unix milliseconds and seconds. */
	measuredAtMillis: number;
	ageSeconds: number;
	frequencyMillihertz: number;
	zones: ZoneConditions[];
	voltages: VoltageReading[];
	flows: LineLoading[];
	/** Lines at 90 % of their limit or above, heaviest first. */
	congestionPoints: LineLoading[];
	outages: string[];
};

export type ZoneConditions = ZoneReading & {
	isFresh: boolean;
	/** Renewable part of the zone's generation. */
	renewableSharePartsPerMillion: number;
	/** Expected demand over what the zone's plants could generate; above a million it must import. */
	demandToSupplyPartsPerMillion: number;
};

export type LineLoading = {
	name: string;
	flowKilowatts: number;
	limitKilowatts: number;
	loadingPartsPerMillion: number;
};

const PPM = 1_000_000;
const CONGESTED_PPM = 900_000;

/** Joins the last scan of each source; null without any. Where two report the same, the freshest counts. */
export function gridConditions(
	scans: readonly TelemetryScan[],
	nowMillis: number,
	staleAfterSeconds: number,
): GridConditions | null {
	const byAge = [...scans].sort(
		(a, b) => b.measuredAtMillis - a.measuredAtMillis || (a.sourceId < b.sourceId ? -1 : 1),
	);
	const latest = byAge[0];
	if (latest === undefined) return null;
	const ageOf = (scan: TelemetryScan) => Math.max(0, Math.round((nowMillis - scan.measuredAtMillis) / 1000));
	const isFresh = (scan: TelemetryScan) => ageOf(scan) <= staleAfterSeconds;
	const flows = firstOf(
		byAge,
		(scan) => scan.flows,
		({ name }) => name,
	).map(({ value }) => ({
		...value,
		loadingPartsPerMillion:
			value.limitKilowatts > 0 ? Math.round((Math.abs(value.flowKilowatts) * PPM) / value.limitKilowatts) : 0,
	}));
	return {
		sources: byAge.map((scan) => ({
			sourceId: scan.sourceId,
			measuredAtMillis: scan.measuredAtMillis,
			ageSeconds: ageOf(scan),
			isFresh: isFresh(scan),
		})),
		isFresh: isFresh(latest),
		measuredAtMillis: latest.measuredAtMillis,
		ageSeconds: ageOf(latest),
		frequencyMillihertz: latest.frequencyMillihertz,
		zones: firstOf(
			byAge,
			(scan) => scan.zones,
			({ zoneId }) => zoneId,
		)
			.map(({ value, scan }) => zoneConditions(value, isFresh(scan)))
			.sort((a, b) => a.zoneId - b.zoneId),
		voltages: firstOf(
			byAge,
			(scan) => scan.voltages,
			({ busName }) => busName,
		).map(({ value }) => value),
		flows,
		congestionPoints: flows
			.filter(({ loadingPartsPerMillion }) => loadingPartsPerMillion >= CONGESTED_PPM)
			.sort((a, b) => b.loadingPartsPerMillion - a.loadingPartsPerMillion),
		outages: [...new Set(byAge.flatMap(({ outages }) => outages))].sort(),
	};
}

function zoneConditions(zone: ZoneReading, isFresh: boolean): ZoneConditions {
	const { solar, wind, hydro } = zone.renewableMw;
	const share = zone.generationMw > 0 ? Math.round(((solar + wind + hydro) * PPM) / zone.generationMw) : 0;
	return {
		...zone,
		isFresh,
		renewableSharePartsPerMillion: Math.min(PPM, share),
		demandToSupplyPartsPerMillion:
			zone.availableMw > 0 ? Math.round((zone.demandForecastMw * PPM) / zone.availableMw) : 4 * PPM,
	};
}

/** Every reading once, from the freshest scan that has it. */
function firstOf<Reading>(
	scans: readonly TelemetryScan[],
	readingsOf: (scan: TelemetryScan) => readonly Reading[],
	keyOf: (reading: Reading) => string | number,
): { value: Reading; scan: TelemetryScan }[] {
	const found = new Map<string | number, { value: Reading; scan: TelemetryScan }>();
	for (const scan of scans) {
		for (const value of readingsOf(scan)) {
			const key = keyOf(value);
			if (!found.has(key)) found.set(key, { value, scan });
		}
	}
	return [...found.values()];
}
