import type { TelemetryScan, VoltageReading, ZoneReading } from "../../domain/grid/telemetry/TelemetryScan.ts";
import type { ThaiNetwork } from "../../domain/grid/thai/ThaiNetwork.ts";
import { ThaiZonalModel } from "../../domain/grid/thai/ThaiZonalModel.ts";
import { ZONE_CODES, type ZoneCode, zoneId } from "../../domain/grid/zones.ts";
import { type WindowId, windowAt } from "../../domain/units/window.ts";
import type { ThaiProfiles } from "../profiles/ThaiProfiles.ts";
import { deterministicUnit } from "../random/deterministicUnit.ts";
import { zoneDispatchMw } from "./zoneDispatchMw.ts";

const NOMINAL_MILLIHERTZ = 50_000;
/** Ordinary swing around 50 Hz; far inside the ±0.5 Hz band. */
const SWING_MILLIHERTZ = 30;
/** While demand climbs plants follow a little late and frequency sags; while it falls it floats: mHz per % in a window. */
const FOLLOWING_MILLIHERTZ_PER_PERCENT = 12;
const MOST_FOLLOWING_MILLIHERTZ = 18;
const FORECAST_WINDOWS = 4;
const PEAK_MW = 36_700;
const SALT = { noise: 31, voltage: 32 } as const;

type Outages = (nowMillis: number) => readonly string[];

/**
 * What EGAT's control room would measure: demand, sun, wind and water from the shipped Thai series; thermal dispatch near
 * demand first; line flows by the DC power flow of the network in service. Frequency is an ordinary day's swing and
 * voltages a usual profile (they sag with load): neither is solved for. A pure function of time, seed, outages and trades.
 */
export class ControlRoomModel {
	readonly #profiles: ThaiProfiles;
	readonly #network: ThaiNetwork;
	readonly #seed: number;
	readonly #sourceId: string;
	readonly #outages: Outages;
	readonly #demandFactor: number;
	/** Of the lines in service; rebuilt when an outage begins or ends. */
	#model: { key: string; zonal: ThaiZonalModel } | null = null;

	constructor(options: {
		profiles: ThaiProfiles;
		network: ThaiNetwork;
		seed: number;
		sourceId: string;
		/** Lines out of service at a time; none by default. */
		outages?: Outages;
		/** Multiplies the profile's mean demand: 1 by default. */
		demandFactor?: number;
	}) {
		this.#profiles = options.profiles;
		this.#network = options.network;
		this.#seed = options.seed;
		this.#sourceId = options.sourceId;
		this.#outages = options.outages ?? (() => []);
		this.#demandFactor = options.demandFactor ?? 1;
	}

