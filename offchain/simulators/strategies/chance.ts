import { CROSS_ZONE_GATE_SECONDS, GATE_CLOSURE_SECONDS, TRADING_LEAD_SECONDS } from "../market/tradingTimes.ts";
import type { Participant } from "../participants/Participant.ts";
import { deterministicUnit } from "../random/deterministicUnit.ts";
import type { StrategyContext } from "./OrderIntent.ts";

/** A participant's own dice for one window: the `n`-th throw is always the same. */
export function chance(participant: Participant, { seed, windowId }: StrategyContext): (n: number) => number {
	return (n) => deterministicUnit(seed, participant.index, windowId, 100 + n);
}

/** A moment while cross-zone trading is open, with a margin before its gate. */
export function crossZoneLead(unit: number): number {
	return leadBetween(TRADING_LEAD_SECONDS, CROSS_ZONE_GATE_SECONDS + 120, unit);
}

/** A moment between the cross-zone gate and gate closure. */
export function localLead(unit: number): number {
	return leadBetween(CROSS_ZONE_GATE_SECONDS - 30, GATE_CLOSURE_SECONDS + 120, unit);
}

function leadBetween(from: number, to: number, unit: number): number {
	return Math.round(from - unit * (from - to));
}
