import { keccak_256 } from "@noble/hashes/sha3.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";
import type { Hex } from "../../domain/units/Address.ts";

/**
 * Private keys of the local chain's roles, the same at every start so that state survives. They are public
 * knowledge: worth nothing anywhere but on a chain that this process started itself.
 */
export function localKey(role: string): Hex {
	return `0x${bytesToHex(keccak_256(utf8ToBytes(`gridtokenx local chain: ${role}`)))}`;
}