	/** `traded`: net export by zone of the running window's trades, Wh. Throws where outages split the network. */
	scan(nowMillis: number, traded: ReadonlyMap<ZoneCode, number>): TelemetryScan {
		const measuredAtMillis = Math.floor(nowMillis);
		const windowId = windowAt(measuredAtMillis / 1000);
		const outages = [...this.#outages(measuredAtMillis)].sort();
		const zones = this.#zones(windowId, traded);
		const demandMw = zones.reduce((sum, zone) => sum + zone.demandMw, 0);
		const netMw = ZONE_CODES.map((_, zone) => {
			const reading = zones.find((each) => each.zoneId === zone + 1);
			return reading === undefined ? 0 : reading.generationMw - reading.demandMw;
		});
		const { reduction } = this.#zonal(outages);
		const flowsMw = reduction.model.flowsMw(reduction.busInjectionsMw(netMw));
		return {
			sourceId: this.#sourceId,
			sequence: Math.floor(measuredAtMillis / 1000),
			measuredAtMillis,
			frequencyMillihertz: this.#frequency(measuredAtMillis),
			zones,
			voltages: this.#voltages(zones, demandMw, measuredAtMillis),
			flows: this.#network.lines.map(({ name, ratingMva }, line) => ({
				name,
				flowKilowatts: Math.round((flowsMw[line] as number) * 1000),
				limitKilowatts: Math.round(ratingMva * 1000),
			})),
			outages,
		};
	}

	#zones(windowId: WindowId, traded: ReadonlyMap<ZoneCode, number>): ZoneReading[] {
		const { load, solar, wind, hydro } = this.#profiles;
		const readings = ZONE_CODES.map((code) => ({
			demand: this.#demandFactor * load.zoneMegawatts(code, windowId),
			forecast: this.#demandFactor * load.zoneMegawatts(code, windowId + FORECAST_WINDOWS),
			solar: megawatts(solar, code, windowId),
			wind: megawatts(wind, code, windowId),
			hydro: megawatts(hydro, code, windowId),
		}));
		const renewable = readings.map((each) => each.solar + each.wind + each.hydro);
		const { thermalMw, availableMw } = zoneDispatchMw(
			this.#network,
			readings.map(({ demand }) => demand),
			renewable,
		);
		return ZONE_CODES.map((code, zone) => {
			const reading = readings[zone] as (typeof readings)[number];
			return {
				zoneId: zoneId(code),
				demandMw: Math.round(reading.demand),
				demandForecastMw: Math.round(reading.forecast),
				generationMw: Math.round((renewable[zone] as number) + (thermalMw[zone] as number)),
				availableMw: Math.round((renewable[zone] as number) + (availableMw[zone] as number)),
				renewableMw: { solar: reading.solar, wind: reading.wind, hydro: reading.hydro },
				tradedNetExportWh: traded.get(code) ?? 0,
			};
		});
	}

	#zonal(outages: readonly string[]): ThaiZonalModel {
		const key = outages.join("\n");
		if (this.#model?.key !== key) {
			const referenceMw = ZONE_CODES.map(() => 0);
			this.#model = { key, zonal: new ThaiZonalModel(this.#network, { outages, referenceMw }) };
		}
		return this.#model.zonal;
	}

	/** Two slow swings, a little noise and what plants lag behind the demand's course, as a healthy interconnection shows. */
	#frequency(nowMillis: number): number {
		const seconds = Math.floor(nowMillis / 1000);
		const swing = 0.6 * Math.sin(seconds / 97) + 0.3 * Math.sin(seconds / 31);
		const noise = 0.2 * (deterministicUnit(this.#seed, seconds, SALT.noise) - 0.5);
		return NOMINAL_MILLIHERTZ + Math.round(SWING_MILLIHERTZ * (swing + noise) - this.#followingMillihertz(seconds));
	}

	#followingMillihertz(seconds: number): number {
		const { load } = this.#profiles;
		const windowId = windowAt(seconds);
		const percent = 100 * (load.nationalMegawatts(windowId + 1) / load.nationalMegawatts(windowId) - 1);
		const lag = FOLLOWING_MILLIHERTZ_PER_PERCENT * percent;
		return Math.min(MOST_FOLLOWING_MILLIHERTZ, Math.max(-MOST_FOLLOWING_MILLIHERTZ, lag));
	}

	/** The main bus of each zone: 1.02 p.u. at no load, 0.98 at the record, ±0.2 % noise. */
	#voltages(zones: readonly ZoneReading[], demandMw: number, nowMillis: number): VoltageReading[] {
		const seconds = Math.floor(nowMillis / 1000);
		return zones.map(({ zoneId: id }) => {
			const code = ZONE_CODES[id - 1] as ZoneCode;
			const noise = deterministicUnit(this.#seed, seconds, SALT.voltage, id) - 0.5;
			return {
				busName: `${code} 230 kV`,
				baseKilovolts: 230,
				voltagePartsPerMillion: Math.round(1_020_000 - (40_000 * demandMw) / PEAK_MW + 4_000 * noise),
			};
		});
	}
}

function megawatts(series: ThaiProfiles["solar"], zone: ZoneCode, windowId: WindowId): number {
	return series.zones.includes(zone) ? Math.round(series.megawatts(zone, windowId)) : 0;
}
