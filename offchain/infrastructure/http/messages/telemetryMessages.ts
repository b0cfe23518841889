import { z } from "zod";
import type { SignedTelemetry } from "../../../application/ports/GridSystemAdapter.ts";
import { safeInt, safeUint, zoneId } from "./primitives.ts";

/** What control rooms send and what everybody may see of it. */
const MAX_ZONES = 16;
const MAX_BUSES = 5_000;
const MAX_LINES = 10_000;
const MAX_NAME_LENGTH = 100;

const elementName = z.string().min(1).max(MAX_NAME_LENGTH);
export const signature64 = z
	.string()
	.regex(/^0x[0-9a-fA-F]{128}$/, "expected 0x and 128 hex digits")
	.overwrite((value) => value.toLowerCase())
	.transform((value) => value as `0x${string}`);

const zoneReading = z
	.strictObject({
		zoneId,
		demandMw: safeInt,
		demandForecastMw: safeInt.describe("Expected one hour after the measurement"),
		generationMw: safeInt,
		availableMw: safeInt.describe("What the zone's plants could generate now"),
		renewableMw: z.strictObject({ solar: safeInt, wind: safeInt, hydro: safeInt }),
		tradedNetExportWh: safeInt,
	})
	.meta({ id: "ZoneReading" });

const voltageReading = z
	.strictObject({ busName: elementName, baseKilovolts: safeUint, voltagePartsPerMillion: safeInt })
	.meta({ id: "VoltageReading" });

const telemetryScan = z
	.strictObject({
		sourceId: elementName.describe("Registered name of the control room"),
		sequence: safeUint.describe("Rises from scan to scan"),
		measuredAtMillis: safeUint.describe("Market time, unix milliseconds"),
		frequencyMillihertz: safeInt,
		zones: z.array(zoneReading).max(MAX_ZONES),
		voltages: z.array(voltageReading).max(MAX_BUSES),
		flows: z
			.array(z.strictObject({ name: elementName, flowKilowatts: safeInt, limitKilowatts: safeUint }))
			.max(MAX_LINES),
		outages: z.array(elementName).max(MAX_LINES).describe("Lines out of service"),
	})
	.meta({ id: "TelemetryScan" });

export const telemetryRequest = z
	.strictObject({ scan: telemetryScan, signature: signature64 })
	.transform((message): SignedTelemetry => message)
	.meta({
		id: "SignedTelemetry",
		description: "A scan with its source's Ed25519 signature over the scan's text (docs: telemetry).",
	});

export const telemetryReply = z
	.strictObject({ status: z.enum(["accepted", "known"]) })
	.meta({ id: "TelemetryReceipt" });

const lineLoading = z
	.strictObject({
		name: z.string(),
		flowKilowatts: safeInt,
		limitKilowatts: safeUint,
		loadingPartsPerMillion: safeUint,
	})
	.meta({ id: "LineLoading" });

export const gridConditions = z
	.strictObject({
		sources: z.array(
			z.strictObject({
				sourceId: z.string(),
				measuredAtMillis: safeUint,
				ageSeconds: safeUint,
				isFresh: z.boolean(),
			}),
		),
		isFresh: z.boolean().describe("False: the values are the last known ones and rely on nothing newer"),
		measuredAtMillis: safeUint,
		ageSeconds: safeUint,
		frequencyMillihertz: safeInt,
		zones: z.array(
			z
				.strictObject({
					...zoneReading.shape,
					isFresh: z.boolean(),
					renewableSharePartsPerMillion: safeUint,
					demandToSupplyPartsPerMillion: safeUint,
				})
				.meta({ id: "ZoneConditions" }),
		),
		voltages: z.array(voltageReading),
		flows: z.array(lineLoading),
		congestionPoints: z.array(lineLoading).describe("Lines at 90 % of their limit or above, heaviest first"),
		outages: z.array(z.string()),
	})
	.meta({ id: "GridConditions", description: "The grid as its control rooms last reported it." });
