import { ZONE_CODES, type ZoneCode } from "../../domain/grid/zones.ts";
import { type WindowId, windowAt } from "../../domain/units/window.ts";
import type { ThaiProfiles } from "../profiles/ThaiProfiles.ts";
import { deterministicUnit } from "../random/deterministicUnit.ts";

/** One scan of the control room, integers only. */
export type GridTelemetry = {
	/** Market time of the measurement. */
	measuredAtMillis: number;
	windowId: WindowId;
	frequencyMillihertz: number;
	zones: ZoneTelemetry[];
};

export type ZoneTelemetry = {
	zone: ZoneCode;
	demandMw: number;
	/** Expected demand one hour ahead. */
	demandForecastMw: number;
	renewableMw: { solar: number; wind: number; hydro: number };
	/** Net export of the zone by trades of this window, Wh; negative is import. */
	tradedNetExportWh: number;
};

const NOMINAL_MILLIHERTZ = 50_000;
/** Ordinary swing around 50 Hz; far inside the ±0.5 Hz band. */
const SWING_MILLIHERTZ = 45;
const FORECAST_WINDOWS = 4;
const SALT = { noise: 31 } as const;

/** What the control room would measure at this moment: a pure function of time, seed and the window's trades. */
export function gridTelemetry(
	profiles: ThaiProfiles,
	seed: number,
	nowMillis: number,
	tradedNetExportWh: ReadonlyMap<ZoneCode, number>,
): GridTelemetry {
	const windowId = windowAt(nowMillis / 1000);
	const domestic = ZONE_CODES.filter((zone) => profiles.load.zoneSharePartsPerMillion(zone) > 0);
	return {
		measuredAtMillis: nowMillis,
		windowId,
		frequencyMillihertz: frequency(seed, nowMillis),
		zones: domestic.map((zone) => ({
			zone,
			demandMw: Math.round(profiles.load.zoneMegawatts(zone, windowId)),
			demandForecastMw: Math.round(profiles.load.zoneMegawatts(zone, windowId + FORECAST_WINDOWS)),
			renewableMw: {
				solar: megawatts(profiles.solar, zone, windowId),
				wind: megawatts(profiles.wind, zone, windowId),
				hydro: megawatts(profiles.hydro, zone, windowId),
			},
			tradedNetExportWh: tradedNetExportWh.get(zone) ?? 0,
		})),
	};
}

/** Two slow swings and a little noise, as a healthy interconnection shows. */
function frequency(seed: number, nowMillis: number): number {
	const seconds = Math.floor(nowMillis / 1000);
	const swing = 0.6 * Math.sin(seconds / 97) + 0.3 * Math.sin(seconds / 31);
	const noise = 0.2 * (deterministicUnit(seed, seconds, SALT.noise) - 0.5);
	return NOMINAL_MILLIHERTZ + Math.round(SWING_MILLIHERTZ * (swing + noise));
}

function megawatts(series: ThaiProfiles["solar"], zone: ZoneCode, windowId: WindowId): number {
	return series.zones.includes(zone) ? Math.round(series.megawatts(zone, windowId)) : 0;
}
