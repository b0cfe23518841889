import { secp256k1 as noble } from "@noble/curves/secp256k1.js";
import { bytesHex } from "../../domain/signing/eip712.ts";
import type { Address } from "../../domain/units/Address.ts";
import { fastKeccak256 } from "./fastKeccak256.ts";

/** Recoverable signatures over a 32-byte digest; the native library where its build exists, JavaScript elsewhere. */
export type Secp256k1 = {
	readonly name: "native" | "noble";
	/** `signature` is r ‖ s. Null where no key can have made it. */
	recover(digest: Uint8Array, signature: Uint8Array, recovery: 0 | 1): Uint8Array | null;
	/** r ‖ s with low s, and the recovery bit. */
	sign(digest: Uint8Array, privateKey: Uint8Array): { signature: Uint8Array; recovery: 0 | 1 };
	publicKey(privateKey: Uint8Array): Uint8Array;
};

/** The 65-byte uncompressed key's account. */
export function publicKeyAddress(publicKey: Uint8Array): Address {
	return bytesHex(fastKeccak256(publicKey.subarray(1)).subarray(12));
}

export const nobleSecp256k1: Secp256k1 = {
	name: "noble",
	recover(digest, signature, recovery) {
		try {
			const recovered = new Uint8Array(65);
			recovered[0] = recovery;
			recovered.set(signature, 1);
			return noble.Point.fromBytes(noble.recoverPublicKey(recovered, digest, { prehash: false })).toBytes(false);
		} catch {
			return null;
		}
	},
	sign(digest, privateKey) {
		const recovered = noble.sign(digest, privateKey, { prehash: false, format: "recovered" });
		return { signature: recovered.slice(1), recovery: recovered[0] === 1 ? 1 : 0 };
	},
	publicKey: (privateKey) => noble.getPublicKey(privateKey, false),
};

export const nativeSecp256k1: Secp256k1 | null = await loadNative();

export const fastestSecp256k1: Secp256k1 = nativeSecp256k1 ?? nobleSecp256k1;

async function loadNative(): Promise<Secp256k1 | null> {
	let native: typeof import("secp256k1");
	try {
		// The package's main module falls back to a slow JavaScript build of its own; noble is preferred to that.
		const bindings = "secp256k1/bindings.js";
		native = (await import(bindings)).default;
	} catch {
		return null;
	}
	return {
		name: "native",
		recover(digest, signature, recovery) {
			try {
				return native.ecdsaRecover(signature, recovery, digest, false);
			} catch {
				return null;
			}
		},
		sign(digest, privateKey) {
			const { signature, recid } = native.ecdsaSign(digest, privateKey);
			return { signature, recovery: recid === 1 ? 1 : 0 };
		},
		publicKey: (privateKey) => native.publicKeyCreate(privateKey, false),
	};
}
