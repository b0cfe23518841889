import type { Directive } from "../../domain/engine/EngineInput.ts";
import { EVERY_ZONE, licenseeOf } from "../../domain/grid/zones.ts";

export const NOTIFIED = ["EGAT", "MEA", "PEA", "ERC", "EPPO", "OPERATOR"] as const;
export type Notified = (typeof NOTIFIED)[number];

/**
 * Who must hear of a directive: the system operator and the regulator of every one, the licensee in whose zone it
 * holds, and whoever gave it.
 */
export function concernedAuthorities({ authority, zoneId }: Pick<Directive, "authority" | "zoneId">): Notified[] {
	const concerned = new Set<Notified>(["EGAT", "ERC"]);
	if (zoneId === EVERY_ZONE) concerned.add("MEA").add("PEA");
	else concerned.add(licenseeOf(zoneId));
	if (authority === "MEA" || authority === "PEA") concerned.add(authority);
	return NOTIFIED.filter((name) => concerned.has(name));
}
