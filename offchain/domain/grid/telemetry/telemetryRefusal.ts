import { ZONE_COUNT } from "../zones.ts";
import type { TelemetryScan, ZoneReading } from "./TelemetryScan.ts";

/** Why a scan was refused. Stable. */
export const TELEMETRY_CODES = {
	TELEMETRY_SOURCE_UNKNOWN: "no such telemetry source",
	TELEMETRY_SIGNATURE_INVALID: "the scan is not signed by the source's key",
	TELEMETRY_NOT_A_NUMBER: "a value is no whole number",
	TELEMETRY_UNKNOWN_ELEMENT: "the scan names a zone or element the network does not have, or one twice",
	TELEMETRY_CLOCK_BACKWARDS: "the scan is not newer than the source's last one",
	TELEMETRY_FROM_FUTURE: "the scan claims a time that has not come",
	TELEMETRY_STALE: "the scan arrived too late to be used",
	TELEMETRY_IMPLAUSIBLE: "a value lies outside what is physically plausible",
} as const;
export type TelemetryCode = keyof typeof TELEMETRY_CODES;
export type TelemetryRefusal = { code: TelemetryCode; detail: string };

/** What a reading may be at most, from the network model. Absolute, not a rate: a real blackout must get through. */
export type TelemetryEnvelope = {
	/** `[zoneId - 1]`, MW. */
	maxDemandMw: readonly number[];
	maxGenerationMw: readonly number[];
	/** Names of lines a scan may mention. */
	lineNames: ReadonlySet<string>;
	/** A scan older than this on arrival is of no use, seconds. */
	staleAfterSeconds: number;
};

/** Clocks of control room and exchange may differ by this much. */
const MOST_AHEAD_MILLIS = 5_000;
/** Beyond these the interconnection has long been apart (distribution trips at 47 and 52 Hz). */
const FREQUENCY_RANGE_MILLIHERTZ = [45_000, 55_000] as const;
const MOST_VOLTAGE_PPM = 1_500_000;
/** A line carrying three times its rating has tripped. */
const MOST_LOADING = 3;

/** The first thing that keeps a scan from being used, or null. `previous` is the source's last accepted scan. */
export function telemetryRefusal(
	scan: TelemetryScan,
	previous: Pick<TelemetryScan, "sequence" | "measuredAtMillis"> | null,
	envelope: TelemetryEnvelope,
	nowMillis: number,
): TelemetryRefusal | null {
	return (
		notWhole(scan) ??
		outOfTime(scan, previous, envelope, nowMillis) ??
		unknown(scan, envelope) ??
		absurd(scan, envelope)
	);
}

function notWhole(scan: TelemetryScan): TelemetryRefusal | null {
	const named: [string, number][] = [
		["sequence", scan.sequence],
		["measuredAtMillis", scan.measuredAtMillis],
		["frequencyMillihertz", scan.frequencyMillihertz],
		...scan.zones.flatMap((zone) => zoneValues(zone)),
		...scan.voltages.flatMap(({ busName, baseKilovolts, voltagePartsPerMillion }): [string, number][] => [
			[`base voltage of ${busName}`, baseKilovolts],
			[`voltage of ${busName}`, voltagePartsPerMillion],
		]),
		...scan.flows.flatMap(({ name, flowKilowatts, limitKilowatts }): [string, number][] => [
			[`flow of ${name}`, flowKilowatts],
			[`limit of ${name}`, limitKilowatts],
		]),
	];
	const wrong = named.find(([, value]) => !Number.isSafeInteger(value));
	return wrong === undefined ? null : { code: "TELEMETRY_NOT_A_NUMBER", detail: `${wrong[0]} is ${wrong[1]}` };
}

function zoneValues(zone: ZoneReading): [string, number][] {
	const at = `zone ${zone.zoneId}`;
	return [
		[`zone id`, zone.zoneId],
		[`demand of ${at}`, zone.demandMw],
		[`demand forecast of ${at}`, zone.demandForecastMw],
		[`generation of ${at}`, zone.generationMw],
		[`available generation of ${at}`, zone.availableMw],
		[`solar of ${at}`, zone.renewableMw.solar],
		[`wind of ${at}`, zone.renewableMw.wind],
		[`hydro of ${at}`, zone.renewableMw.hydro],
		[`traded net export of ${at}`, zone.tradedNetExportWh],
	];
}

