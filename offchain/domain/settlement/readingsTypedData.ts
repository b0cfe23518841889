import { keccak_256 } from "@noble/hashes/sha3.js";
import type { Licensee } from "../grid/zones.ts";
import { type Keccak256, StructWords, typedDigest, typeHash } from "../signing/eip712.ts";
import type { WindowId } from "../units/window.ts";

/** What an attester signs under the settlement contract's domain; `readings` is packed, see `packReadings`. */
export const METER_READINGS_TYPES = {
	MeterReadings: [
		{ name: "windowId", type: "uint32" },
		{ name: "licensee", type: "uint8" },
		{ name: "readings", type: "bytes" },
	],
} as const;

/** Numbers of `IMeterRegistry`. */
export const LICENSEE_NUMBERS: Readonly<Record<Licensee, number>> = { EGAT: 1, MEA: 2, PEA: 3 };

const READING_BYTES = 8;
const METER_READINGS_TYPE_HASH = typeHash("MeterReadings", METER_READINGS_TYPES.MeterReadings);

type Reading = { meterId: number; exportedWh: number };

/** 8 bytes a reading: meterId u32, exportedWh u32, big-endian. Throws unless the meters ascend strictly. */
export function packReadings(readings: readonly Reading[]): Uint8Array {
	const bytes = new Uint8Array(readings.length * READING_BYTES);
	const view = new DataView(bytes.buffer);
	let previous = -1;
	for (const [index, { meterId, exportedWh }] of readings.entries()) {
		requireUint32(meterId, "meterId");
		requireUint32(exportedWh, "exportedWh");
		if (meterId <= previous) throw new RangeError(`readings must ascend by meter; ${meterId} follows ${previous}`);
		previous = meterId;
		view.setUint32(index * READING_BYTES, meterId);
		view.setUint32(index * READING_BYTES + 4, exportedWh);
	}
	return bytes;
}

export function readingsDigest(
	batch: { windowId: WindowId; licensee: Licensee; readings: readonly Reading[] },
	separator: Uint8Array,
	keccak: Keccak256 = keccak_256,
): Uint8Array {
	const words = new StructWords(METER_READINGS_TYPE_HASH, 3);
	words.setUint(1, batch.windowId);
	words.setUint(2, LICENSEE_NUMBERS[batch.licensee]);
	words.setBytes32(3, keccak(packReadings(batch.readings)));
	return typedDigest(separator, words, keccak);
}

function requireUint32(value: number, name: string): void {
	if (!Number.isInteger(value) || value < 0 || value > 0xffff_ffff) {
		throw new RangeError(`${name} must be a 32-bit unsigned integer, got ${value}`);
	}
}
