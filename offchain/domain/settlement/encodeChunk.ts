import { ORDER_CLASSES, SELF_TRADE_MODES, SIDES, type SignedOrder, TIMES_IN_FORCE } from "../orders/Order.ts";
import type { Hex } from "../units/Address.ts";
import type { WindowId } from "../units/window.ts";
import type { PlannedAccount, PlannedTrade } from "./WindowPlan.ts";

/** Hex digits of a 64-byte ERC-2098 signature with its prefix. */
const COMPACT_SIGNATURE_LENGTH = 2 + 128;
const STORED_FILLS_BIT = 0x8000;
export const MAX_GROUP_ORDERS = 0x7fff;

/** Bytes of a chunk; the layout's table is in `ChunkLayout.sol`. */
export function encodeChunk(chunk: {
	windowId: WindowId;
	index: number;
	sellMeterCount: number;
	meterIds: readonly number[];
	accounts: readonly PlannedAccount[];
	trades: readonly PlannedTrade[];
}): Hex {
	const meterIndex = new Map(chunk.meterIds.map((meterId, index) => [meterId, index]));
	const orderCount = chunk.accounts.reduce((count, account) => count + account.orders.length, 0);
	const parts = [
		field(chunk.windowId, 4),
		field(chunk.index, 2),
		field(chunk.sellMeterCount, 2),
		field(chunk.meterIds.length, 2),
		field(chunk.accounts.length, 2),
		field(orderCount, 2),
		field(chunk.trades.length, 2),
	];
	for (const meterId of chunk.meterIds) parts.push(field(meterId, 4));
	for (const { account } of chunk.accounts) parts.push(account.slice(2));
	for (const { orders, usesStoredFills } of chunk.accounts)
		parts.push(field(orders.length | (usesStoredFills ? STORED_FILLS_BIT : 0), 2));
	for (const signed of chunk.accounts.flatMap(({ orders }) => orders))
		parts.push(encodeOrder(signed, meterIndex.get(signed.order.meterId) as number));
	for (const trade of chunk.trades) parts.push(encodeTrade(trade));
	return `0x${parts.join("")}`;
}

function encodeOrder({ order, signature }: SignedOrder, meterIndex: number): string {
	const flags =
		SIDES.indexOf(order.side) |
		(ORDER_CLASSES.indexOf(order.orderClass) << 1) |
		(TIMES_IN_FORCE.indexOf(order.timeInForce) << 3) |
		((order.postOnly ? 1 : 0) << 5) |
		(SELF_TRADE_MODES.indexOf(order.selfTradeMode) << 6);
	const compact = signature.length === COMPACT_SIGNATURE_LENGTH;
	return [
		field(flags, 1),
		field(compact ? 0 : 1, 1),
		field(meterIndex, 2),
		field(order.priceSatPerKwh, 2),
		field(order.energyWh, 4),
		field(order.sequence, 4),
		field(order.epoch, 4),
		field(order.validUntil, 5),
		field(order.directiveId, 4),
		compact ? "" : field((signature.length - 2) / 2, 2),
		signature.slice(2),
	].join("");
}

function encodeTrade(trade: PlannedTrade): string {
	return [
		field(trade.sellIndex, 2),
		field(trade.buyIndex, 2),
		field(trade.energyWh, 4),
		field(trade.lossWh, 4),
		field(trade.sellerPriceSatPerKwh, 2),
		field(trade.buyerPriceSatPerKwh, 2),
	].join("");
}

function field(value: number, bytes: number): string {
	if (!Number.isInteger(value) || value < 0 || value >= 2 ** (8 * bytes)) {
		throw new RangeError(`${value} does not fit ${bytes} bytes`);
	}
	return value.toString(16).padStart(2 * bytes, "0");
}
