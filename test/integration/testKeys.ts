import { keccak_256 } from "@noble/hashes/sha3.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";
import { privateKeyToAccount } from "viem/accounts";
import type { Address, Hex } from "../../offchain/domain/units/Address.ts";

export type TestKey = { privateKey: Hex; address: Address };

/** The same name is the same wallet everywhere. */
export function testKey(name: string): TestKey {
	const privateKey: Hex = `0x${bytesToHex(keccak_256(utf8ToBytes(`gridtokenx integration ${name}`)))}`;
	return { privateKey, address: privateKeyToAccount(privateKey).address.toLowerCase() as Address };
}
