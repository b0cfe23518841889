import { keccak_256 } from "@noble/hashes/sha3.js";
import { utf8ToBytes } from "@noble/hashes/utils.js";
import type { OrderDomain } from "../orders/orderTypedData.ts";
import type { Hash32 } from "../units/Address.ts";

/**
 * The part of EIP-712 this protocol needs, written by hand because general encoders cost more than the signature
 * check: structs of 32-byte words. A differential test compares it with viem. Any Keccak-256 may be handed in.
 */
export type Keccak256 = (bytes: Uint8Array) => Uint8Array;

const DOMAIN_TYPE = "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)";
const WORD_BYTES = 32;

type TypeField = { readonly name: string; readonly type: string };

/** `Name(type name,…)` of EIP-712, hashed. */
export function typeHash(name: string, fields: readonly TypeField[]): Uint8Array {
	return keccak_256(utf8ToBytes(`${name}(${fields.map((field) => `${field.type} ${field.name}`).join(",")})`));
}

export function domainSeparator(domain: OrderDomain): Uint8Array {
	const words = new StructWords(keccak_256(utf8ToBytes(DOMAIN_TYPE)), 4);
	words.setBytes32(1, keccak_256(utf8ToBytes(domain.name)));
	words.setBytes32(2, keccak_256(utf8ToBytes(domain.version)));
	words.setUint(3, domain.chainId);
	words.setHex(4, domain.verifyingContract);
	return keccak_256(words.bytes);
}

/** What is signed: `keccak256(0x1901 ‖ separator ‖ keccak256(struct))`. */
export function typedDigest(separator: Uint8Array, struct: StructWords, keccak: Keccak256): Uint8Array {
	const message = new Uint8Array(2 + 2 * WORD_BYTES);
	message[0] = 0x19;
	message[1] = 0x01;
	message.set(separator, 2);
	message.set(keccak(struct.bytes), 2 + WORD_BYTES);
	return keccak(message);
}

/** An encoded struct: its type hash in word 0, then one word for each field. */
export class StructWords {
	readonly bytes: Uint8Array;

	constructor(typeHashBytes: Uint8Array, fieldCount: number) {
		this.bytes = new Uint8Array((1 + fieldCount) * WORD_BYTES);
		this.bytes.set(typeHashBytes, 0);
	}

	/** A non-negative safe integer, big-endian at the word's end. */
	setUint(word: number, value: number): void {
		if (!Number.isSafeInteger(value) || value < 0)
			throw new RangeError(`cannot encode ${value} as an unsigned integer`);
		let rest = value;
		for (let at = (word + 1) * WORD_BYTES - 1; rest > 0; at--) {
			this.bytes[at] = rest % 256;
			rest = Math.floor(rest / 256);
		}
	}

	setBytes32(word: number, value: Uint8Array): void {
		if (value.length !== WORD_BYTES) throw new RangeError(`expected 32 bytes, got ${value.length}`);
		this.bytes.set(value, word * WORD_BYTES);
	}

	/** An address or a hash, right-aligned. */
	setHex(word: number, value: string): void {
		const bytes = hexBytes(value);
		if (bytes.length > WORD_BYTES) throw new RangeError(`${value} does not fit a word`);
		this.bytes.set(bytes, (word + 1) * WORD_BYTES - bytes.length);
	}
}

export function hexBytes(value: string): Uint8Array {
	if (!/^0x(?:[0-9a-fA-F]{2})*$/.test(value)) throw new RangeError(`not hex: ${value.slice(0, 80)}`);
	const bytes = new Uint8Array((value.length - 2) / 2);
	for (let index = 0; index < bytes.length; index++) {
		bytes[index] = nibble(value.charCodeAt(2 + 2 * index)) * 16 + nibble(value.charCodeAt(3 + 2 * index));
	}
	return bytes;
}

export function bytesHex(bytes: Uint8Array): Hash32 {
	let text = "0x";
	for (const byte of bytes) text += HEX_BYTES[byte];
	return text as Hash32;
}

const HEX_BYTES = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

/** Value of a hex digit's character code; the letters' lower five bits run from 1 = a. */
function nibble(code: number): number {
	return code < 58 ? code - 48 : (code & 0x1f) + 9;
}
