import { ICT_OFFSET_SECONDS, type WindowId, windowStart } from "./window.ts";

/** Where a window lies in the Thai (UTC+7) day and year. */
export type LocalTime = {
	/** ISO date, e.g. "2026-04-21". */
	date: string;
	month: number;
	/** 0 Sunday … 6 Saturday. */
	weekday: number;
	/** Quarter-hour of the day, 0–95. */
	quarter: number;
	/** Day of a 365-day year, 0–364; 29 February counts as 28 February. */
	dayOfYear: number;
};

const DAYS_BEFORE_MONTH = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334];

export function localTime(windowId: WindowId): LocalTime {
	const local = new Date((windowStart(windowId) + ICT_OFFSET_SECONDS) * 1000);
	const month = local.getUTCMonth() + 1;
	const day = Math.min(local.getUTCDate(), month === 2 ? 28 : 31);
	return {
		date: local.toISOString().slice(0, 10),
		month,
		weekday: local.getUTCDay(),
		quarter: local.getUTCHours() * 4 + Math.floor(local.getUTCMinutes() / 15),
		dayOfYear: (DAYS_BEFORE_MONTH[month - 1] as number) + day - 1,
	};
}
