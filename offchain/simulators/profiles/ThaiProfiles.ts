import { join } from "node:path";
import type { ZoneCode } from "../../domain/grid/zones.ts";
import type { TimeOfUseCalendar } from "../../domain/pricing/TimeOfUseCalendar.ts";
import { localTime } from "../../domain/units/localTime.ts";
import type { WindowId } from "../../domain/units/window.ts";
import { loadTimeOfUseCalendar } from "../../infrastructure/pricing/loadTimeOfUseCalendar.ts";
import { HourlySeries } from "./HourlySeries.ts";
import { LoadProfile } from "./LoadProfile.ts";

const DATA = join(import.meta.dirname, "..", "..", "..", "data");

/** Zones whose own plants the series do not hold take a neighbour's weather. */
const SOLAR_NEIGHBOUR: Partial<Record<ZoneCode, ZoneCode>> = { MEA: "C1", N1: "N2", NE3: "NE1" };
const HYDRO_NEIGHBOUR: Partial<Record<ZoneCode, ZoneCode>> = { MEA: "C3", C1: "C2", N1: "N2", N3: "N2" };

/** Hydro plants hold water back for the dear hours: evening first, then the working day. */
const HYDRO_SHAPE = hydroShape();

/** Weather, water and demand of the shipped Thai series, as shares of nameplate per 15-minute window. */
export class ThaiProfiles {
	readonly calendar: TimeOfUseCalendar;
	readonly load: LoadProfile;
	readonly solar: HourlySeries;
	readonly wind: HourlySeries;
	readonly hydro: HourlySeries;

	constructor(dataFolder: string = DATA) {
		this.calendar = loadTimeOfUseCalendar(join(dataFolder, "calendar/thai-calendar.json"));
		this.load = LoadProfile.fromFiles(
			join(dataFolder, "load/thai-load-2023.json"),
			join(dataFolder, "load/thai-zone-shares.json"),
			this.calendar,
		);
		this.solar = HourlySeries.fromFile(join(dataFolder, "solar/thai-solar-2016.csv"));
		this.wind = HourlySeries.fromFile(join(dataFolder, "wind/thai-wind-2016.csv"));
		this.hydro = HourlySeries.fromFile(join(dataFolder, "hydro/thai-hydro-1996.csv"));
	}

	solarShare(zone: ZoneCode, windowId: WindowId): number {
		return this.solar.share(SOLAR_NEIGHBOUR[zone] ?? zone, windowId);
	}

	/** All modelled wind plants stand in the north-east, the only area with a wind series. */
	windShare(windowId: WindowId): number {
		return this.wind.share("NE3", windowId);
	}

	/** The day's water, moved towards the peak hours; the day's energy stays the same unless the plant runs full. */
	hydroShare(zone: ZoneCode, windowId: WindowId): number {
		const mean = this.hydro.dayShare(HYDRO_NEIGHBOUR[zone] ?? zone, windowId);
		return Math.min(1, mean * (HYDRO_SHAPE[localTime(windowId).quarter] as number));
	}
}

function hydroShape(): number[] {
	const weights = Array.from({ length: 96 }, (_, quarter) => {
		if (quarter >= 72 && quarter < 88) return 1.8;
		if (quarter >= 36 && quarter < 72) return 1.1;
		return 0.65;
	});
	const mean = weights.reduce((sum, weight) => sum + weight, 0) / weights.length;
	return weights.map((weight) => weight / mean);
}
