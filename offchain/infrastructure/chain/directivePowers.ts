import type { DirectiveKind } from "../../domain/engine/EngineInput.ts";
import type { SafeName } from "./Deployment.ts";

/** What an authority may order. Twin of `GridDirectives.power`. */
export type DirectivePower = {
	/** Zones it may name; 0 is every zone at once. */
	zones: readonly number[];
	/** Longest directive, in windows of 15 minutes. */
	maxWindows: number;
	/** Windows from the end of one to the beginning of the next. */
	cooldownWindows: number;
};

export type DirectivePowers = Record<SafeName, Partial<Record<Exclude<DirectiveKind, "none">, DirectivePower>>>;

const MARKET = [0];
const EVERY_ZONE = Array.from({ length: 17 }, (_, zone) => zone);
const MEA_ZONES = [1];
const PEA_ZONES = Array.from({ length: 12 }, (_, i) => i + 2);

export const DIRECTIVE_POWERS: DirectivePowers = {
	EGAT: {
		HALT: { zones: EVERY_ZONE, maxWindows: 96, cooldownWindows: 4 },
		CAP: { zones: EVERY_ZONE, maxWindows: 192, cooldownWindows: 4 },
		VOID_WINDOW: { zones: MARKET, maxWindows: 8, cooldownWindows: 96 },
	},
	MEA: {
		HALT: { zones: MEA_ZONES, maxWindows: 48, cooldownWindows: 4 },
		CAP: { zones: MEA_ZONES, maxWindows: 96, cooldownWindows: 4 },
	},
	PEA: {
		HALT: { zones: PEA_ZONES, maxWindows: 48, cooldownWindows: 4 },
		CAP: { zones: PEA_ZONES, maxWindows: 96, cooldownWindows: 4 },
	},
	ERC: {
		HALT: { zones: EVERY_ZONE, maxWindows: 96, cooldownWindows: 96 },
		PRICE_BAND: { zones: EVERY_ZONE, maxWindows: 672, cooldownWindows: 96 },
		VOID_WINDOW: { zones: MARKET, maxWindows: 8, cooldownWindows: 96 },
	},
	COUNCIL: {
		HALT: { zones: EVERY_ZONE, maxWindows: 672, cooldownWindows: 0 },
		CAP: { zones: EVERY_ZONE, maxWindows: 672, cooldownWindows: 0 },
		PRICE_BAND: { zones: EVERY_ZONE, maxWindows: 672, cooldownWindows: 0 },
		VOID_WINDOW: { zones: MARKET, maxWindows: 96, cooldownWindows: 0 },
	},
};

/** "1", "2–13", "all, or each of 1–16", "market": a power's zones in words. */
export function zonesInWords(zones: readonly number[]): string {
	if (zones.length === 0) return "none";
	if (zones.length === 1 && zones[0] === 0) return "whole market";
	const [first, last] = [zones.find((zone) => zone !== 0), zones.at(-1)];
	const range = first === last ? `${first}` : `${first}–${last}`;
	return zones[0] === 0 ? `all at once or any of ${range}` : range;
}
