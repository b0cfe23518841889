import { z } from "zod";
import type { SignedGridEmergency } from "../../../application/ports/GridEmergencies.ts";
import { CURTAILMENT_STAGES } from "../../../domain/grid/emergency/leastShed.ts";
import { ZONE_COUNT } from "../../../domain/grid/zones.ts";
import { queryWindowId, safeInt, safeUint, uint32, windowId, zoneId } from "./primitives.ts";
import { signature64 } from "./telemetryMessages.ts";

const MAX_OUTAGES = 100;
const lineName = z.string().min(1).max(100);

export const emergencyRequest = z
	.strictObject({
		sourceId: z.string().min(1).max(100),
		command: z.strictObject({
			windowId,
			directiveId: uint32.describe("The executed directive that orders it"),
			outages: z.array(lineName).max(MAX_OUTAGES).describe("Lines out of service beside those telemetry reports"),
		}),
		signature: signature64,
	})
	.transform((message): SignedGridEmergency => message)
	.meta({ id: "SignedGridEmergency", description: "A control room's order, signed with its Ed25519 key." });

const curtailment = z
	.strictObject({
		windowId,
		tradeId: z.string(),
		zoneId,
		tradedWh: safeUint,
		curtailedWh: safeUint,
		cause: z.string(),
		directiveId: uint32,
		orderedAtMillis: safeUint,
	})
	.meta({ id: "Curtailment" });

const kilowatts = Object.fromEntries(CURTAILMENT_STAGES.map((stage) => [stage, safeUint])) as Record<
	(typeof CURTAILMENT_STAGES)[number],
	typeof safeUint
>;

export const emergencyReply = z
	.strictObject({
		windowId,
		isFresh: z.boolean().describe("Whether it was planned on fresh telemetry"),
		outages: z.array(z.string()),
		islands: z.array(z.strictObject({ zones: z.array(z.string()), isDark: z.boolean() })),
		curtailedKilowatts: z.strictObject(kilowatts).describe("By stage, over all islands"),
		droppedPartsPerMillion: z
			.array(safeUint)
			.length(ZONE_COUNT)
			.describe("Share of demand dropped, by zone id less one"),
		curtailments: z.array(curtailment),
		aboveNormal: z.array(z.strictObject({ name: z.string(), flowWh: safeInt, normalWh: safeInt })),
		proposedCaps: z
			.array(z.strictObject({ zoneId, capWh: safeUint }))
			.describe("CAP directives for the authority's desk"),
	})
	.meta({ id: "GridEmergencyPlan" });

export const curtailmentQuery = z.strictObject({ windowId: queryWindowId });
export const curtailmentList = z.strictObject({ curtailments: z.array(curtailment) }).meta({ id: "CurtailmentList" });
