import { createKeccak } from "hash-wasm";
import type { Keccak256 } from "../../domain/signing/eip712.ts";

const hasher = await createKeccak(256);

/** Keccak-256 in WebAssembly: six times as fast as the JavaScript one on short messages. */
export const fastKeccak256: Keccak256 = (bytes) => {
	hasher.init();
	hasher.update(bytes);
	return hasher.digest("binary");
};
