import type { TelemetryScan, ZoneReading } from "../../../../../offchain/domain/grid/telemetry/TelemetryScan.ts";
import type { TelemetryEnvelope } from "../../../../../offchain/domain/grid/telemetry/telemetryRefusal.ts";

export const NOW_MILLIS = 1_776_750_000_000;

export const ENVELOPE: TelemetryEnvelope = {
	maxDemandMw: new Array(16).fill(4_000),
	maxGenerationMw: new Array(16).fill(6_000),
	lineNames: new Set(["A–B", "B–C"]),
	staleAfterSeconds: 60,
};

export function testZone(change: Partial<ZoneReading> = {}): ZoneReading {
	return {
		zoneId: 1,
		demandMw: 2_000,
		demandForecastMw: 2_100,
		generationMw: 1_800,
		availableMw: 3_000,
		renewableMw: { solar: 200, wind: 10, hydro: 60 },
		tradedNetExportWh: -5,
		...change,
	};
}

export function testScan(change: Partial<TelemetryScan> = {}): TelemetryScan {
	return {
		sourceId: "EGAT",
		sequence: 7,
		measuredAtMillis: NOW_MILLIS,
		frequencyMillihertz: 50_010,
		zones: [testZone()],
		voltages: [{ busName: "MEA 230 kV", baseKilovolts: 230, voltagePartsPerMillion: 1_004_000 }],
		flows: [{ name: "A–B", flowKilowatts: -930_000, limitKilowatts: 1_000_000 }],
		outages: [],
		...change,
	};
}
