import { z } from "zod";
import type { AttestedReadings } from "../../../application/ports/MeterReading.ts";
import { safeUint, signature, uint32, windowId } from "./primitives.ts";

/** Most readings of one batch. */
export const MAX_READINGS_PER_BATCH = 5000;

const reading = z.strictObject({
	windowId: windowId.optional().describe("As the batch's, if given"),
	meterId: uint32,
	exportedWh: uint32.describe("Energy injected into the network in the window, Wh"),
});

export const readingsRequest = z
	.strictObject({
		windowId,
		licensee: z.enum(["MEA", "PEA", "EGAT"]),
		readings: z.array(reading).min(1).max(MAX_READINGS_PER_BATCH).describe("Strictly ascending by meterId"),
		signature,
	})
	.superRefine((batch, context) => {
		for (const [index, { windowId: of, meterId }] of batch.readings.entries()) {
			if (of !== undefined && of !== batch.windowId) {
				context.addIssue({ code: "custom", message: "differs from the batch", path: ["readings", index, "windowId"] });
			}
			const previous = batch.readings[index - 1];
			if (previous !== undefined && meterId <= previous.meterId) {
				const message = "must be larger than the one before it";
				context.addIssue({ code: "custom", message, path: ["readings", index, "meterId"] });
			}
		}
	})
	.transform((batch): AttestedReadings => {
		const readings = batch.readings.map(({ meterId, exportedWh }) => ({
			windowId: batch.windowId,
			meterId,
			exportedWh,
		}));
		return { ...batch, readings };
	})
	.meta({
		id: "AttestedReadings",
		description: "Readings signed by a licensee's attester: EIP-712 type MeterReadings.",
	});

export const readingsReply = z
	.strictObject({ status: z.enum(["stored", "known"]), batchId: safeUint })
	.meta({ id: "ReadingsReceipt" });
