import type { TimeOfUseCalendar } from "../../domain/pricing/TimeOfUseCalendar.ts";
import { ICT_OFFSET_SECONDS, type UnixSeconds } from "../../domain/units/window.ts";

export const SEASONS = ["now", "hot", "rainy", "cool"] as const;
export type Season = (typeof SEASONS)[number];

const DAY_SECONDS = 86_400;
const FIRST_MONTH: Record<Exclude<Season, "now">, number> = { hot: 4, rainy: 8, cool: 12 };
/** 09:25 ICT: the sun is up, on-peak prices hold, and the evening peak is a few minutes of demo away. */
const START_OF_DAY_SECONDS = 9 * 3600 + 25 * 60;

/** Where an accelerated market begins: the next working day's morning, in the season asked for; never in the past. */
export function marketStart(nowSeconds: UnixSeconds, season: Season, calendar: TimeOfUseCalendar): UnixSeconds {
	let start = morningOf(season === "now" ? nowSeconds : seasonBegin(nowSeconds, FIRST_MONTH[season]));
	while (start < nowSeconds || !calendar.isWorkingDay(Math.floor(start / 900))) start += DAY_SECONDS;
	return start;
}

function morningOf(seconds: UnixSeconds): UnixSeconds {
	const local = seconds + ICT_OFFSET_SECONDS;
	return local - (local % DAY_SECONDS) - ICT_OFFSET_SECONDS + START_OF_DAY_SECONDS;
}

function seasonBegin(nowSeconds: UnixSeconds, month: number): UnixSeconds {
	const local = new Date((nowSeconds + ICT_OFFSET_SECONDS) * 1000);
	const year = local.getUTCMonth() + 1 > month ? local.getUTCFullYear() + 1 : local.getUTCFullYear();
	return Math.max(nowSeconds, Date.UTC(year, month - 1, 1) / 1000 - ICT_OFFSET_SECONDS);
}
