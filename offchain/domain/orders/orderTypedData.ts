import type { Address } from "../units/Address.ts";
import { ORDER_CLASSES, type Order, SELF_TRADE_MODES, SIDES, TIMES_IN_FORCE } from "./Order.ts";

/** EIP-712 domain of orders: the settlement contract on its chain, so that no signature is replayed elsewhere. */
export type OrderDomain = { name: "GridTokenX"; version: "1"; chainId: number; verifyingContract: Address };

export function orderDomain(chainId: number, settlement: Address): OrderDomain {
	return { name: "GridTokenX", version: "1", chainId, verifyingContract: settlement };
}

export const ORDER_TYPES = {
	Order: [
		{ name: "trader", type: "address" },
		{ name: "meterId", type: "uint32" },
		{ name: "windowId", type: "uint32" },
		{ name: "side", type: "uint8" },
		{ name: "orderClass", type: "uint8" },
		{ name: "timeInForce", type: "uint8" },
		{ name: "flags", type: "uint8" },
		{ name: "priceSatPerKwh", type: "uint16" },
		{ name: "energyWh", type: "uint32" },
		{ name: "sequence", type: "uint32" },
		{ name: "epoch", type: "uint32" },
		{ name: "validUntil", type: "uint40" },
		{ name: "directiveId", type: "uint32" },
	],
} as const;

/** `flags`: bit 0 post-only, bits 1–2 self-trade mode. The other bits are zero. */
export function orderFlags(order: Order): number {
	return (order.postOnly ? 1 : 0) | (SELF_TRADE_MODES.indexOf(order.selfTradeMode) << 1);
}

/** The message as signed: enumerations as their numbers, small integers as numbers. */
export function orderMessage(order: Order) {
	return {
		trader: order.trader,
		meterId: order.meterId,
		windowId: order.windowId,
		side: SIDES.indexOf(order.side),
		orderClass: ORDER_CLASSES.indexOf(order.orderClass),
		timeInForce: TIMES_IN_FORCE.indexOf(order.timeInForce),
		flags: orderFlags(order),
		priceSatPerKwh: order.priceSatPerKwh as number,
		energyWh: order.energyWh as number,
		sequence: order.sequence,
		epoch: order.epoch,
		validUntil: order.validUntil,
		directiveId: order.directiveId,
	};
}
