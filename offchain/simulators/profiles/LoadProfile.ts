import { readFileSync } from "node:fs";
import type { ZoneCode } from "../../domain/grid/zones.ts";
import type { TimeOfUseCalendar } from "../../domain/pricing/TimeOfUseCalendar.ts";
import { localTime } from "../../domain/units/localTime.ts";
import type { WindowId } from "../../domain/units/window.ts";

type DayType = "weekday" | "weekend";
type LoadFile = { mean_MW: Record<string, Record<DayType, number[]>> };
type ShareFile = { parts_per_million: Partial<Record<ZoneCode, number>> };

const PARTS_PER_MILLION = 1_000_000;

/** National demand by month, day type and hour, spread over the zones by fixed shares. */
export class LoadProfile {
	readonly #file: LoadFile;
	readonly #shares: ShareFile["parts_per_million"];
	readonly #calendar: TimeOfUseCalendar;

	constructor(file: LoadFile, shares: ShareFile, calendar: TimeOfUseCalendar) {
		const sum = Object.values(shares.parts_per_million).reduce((total, share) => total + share, 0);
		if (sum !== PARTS_PER_MILLION) throw new Error(`zone shares sum to ${sum}, not ${PARTS_PER_MILLION}`);
		this.#file = file;
		this.#shares = shares.parts_per_million;
		this.#calendar = calendar;
	}

	static fromFiles(loadPath: string, sharePath: string, calendar: TimeOfUseCalendar): LoadProfile {
		return new LoadProfile(
			JSON.parse(readFileSync(loadPath, "utf8")) as LoadFile,
			JSON.parse(readFileSync(sharePath, "utf8")) as ShareFile,
			calendar,
		);
	}

	/** Mean national demand in the window, MW. The file gives hours by their end, so hour h is centred on h − ½. */
	nationalMegawatts(windowId: WindowId): number {
		const { month, quarter } = localTime(windowId);
		const hours = this.#file.mean_MW[month]?.[this.#calendar.isWorkingDay(windowId) ? "weekday" : "weekend"];
		if (hours?.length !== 24) throw new Error(`no demand for month ${month}`);
		const position = (quarter + 0.5) / 4 - 0.5;
		const before = Math.floor(position);
		const weight = position - before;
		const at = (hour: number) => hours[(hour + 24) % 24] as number;
		return at(before) * (1 - weight) + at(before + 1) * weight;
	}

	zoneMegawatts(zone: ZoneCode, windowId: WindowId): number {
		return (this.nationalMegawatts(windowId) * this.zoneSharePartsPerMillion(zone)) / PARTS_PER_MILLION;
	}

	/** Share of the zone in national demand; 0 for cross-border hubs. */
	zoneSharePartsPerMillion(zone: ZoneCode): number {
		return this.#shares[zone] ?? 0;
	}

	/** Demand relative to the month's mean of the same day type, about 0.8–1.2. */
	relativeDemand(windowId: WindowId): number {
		const { month } = localTime(windowId);
		const hours = this.#file.mean_MW[month]?.[this.#calendar.isWorkingDay(windowId) ? "weekday" : "weekend"];
		if (hours === undefined) throw new Error(`no demand for month ${month}`);
		return this.nationalMegawatts(windowId) / (hours.reduce((sum, value) => sum + value, 0) / hours.length);
	}
}
