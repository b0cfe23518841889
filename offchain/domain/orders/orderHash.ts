import { keccak_256 } from "@noble/hashes/sha3.js";
import { bytesHex, domainSeparator, type Keccak256, StructWords, typedDigest, typeHash } from "../signing/eip712.ts";
import type { Hash32 } from "../units/Address.ts";
import type { Order } from "./Order.ts";
import { ORDER_TYPES, type OrderDomain, orderMessage } from "./orderTypedData.ts";

const ORDER_TYPE_HASH = typeHash("Order", ORDER_TYPES.Order);

/** EIP-712 hash of an order under its domain: the order's identity and what its trader signs. */
export function orderHash(order: Order, domain: OrderDomain): Hash32 {
	return bytesHex(orderDigest(order, domainSeparator(domain)));
}

/** The same as bytes, for callers that keep the separator and bring a faster hash. */
export function orderDigest(order: Order, separator: Uint8Array, keccak: Keccak256 = keccak_256): Uint8Array {
	const message = orderMessage(order);
	const words = new StructWords(ORDER_TYPE_HASH, ORDER_TYPES.Order.length);
	words.setHex(1, message.trader);
	words.setUint(2, message.meterId);
	words.setUint(3, message.windowId);
	words.setUint(4, message.side);
	words.setUint(5, message.orderClass);
	words.setUint(6, message.timeInForce);
	words.setUint(7, message.flags);
	words.setUint(8, message.priceSatPerKwh);
	words.setUint(9, message.energyWh);
	words.setUint(10, message.sequence);
	words.setUint(11, message.epoch);
	words.setUint(12, message.validUntil);
	words.setUint(13, message.directiveId);
	return typedDigest(separator, words, keccak);
}
