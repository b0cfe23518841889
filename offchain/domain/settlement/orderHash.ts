import { keccak_256 } from "@noble/hashes/sha3.js";
import { bytesToHex, concatBytes, hexToBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import type { Order } from "../orders/Order.ts";
import { ORDER_TYPES, type OrderDomain, orderMessage } from "../orders/orderTypedData.ts";
import type { Hash32 } from "../units/Address.ts";

/** EIP-712 hash of an order under a settlement contract's domain, without a client library. Twin of `ChunkLayout.orderHash`. */
export function orderHash(domain: OrderDomain, order: Order): Hash32 {
	const message = orderMessage(order);
	const words = [
		ORDER_TYPEHASH,
		...ORDER_TYPES.Order.map((field) => word(message[field.name as keyof typeof message])),
	];
	return typedDataHash(domain, keccak_256(concatBytes(...words)));
}

/** `keccak256(0x1901 ‖ domain separator ‖ struct hash)`. */
export function typedDataHash(domain: OrderDomain, structHash: Uint8Array): Hash32 {
	return `0x${bytesToHex(keccak_256(concatBytes(new Uint8Array([0x19, 0x01]), domainSeparator(domain), structHash)))}`;
}

export function domainSeparator(domain: OrderDomain): Uint8Array {
	return keccak_256(
		concatBytes(
			DOMAIN_TYPEHASH,
			keccak_256(utf8ToBytes(domain.name)),
			keccak_256(utf8ToBytes(domain.version)),
			word(domain.chainId),
			word(domain.verifyingContract),
		),
	);
}

/** A number or an address as a 32-byte word. */
export function word(value: number | string): Uint8Array {
	const digits = typeof value === "number" ? value.toString(16) : value.slice(2);
	return hexToBytes(digits.padStart(64, "0"));
}

const ORDER_TYPEHASH = keccak_256(
	utf8ToBytes(`Order(${ORDER_TYPES.Order.map((field) => `${field.type} ${field.name}`).join(",")})`),
);
const DOMAIN_TYPEHASH = keccak_256(
	utf8ToBytes("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
);
