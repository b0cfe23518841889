import { z } from "zod";
import { PAYOUT_KINDS } from "../../../domain/payouts/Payout.ts";
import {
	address,
	amountMsat,
	hash32,
	queryLimit,
	queryWindowId,
	safeUint,
	uint32,
	windowId,
	zoneId,
} from "./primitives.ts";

/** Accounts and what they hold. */
export const accountView = z
	.strictObject({
		account: address,
		availableMsat: amountMsat,
		reservedMsat: amountMsat,
		epoch: uint32,
		tier: uint32,
		licensedUntil: safeUint,
		exitFromWindow: windowId,
		meters: z.array(
			z
				.strictObject({
					meterId: uint32,
					zoneId,
					source: z.string(),
					maxWindowWh: safeUint,
					nodeId: uint32,
					isActive: z.boolean(),
				})
				.meta({ id: "Meter" }),
		),
	})
	.meta({ id: "Account" });

export const payoutQuery = z.strictObject({ limit: queryLimit });

export const payoutStatement = z
	.strictObject({
		account: address,
		earnedMsat: amountMsat,
		paidSat: safeUint.describe("Paid into the vault, payments under way included"),
		owedMsat: amountMsat,
		payouts: z.array(
			z
				.strictObject({ kind: z.enum(PAYOUT_KINDS), windowId, reference: z.string(), amountMsat })
				.meta({ id: "Payout" }),
		),
		payments: z.array(
			z
				.strictObject({
					paymentId: safeUint,
					amountSat: safeUint,
					state: z.enum(["sending", "paid", "refused"]),
					transactionHash: hash32.nullable(),
					detail: z.string().nullable(),
				})
				.meta({ id: "PayoutPayment" }),
		),
	})
	.meta({
		id: "PayoutStatement",
		description: "What an account earned outside of trades, and what it was paid of it.",
	});

export const certificateListQuery = z.strictObject({
	account: address.optional(),
	windowId: queryWindowId.optional(),
	limit: queryLimit,
});

export const certificateList = z
	.strictObject({
		certificates: z.array(
			z
				.strictObject({
					tokenId: z.string().describe("Decimal, 256 bits"),
					account: address,
					windowId,
					meterId: uint32,
					zoneId,
					source: z.string(),
					heldWh: safeUint,
					claimedWh: safeUint,
					issuedTransactionHash: hash32,
				})
				.meta({ id: "Certificate" }),
		),
	})
	.meta({ id: "CertificateList", description: "One unit is one Wh of one device in one window." });
