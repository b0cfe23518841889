import { localTime } from "../units/localTime.ts";
import type { WindowId } from "../units/window.ts";

/** `data/calendar/thai-calendar.json`: dates by year, ISO, Thai local. */
export type CalendarDocument = {
	off_peak_weekdays: Record<string, string[]>;
	hot_season_months: number[];
};

const PEAK_FROM_QUARTER = 9 * 4;
const PEAK_TO_QUARTER = 22 * 4;

/**
 * The Thai time-of-use tariff's calendar (SPEC P2): on-peak 09:00–22:00 (UTC+7) Monday to Friday; off-peak otherwise and on
 * public holidays. Substitution days stay on-peak. Source: MEA's time-of-use page; the dates are in the document.
 */
export class TimeOfUseCalendar {
	readonly #holidays: Set<string>;
	readonly #hotMonths: Set<number>;

	constructor(document: CalendarDocument) {
		this.#holidays = new Set(Object.values(document.off_peak_weekdays).flat());
		this.#hotMonths = new Set(document.hot_season_months);
	}

	/** Working day: Monday to Friday and no public holiday. Substitution days count as working days. */
	isWorkingDay(windowId: WindowId): boolean {
		const { weekday, date } = localTime(windowId);
		return weekday !== 0 && weekday !== 6 && !this.#holidays.has(date);
	}

	isOnPeak(windowId: WindowId): boolean {
		const { quarter } = localTime(windowId);
		return quarter >= PEAK_FROM_QUARTER && quarter < PEAK_TO_QUARTER && this.isWorkingDay(windowId);
	}

	isHotSeason(windowId: WindowId): boolean {
		return this.#hotMonths.has(localTime(windowId).month);
	}
}
