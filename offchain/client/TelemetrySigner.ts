import { ed25519 } from "@noble/curves/ed25519.js";
import { bytesToHex, hexToBytes } from "@noble/hashes/utils.js";
import type { HandleGridEmergency } from "../application/commands/HandleGridEmergency.ts";
import type { SignedGridEmergency } from "../application/ports/GridEmergencies.ts";
import type { SignedTelemetry } from "../application/ports/GridSystemAdapter.ts";
import { emergencyText } from "../application/services/GridEmergencyService.ts";
import { type TelemetryScan, telemetryText } from "../domain/grid/telemetry/TelemetryScan.ts";
import type { Hash32, Hex } from "../domain/units/Address.ts";

/** A control room's key (Ed25519, RFC 8032): signs scans for `POST /v1/telemetry`. */
export class TelemetrySigner {
	/** To be registered with the exchange under the source's name. */
	readonly publicKey: Hash32;
	readonly #secretKey: Uint8Array;

	/** `secretKey`: 32 bytes. */
	constructor(secretKey: Hash32) {
		this.#secretKey = hexToBytes(secretKey.slice(2));
		this.publicKey = `0x${bytesToHex(ed25519.getPublicKey(this.#secretKey))}`;
	}

	sign(scan: TelemetryScan): SignedTelemetry {
		return { scan, signature: this.#sign(telemetryText(scan)) };
	}

	/** Orders an emergency under an executed directive, for `POST /v1/grid/emergencies`. */
	signEmergency(sourceId: string, command: HandleGridEmergency): SignedGridEmergency {
		return { sourceId, command, signature: this.#sign(emergencyText(sourceId, command)) };
	}

	#sign(text: string): Hex {
		return `0x${bytesToHex(ed25519.sign(new TextEncoder().encode(text), this.#secretKey))}`;
	}
}
