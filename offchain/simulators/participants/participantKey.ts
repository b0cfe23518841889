import { keccak_256 } from "@noble/hashes/sha3.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";
import type { Hex } from "../../domain/units/Address.ts";

/** Private key of a simulated participant. Anyone can derive it: for local chains only. */
export function participantKey(seed: string, index: number): Hex {
	return `0x${bytesToHex(keccak_256(utf8ToBytes(`gridtokenx local chain: participant ${index} of "${seed}"`)))}`;
}
