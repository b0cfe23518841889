import { z } from "zod";
import { ZONE_COUNT } from "../../../domain/grid/zones.ts";
import type { Address, Hash32, Hex } from "../../../domain/units/Address.ts";

/** The words every message is made of. Numbers are integers; anything with a fraction is refused, never rounded. */
export const uint32 = unsigned(0xffff_ffff);
export const uint16 = unsigned(0xffff);
export const uint40 = unsigned(2 ** 40 - 1);
export const safeUint = unsigned(Number.MAX_SAFE_INTEGER);
export const safeInt = z.int();

/** Integer from 0 to `most`; a negative zero becomes zero, so that it cannot differ after a round through JSON. */
export function unsigned(most: number) {
	return z
		.int()
		.min(0)
		.max(most)
		.overwrite((value) => (value === 0 ? 0 : value));
}

export const address = z
	.string()
	.regex(/^0x[0-9a-fA-F]{40}$/, "expected 0x and 40 hex digits")
	.overwrite((value) => value.toLowerCase())
	.transform((value) => value as Address);

export const hash32 = z
	.string()
	.regex(/^0x[0-9a-fA-F]{64}$/, "expected 0x and 64 hex digits")
	.overwrite((value) => value.toLowerCase())
	.transform((value) => value as Hash32);

/** Longest signature of a contract wallet, in bytes. */
export const MAX_SIGNATURE_BYTES = 4096;

export const signature = z
	.string()
	.max(2 + 2 * MAX_SIGNATURE_BYTES)
	.regex(/^0x(?:[0-9a-fA-F]{2})+$/, "expected 0x and hex digits")
	.overwrite((value) => value.toLowerCase())
	.transform((value) => value as Hex);

export const windowId = uint32.describe("floor(unix seconds / 900)");
export const zoneId = z.int().min(1).max(ZONE_COUNT);
export const energyWh = uint32.describe("Energy, Wh");
export const priceSatPerKwh = uint16.describe("Price, satoshi per kWh");
export const amountMsat = safeUint.describe("Money, millisatoshi");

/** Integers in a query string: decimal digits only, so that "1e3", "0x10", " 1" and "" are refused. */
export function queryUnsigned(most: number) {
	return z
		.string()
		.regex(/^(?:0|[1-9][0-9]{0,15})$/, "expected decimal digits")
		.transform(Number)
		.pipe(z.int().min(0).max(most));
}

export const queryWindowId = queryUnsigned(0xffff_ffff).describe("floor(unix seconds / 900)");
export const queryZoneId = queryUnsigned(ZONE_COUNT).pipe(zoneId);

/** Most rows one answer carries. */
export const MAX_ROWS = 1000;
export const queryLimit = queryUnsigned(MAX_ROWS).pipe(z.int().min(1)).default(100);
