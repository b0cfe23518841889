import { keccak_256 } from "@noble/hashes/sha3.js";
import { utf8ToBytes } from "@noble/hashes/utils.js";

/** A 32-bit seed from the text a user gives. */
export function seedNumber(seed: string): number {
	const hash = keccak_256(utf8ToBytes(`gridtokenx simulation: ${seed}`));
	return new DataView(hash.buffer, hash.byteOffset).getUint32(0);
}
