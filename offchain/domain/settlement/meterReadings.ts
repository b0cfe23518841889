import { keccak_256 } from "@noble/hashes/sha3.js";
import type { OrderDomain } from "../orders/orderTypedData.ts";
import { bytesHex, domainSeparator, hexBytes, StructWords, typedDigest, typeHash } from "../signing/eip712.ts";
import type { Hash32, Hex } from "../units/Address.ts";
import { MAX_ENERGY_WH } from "../units/units.ts";
import type { WindowId } from "../units/window.ts";

/** One meter's injection in a window. */
export type ReadingEntry = { meterId: number; exportedWh: number };

/** Number of a licensee on chain: the authority numbers. */
export const LICENSEE_NUMBERS = { EGAT: 1, MEA: 2, PEA: 3 } as const;

/** What `settleChunk` takes: readings one attester signed. */
export type SignedReadings = { licensee: keyof typeof LICENSEE_NUMBERS; readings: Hex; signature: Hex };

export const READINGS_TYPES = {
	MeterReadings: [
		{ name: "windowId", type: "uint32" },
		{ name: "licensee", type: "uint8" },
		{ name: "readings", type: "bytes" },
	],
} as const;

/** Readings as they are signed: ascending by meter, 4 bytes id and 4 bytes Wh each. */
export function packReadings(readings: readonly ReadingEntry[]): Hex {
	const sorted = [...readings].sort((a, b) => a.meterId - b.meterId);
	let packed = "0x";
	sorted.forEach((reading, index) => {
		if (reading.meterId === sorted[index - 1]?.meterId)
			throw new RangeError(`two readings of meter ${reading.meterId}`);
		requireUint32(reading.meterId, "meterId");
		requireUint32(reading.exportedWh, "exportedWh");
		packed += reading.meterId.toString(16).padStart(8, "0") + reading.exportedWh.toString(16).padStart(8, "0");
	});
	return packed as Hex;
}

/** The typed data an attester signs; `domain` is the orders' domain. */
export function readingsTypedData(
	domain: OrderDomain,
	windowId: WindowId,
	licensee: keyof typeof LICENSEE_NUMBERS,
	readings: readonly ReadingEntry[],
) {
	return {
		domain,
		types: READINGS_TYPES,
		primaryType: "MeterReadings",
		message: { windowId, licensee: LICENSEE_NUMBERS[licensee], readings: packReadings(readings) },
	} as const;
}

/** The digest of `readingsTypedData`, without a client library. */
export function readingsHash(
	domain: OrderDomain,
	windowId: WindowId,
	licensee: keyof typeof LICENSEE_NUMBERS,
	packed: Hex,
): Hash32 {
	const words = new StructWords(READINGS_TYPE_HASH, READINGS_TYPES.MeterReadings.length);
	words.setUint(1, windowId);
	words.setUint(2, LICENSEE_NUMBERS[licensee]);
	words.setBytes32(3, keccak_256(hexBytes(packed)));
	return bytesHex(typedDigest(domainSeparator(domain), words, keccak_256));
}

function requireUint32(value: number, name: string): void {
	if (!Number.isInteger(value) || value < 0 || value > MAX_ENERGY_WH)
		throw new RangeError(`${name} ${value} is not a uint32`);
}

const READINGS_TYPE_HASH = typeHash("MeterReadings", READINGS_TYPES.MeterReadings);
