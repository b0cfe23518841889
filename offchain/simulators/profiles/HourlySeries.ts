import { readFileSync } from "node:fs";
import type { ZoneCode } from "../../domain/grid/zones.ts";
import { localTime } from "../../domain/units/localTime.ts";
import type { WindowId } from "../../domain/units/window.ts";

const HOURS_PER_YEAR = 8760;

/**
 * One year of hourly output by zone, MW, from a shipped CSV. Each value is the mean of the hour that begins at its
 * timestamp; quarter-hours lie on straight lines between the middles of the hours. A file with a gap is refused.
 */
export class HourlySeries {
	readonly zones: ZoneCode[];
	readonly #columns: Map<ZoneCode, Float64Array>;
	readonly #peaks: Map<ZoneCode, number>;

	constructor(csv: string, name: string) {
		const lines = csv.split(/\r?\n/).filter((line) => line !== "" && !line.startsWith("#"));
		const header = (lines[0] ?? "").split(",");
		if (header[0] !== "timestamp" || lines.length - 1 !== HOURS_PER_YEAR) {
			throw new Error(`${name}: expected a header and ${HOURS_PER_YEAR} hours, got ${lines.length - 1}`);
		}
		this.zones = header.slice(1) as ZoneCode[];
		const columns = this.zones.map(() => new Float64Array(HOURS_PER_YEAR));
		for (let hour = 0; hour < HOURS_PER_YEAR; hour += 1) {
			const cells = (lines[hour + 1] as string).split(",");
			if (cells[0]?.slice(11, 13) !== String(hour % 24).padStart(2, "0")) {
				throw new Error(`${name}: row ${hour} is out of order (${cells[0]})`);
			}
			for (const [index, column] of columns.entries()) {
				const value = Number(cells[index + 1]);
				if (!(value >= 0)) throw new Error(`${name}: row ${hour}, ${this.zones[index]}: "${cells[index + 1]}"`);
				column[hour] = value;
			}
		}
		this.#columns = new Map(this.zones.map((zone, index) => [zone, columns[index] as Float64Array]));
		this.#peaks = new Map(this.zones.map((zone, index) => [zone, Math.max(...(columns[index] as Float64Array))]));
	}

	static fromFile(path: string): HourlySeries {
		return new HourlySeries(readFileSync(path, "utf8"), path);
	}

	/** Output in the window, MW. */
	megawatts(zone: ZoneCode, windowId: WindowId): number {
		const { dayOfYear, quarter } = localTime(windowId);
		const column = this.#column(zone);
		// Middle of the quarter-hour, measured from the middle of the year's first hour.
		const position = dayOfYear * 24 + (quarter + 0.5) / 4 - 0.5;
		const before = Math.floor(position);
		const weight = position - before;
		const at = (hour: number) => column[(hour + HOURS_PER_YEAR) % HOURS_PER_YEAR] as number;
		return at(before) * (1 - weight) + at(before + 1) * weight;
	}

	/** Output as a share of the year's highest, 0–1. */
	share(zone: ZoneCode, windowId: WindowId): number {
		return this.megawatts(zone, windowId) / (this.#peaks.get(zone) as number);
	}

	/** Mean of the window's day as a share of the year's highest, 0–1. */
	dayShare(zone: ZoneCode, windowId: WindowId): number {
		const first = localTime(windowId).dayOfYear * 24;
		const day = this.#column(zone).subarray(first, first + 24);
		return day.reduce((sum, value) => sum + value, 0) / 24 / (this.#peaks.get(zone) as number);
	}

	#column(zone: ZoneCode): Float64Array {
		const column = this.#columns.get(zone);
		if (column === undefined) throw new RangeError(`no series for zone ${zone}`);
		return column;
	}
}
