import { createPublicKey, type KeyObject, verify } from "node:crypto";
import type { TelemetrySources } from "../../application/ports/GridSystemAdapter.ts";
import type { Hash32, Hex } from "../../domain/units/Address.ts";

/** Registered control rooms and their Ed25519 public keys (RFC 8032), 32 bytes each. */
export class Ed25519TelemetrySources implements TelemetrySources {
	readonly #keys: ReadonlyMap<string, KeyObject>;

	/** Throws for a key that is none. */
	constructor(publicKeys: Readonly<Record<string, Hash32>>) {
		this.#keys = new Map(Object.entries(publicKeys).map(([sourceId, key]) => [sourceId, publicKey(key)]));
	}

	isSignedBy(sourceId: string, text: string, signature: Hex): boolean | null {
		const key = this.#keys.get(sourceId);
		if (key === undefined) return null;
		return verify(null, Buffer.from(text, "utf8"), key, Buffer.from(signature.slice(2), "hex"));
	}
}

function publicKey(hex: Hash32): KeyObject {
	const bytes = Buffer.from(hex.slice(2), "hex");
	if (bytes.length !== 32) throw new RangeError(`an Ed25519 public key has 32 bytes, not ${bytes.length}`);
	return createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x: bytes.toString("base64url") }, format: "jwk" });
}