function outOfTime(
	{ sequence, measuredAtMillis }: TelemetryScan,
	previous: Pick<TelemetryScan, "sequence" | "measuredAtMillis"> | null,
	{ staleAfterSeconds }: TelemetryEnvelope,
	nowMillis: number,
): TelemetryRefusal | null {
	if (previous !== null && (measuredAtMillis <= previous.measuredAtMillis || sequence <= previous.sequence)) {
		const detail = `scan ${sequence} of ${measuredAtMillis} after scan ${previous.sequence} of ${previous.measuredAtMillis}`;
		return { code: "TELEMETRY_CLOCK_BACKWARDS", detail };
	}
	const aheadMillis = measuredAtMillis - nowMillis;
	if (aheadMillis > MOST_AHEAD_MILLIS) {
		return { code: "TELEMETRY_FROM_FUTURE", detail: `${aheadMillis} ms ahead of ${nowMillis}` };
	}
	if (-aheadMillis > staleAfterSeconds * 1000) {
		return { code: "TELEMETRY_STALE", detail: `measured ${Math.round(-aheadMillis / 1000)} s ago` };
	}
	return null;
}

function unknown({ zones, flows, outages }: TelemetryScan, { lineNames }: TelemetryEnvelope): TelemetryRefusal | null {
	const code = "TELEMETRY_UNKNOWN_ELEMENT";
	const seen = new Set<number>();
	for (const { zoneId } of zones) {
		if (zoneId < 1 || zoneId > ZONE_COUNT) return { code, detail: `unknown zone ${zoneId}` };
		if (seen.has(zoneId)) return { code, detail: `zone ${zoneId} appears twice` };
		seen.add(zoneId);
	}
	const names = new Set<string>();
	for (const { name } of flows) {
		if (!lineNames.has(name)) return { code, detail: `unknown line ${name}` };
		if (names.has(name)) return { code, detail: `line ${name} appears twice` };
		names.add(name);
	}
	const outage = outages.find((name) => !lineNames.has(name));
	return outage === undefined ? null : { code, detail: `unknown line ${outage}` };
}

function absurd(scan: TelemetryScan, envelope: TelemetryEnvelope): TelemetryRefusal | null {
	const implausible = (what: string, value: number, least: number, most: number): TelemetryRefusal | null =>
		value >= least && value <= most
			? null
			: { code: "TELEMETRY_IMPLAUSIBLE", detail: `${what} is ${value}, plausible is ${least} to ${most}` };
	const [slowest, fastest] = FREQUENCY_RANGE_MILLIHERTZ;
	const frequency = implausible("frequencyMillihertz", scan.frequencyMillihertz, slowest, fastest);
	if (frequency !== null) return frequency;
	for (const zone of scan.zones) {
		const at = zone.zoneId - 1;
		const mostDemand = envelope.maxDemandMw[at] as number;
		const mostGeneration = envelope.maxGenerationMw[at] as number;
		const { solar, wind, hydro } = zone.renewableMw;
		const found =
			implausible(`demandMw of zone ${zone.zoneId}`, zone.demandMw, 0, mostDemand) ??
			implausible(`demandForecastMw of zone ${zone.zoneId}`, zone.demandForecastMw, 0, mostDemand) ??
			implausible(`generationMw of zone ${zone.zoneId}`, zone.generationMw, 0, mostGeneration) ??
			implausible(`availableMw of zone ${zone.zoneId}`, zone.availableMw, 0, mostGeneration) ??
			implausible(`solar of zone ${zone.zoneId}`, solar, 0, mostGeneration) ??
			implausible(`wind of zone ${zone.zoneId}`, wind, 0, mostGeneration) ??
			implausible(`hydro of zone ${zone.zoneId}`, hydro, 0, mostGeneration);
		if (found !== null) return found;
	}
	for (const { busName, voltagePartsPerMillion } of scan.voltages) {
		const found = implausible(`voltage of ${busName}`, voltagePartsPerMillion, 0, MOST_VOLTAGE_PPM);
		if (found !== null) return found;
	}
	for (const { name, flowKilowatts, limitKilowatts } of scan.flows) {
		const most = MOST_LOADING * limitKilowatts;
		const found = implausible(`flow of ${name}`, flowKilowatts, -most, most);
		if (found !== null) return found;
	}
	return null;
}
