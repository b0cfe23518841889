import { keccak_256 } from "@noble/hashes/sha3.js";
import { type Keccak256, StructWords, typedDigest, typeHash } from "../signing/eip712.ts";
import type { Address, Hash32 } from "../units/Address.ts";
import type { UnixSeconds, WindowId } from "../units/window.ts";

/** A trader's signed wish to cancel one order. Harmless to repeat: a cancelled order never comes back. */
export type CancelOrderMessage = { account: Address; orderHash: Hash32 };

/**
 * A trader's signed wish to cancel the open orders of one window, or of every window (`windowId` 0). It also hits orders
 * placed later, so that it is good for a short time only.
 */
export type CancelAllOrdersMessage = { account: Address; windowId: WindowId; deadlineSeconds: UnixSeconds };

/** The farthest a cancel-all's deadline may lie ahead. */
export const CANCEL_ALL_LIFETIME_SECONDS = 900;

/** Signed under the domain of orders. */
export const CANCEL_TYPES = {
	CancelOrder: [
		{ name: "account", type: "address" },
		{ name: "orderHash", type: "bytes32" },
	],
	CancelAllOrders: [
		{ name: "account", type: "address" },
		{ name: "windowId", type: "uint32" },
		{ name: "deadlineSeconds", type: "uint40" },
	],
} as const;

const CANCEL_ORDER_TYPE_HASH = typeHash("CancelOrder", CANCEL_TYPES.CancelOrder);
const CANCEL_ALL_ORDERS_TYPE_HASH = typeHash("CancelAllOrders", CANCEL_TYPES.CancelAllOrders);

export function cancelOrderDigest(
	message: CancelOrderMessage,
	separator: Uint8Array,
	keccak: Keccak256 = keccak_256,
): Uint8Array {
	const words = new StructWords(CANCEL_ORDER_TYPE_HASH, 2);
	words.setHex(1, message.account);
	words.setHex(2, message.orderHash);
	return typedDigest(separator, words, keccak);
}

export function cancelAllOrdersDigest(
	message: CancelAllOrdersMessage,
	separator: Uint8Array,
	keccak: Keccak256 = keccak_256,
): Uint8Array {
	const words = new StructWords(CANCEL_ALL_ORDERS_TYPE_HASH, 3);
	words.setHex(1, message.account);
	words.setUint(2, message.windowId);
	words.setUint(3, message.deadlineSeconds);
	return typedDigest(separator, words, keccak);
}
