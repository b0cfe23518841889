import { z } from "zod";
import { ORDER_STATES } from "../../../application/ports/OrderRepository.ts";
import { ORDER_CLASSES, SELF_TRADE_MODES, SIDES, TIMES_IN_FORCE } from "../../../domain/orders/Order.ts";
import { REASON_CODES, type ReasonCode } from "../../../domain/orders/reasonCodes.ts";
import type { EnergyWh, PriceSatPerKwh } from "../../../domain/units/units.ts";
import { eventMessage } from "./eventMessage.ts";
import {
	address,
	energyWh,
	hash32,
	priceSatPerKwh,
	queryLimit,
	queryUnsigned,
	queryWindowId,
	safeUint,
	signature,
	uint32,
	uint40,
	windowId,
} from "./primitives.ts";

/** Orders and cancellations as they cross the wire. */
const REASONS = Object.keys(REASON_CODES) as [ReasonCode, ...ReasonCode[]];
export const reasonCode = z.enum(REASONS);

export const orderMessage = z
	.strictObject({
		trader: address,
		meterId: uint32,
		windowId,
		side: z.enum(SIDES),
		orderClass: z.enum(ORDER_CLASSES),
		timeInForce: z.enum(TIMES_IN_FORCE),
		postOnly: z.boolean(),
		selfTradeMode: z.enum(SELF_TRADE_MODES),
		priceSatPerKwh: priceSatPerKwh.transform((value) => value as PriceSatPerKwh),
		energyWh: energyWh.transform((value) => value as EnergyWh),
		sequence: uint32.describe("Client order id: unique per account and window"),
		epoch: uint32,
		validUntil: uint40.describe("Unix seconds; 0 unless good-till-time"),
		directiveId: uint32,
	})
	.meta({
		id: "Order",
		description: "What the trader signs: EIP-712 type Order under the settlement contract's domain.",
	});

export const placeOrderRequest = z
	.strictObject({ order: orderMessage, signature })
	.meta({ id: "PlaceEnergyOrder", description: "A signed order." });

/** Most orders of one batch. */
export const MAX_ORDERS_PER_BATCH = 500;
export const placeOrdersRequest = z
	.strictObject({ orders: z.array(placeOrderRequest).min(1).max(MAX_ORDERS_PER_BATCH) })
	.meta({ id: "PlaceEnergyOrders" });

export const orderReceipt = z
	.strictObject({
		status: z.literal("accepted"),
		orderHash: hash32,
		sequence: safeUint,
		state: z.enum(ORDER_STATES),
		filledWh: energyWh,
		openWh: energyWh,
		reason: reasonCode.nullable(),
		repeated: z.boolean(),
		events: z.array(eventMessage),
	})
	.meta({ id: "OrderReceipt", description: "An accepted order and what became of it at once." });

export const orderRefusal = z
	.strictObject({
		status: z.enum(["rejected", "busy", "unknown"]),
		orderHash: hash32,
		code: z.string(),
		detail: z.string(),
	})
	.meta({ id: "OrderRefusal", description: "Why one order of a batch was not accepted." });

export const placeOrdersReply = z
	.strictObject({ results: z.array(z.union([orderReceipt, orderRefusal])) })
	.meta({ id: "PlaceEnergyOrdersReply", description: "One result for each order, in order." });

export const cancelOrderRequest = z
	.strictObject({ account: address, signature })
	.meta({ id: "CancelOrder", description: "EIP-712 type CancelOrder, signed by the trader." });

export const cancelAllOrdersRequest = z
	.strictObject({ account: address, windowId, deadlineSeconds: uint40, signature })
	.meta({ id: "CancelAllOrders", description: "EIP-712 type CancelAllOrders; windowId 0 means every window." });

export const cancellationReply = z
	.strictObject({
		status: z.literal("cancelled"),
		orderHashes: z.array(hash32),
		repeated: z.boolean(),
		events: z.array(eventMessage),
	})
	.meta({ id: "Cancellation" });

export const orderRecord = z
	.strictObject({
		orderHash: hash32,
		order: orderMessage,
		signature,
		state: z.enum(ORDER_STATES),
		reason: reasonCode.nullable(),
		detail: z.string().nullable(),
		filledWh: energyWh,
		openWh: energyWh,
		placedSequence: safeUint,
		changedSequence: safeUint,
		placedAtMillis: safeUint,
	})
	.meta({ id: "OrderRecord" });

export const orderListQuery = z.strictObject({
	account: address.optional(),
	windowId: queryWindowId.optional(),
	side: z.enum(SIDES).optional(),
	states: z
		.string()
		.transform((value) => value.split(","))
		.pipe(z.array(z.enum(ORDER_STATES)).min(1))
		.optional()
		.describe("Comma-separated"),
	beforeSequence: queryUnsigned(Number.MAX_SAFE_INTEGER).optional(),
	limit: queryLimit,
});

export const orderList = z
	.strictObject({
		orders: z.array(orderRecord),
		nextBeforeSequence: safeUint.nullable().describe("Pass as beforeSequence for the next page; null at the end"),
	})
	.meta({ id: "OrderList" });

export const orderHistory = z
	.strictObject({
		order: orderRecord,
		history: z.array(
			z.strictObject({
				sequence: safeUint,
				eventIndex: safeUint,
				type: z.string(),
				reason: reasonCode.nullable(),
				energyWh: safeUint.nullable(),
				atMillis: safeUint,
			}),
		),
	})
	.meta({ id: "OrderHistory" });
