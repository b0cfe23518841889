import { InvalidArgumentError } from "commander";
import { ZONE_CODES, type ZoneCode, zoneId } from "../domain/grid/zones.ts";
import type { Address, Hash32 } from "../domain/units/Address.ts";
import { WINDOW_SECONDS, windowAt } from "../domain/units/window.ts";

/** Turn what a person types into values; commander prints the message and exits. */
export function parseUnsigned(text: string): number {
	if (!/^[0-9]{1,15}$/.test(text)) throw new InvalidArgumentError("Expected a whole number.");
	return Number(text);
}

/** A zone's code or number. */
export function parseZone(text: string): number {
	const code = text.toUpperCase() as ZoneCode;
	if (ZONE_CODES.includes(code)) return zoneId(code);
	const number = Number(text);
	if (Number.isInteger(number) && number >= 1 && number <= ZONE_CODES.length) return number;
	throw new InvalidArgumentError(`Expected one of ${ZONE_CODES.join(", ")}.`);
}

/** "now", "+3" windows from now, a window id, or "2026-04-21T13:15" in Thai time (UTC+7). */
export type WindowReference = { fromNow: number } | { windowId: number };

export function parseWindow(text: string): WindowReference {
	if (text === "now") return { fromNow: 0 };
	if (/^\+[0-9]{1,4}$/.test(text)) return { fromNow: Number(text.slice(1)) };
	if (/^[0-9]{1,9}$/.test(text)) return { windowId: Number(text) };
	if (/^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}$/.test(text)) {
		const seconds = Date.parse(`${text.replace(" ", "T")}:00+07:00`) / 1000;
		if (Number.isInteger(seconds) && seconds % WINDOW_SECONDS === 0) return { windowId: windowAt(seconds) };
		throw new InvalidArgumentError("A window begins at :00, :15, :30 or :45.");
	}
	throw new InvalidArgumentError('Expected "now", "+2", a window id, or "2026-04-21T13:15" (UTC+7).');
}

export function parseAddress(text: string): Address {
	if (!/^0x[0-9a-fA-F]{40}$/.test(text)) throw new InvalidArgumentError("Expected 0x and 40 hex digits.");
	return text.toLowerCase() as Address;
}

export function parseHash(text: string): Hash32 {
	if (!/^0x[0-9a-fA-F]{64}$/.test(text)) throw new InvalidArgumentError("Expected 0x and 64 hex digits.");
	return text.toLowerCase() as Hash32;
}
