/**
 * Bidding zones: MEA's area, PEA's twelve areas and the three cross-border hubs. `zoneId` is the same number in
 * TypeScript, SQL and Solidity; 0 means "every zone" where a directive may cover all.
 */
export type ZoneCode = (typeof ZONE_CODES)[number];
export type ZoneId = number;
export type Licensee = "MEA" | "PEA" | "EGAT";

export const ZONE_CODES = [
	"MEA",
	"C1",
	"C2",
	"C3",
	"N1",
	"N2",
	"N3",
	"NE1",
	"NE2",
	"NE3",
	"S1",
	"S2",
	"S3",
	"X-LA",
	"X-MY",
	"X-KH",
] as const;

export const EVERY_ZONE: ZoneId = 0;
export const ZONE_COUNT = ZONE_CODES.length;

export function zoneId(code: ZoneCode): ZoneId {
	return ZONE_CODES.indexOf(code) + 1;
}

export function zoneCode(id: ZoneId): ZoneCode {
	const code = ZONE_CODES[id - 1];
	if (code === undefined) throw new RangeError(`unknown zone id ${id}`);
	return code;
}

/** The licensee that meters a zone: MEA its own, PEA the other domestic zones, EGAT the cross-border hubs. */
export function licenseeOf(id: ZoneId): Licensee {
	const code = zoneCode(id);
	if (code === "MEA") return "MEA";
	return code.startsWith("X-") ? "EGAT" : "PEA";
}
