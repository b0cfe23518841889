import { z } from "zod";
import { address, safeUint, uint32, windowId, zoneId } from "./primitives.ts";

/** What a client has to know before its first order. */
export const venueConfig = z
	.strictObject({
		version: z.string(),
		chainId: safeUint,
		rpcUrl: z.string().nullable(),
		contracts: z.record(z.string(), address),
		safes: z.record(z.string(), address),
		orderDomain: z.strictObject({
			name: z.literal("GridTokenX"),
			version: z.literal("1"),
			chainId: safeUint,
			verifyingContract: address,
		}),
		zones: z.array(z.strictObject({ zoneId, code: z.string(), licensee: z.enum(["MEA", "PEA", "EGAT"]) })),
		energySources: z.array(z.string()),
		windowSeconds: uint32,
		marketTimeMillis: safeUint.describe("Market time now, ms since the Unix epoch"),
		currentWindowId: windowId,
		maxOrdersPerBatch: uint32,
		maxReadingsPerBatch: uint32,
		satoshiPerThb: uint32.describe("For display only"),
	})
	.meta({ id: "VenueConfig" });

export const healthReport = z
	.strictObject({
		status: z.enum(["ok", "degraded", "down"]),
		components: z.array(
			z.strictObject({ name: z.string(), status: z.enum(["ok", "degraded", "down"]), detail: z.string() }),
		),
	})
	.meta({ id: "Health" });
