import { chance, crossZoneLead } from "./chance.ts";
import type { OrderIntent, Strategy } from "./OrderIntent.ts";

/** Half of the distance between bid and ask at the first level, sat/kWh. */
const HALF_SPREAD_SAT_PER_KWH = 9;
/** The first level trades, the second is there in case. */
const LEVEL_STEP_SAT_PER_KWH = 14;
const LEVELS = 2;
/** What it expects a buyer to pay on top of its net ask; quotes meet their own only where charges are far below. */
const TYPICAL_CHARGES_SAT_PER_KWH = 20;
/** Energy quoted at each level and side, Wh. All asks of a meter together stay far below what its storage gives. */
const QUOTE_WH = 60_000;

/**
 * Quotes both sides in several zones around one middle price, post-only, and moves its quotes once. One middle for
 * all zones: its bids can never meet its own asks.
 */
export const marketMakerStrategy: Strategy = (participant, context) => {
	const throwDice = chance(participant, context);
	const middle = (context.calendar.isOnPeak(context.windowId) ? 96 : 70) + Math.round(6 * throwDice(0));
	const moved = middle + Math.round(6 * (throwDice(1) - 0.5));
	return participant.meters.flatMap((meter, place) => {
		const start = crossZoneLead(0.25 * throwDice(10 + place));
		const move = start - 900;
		return (["buy", "sell"] as const).flatMap((side) =>
			Array.from({ length: LEVELS }, (_, level): OrderIntent => {
				const quote = (around: number, leadSeconds: number): OrderIntent => {
					const distance = HALF_SPREAD_SAT_PER_KWH + level * LEVEL_STEP_SAT_PER_KWH;
					return {
						meterId: meter.meterId,
						side,
						priceSatPerKwh: context.tariffs.clamp(
							side === "buy" ? around - distance : around - TYPICAL_CHARGES_SAT_PER_KWH + distance,
						),
						energyWh: QUOTE_WH,
						leadSeconds,
						postOnly: true,
						selfTradeMode: "cancelOldest",
						expectedReasons: ["POST_ONLY_WOULD_TRADE"],
					};
				};
				const intent = quote(middle, start);
				return level > 0 || moved === middle
					? intent
					: { ...intent, cancel: { leadSeconds: move, replacement: quote(moved, move) } };
			}),
		);
	});
};
