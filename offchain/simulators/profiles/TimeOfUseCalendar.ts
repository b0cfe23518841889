import { readFileSync } from "node:fs";
import type { WindowId } from "../../domain/units/window.ts";
import { localTime } from "./localTime.ts";

type CalendarFile = {
	off_peak_weekdays: Record<string, string[]>;
	hot_season_months: number[];
};

const PEAK_FROM_QUARTER = 9 * 4;
const PEAK_TO_QUARTER = 22 * 4;

/** What a simulated participant knows of the Thai time-of-use tariff: on-peak 09:00–22:00 on working days. */
export class TimeOfUseCalendar {
	readonly #holidays: Set<string>;
	readonly #hotMonths: Set<number>;

	constructor(file: CalendarFile) {
		this.#holidays = new Set(Object.values(file.off_peak_weekdays).flat());
		this.#hotMonths = new Set(file.hot_season_months);
	}

	static fromFile(path: string): TimeOfUseCalendar {
		return new TimeOfUseCalendar(JSON.parse(readFileSync(path, "utf8")) as CalendarFile);
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
