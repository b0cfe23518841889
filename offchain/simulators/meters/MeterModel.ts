import { zoneCode } from "../../domain/grid/zones.ts";
import { localTime } from "../../domain/units/localTime.ts";
import type { WindowId } from "../../domain/units/window.ts";
import type { ParticipantKind, SimulatedMeter } from "../participants/Participant.ts";
import type { ThaiProfiles } from "../profiles/ThaiProfiles.ts";
import { deterministicUnit } from "../random/deterministicUnit.ts";
import { batterySchedule } from "./batterySchedule.ts";

/** What the market maker's storage can always give, as a share of its nameplate. */
const MARKET_MAKER_SHARE = 0.5;
/** Of the meter-windows, how many deliver far less than forecast, and how many nothing. */
const SHORT_DELIVERY_CHANCE = 0.03;
const NON_DELIVERY_CHANCE = 0.01;

const SALT = { forecast: 11, weather: 12, fault: 13, depth: 14, load: 15 } as const;

/**
 * What a meter will do, would have been forecast to do, and consumes: a pure function of (seed, meter, window), so
 * that participants, meters and tests all see the same world and a restart repeats it. It knows no trades.
 */
export class MeterModel {
	readonly #profiles: ThaiProfiles;
	readonly #seed: number;

	constructor(profiles: ThaiProfiles, seed: number) {
		this.#profiles = profiles;
		this.#seed = seed;
	}

	/** Surplus the owner expects to inject, Wh; never above the nameplate. */
	forecastExportWh(kind: ParticipantKind, meter: SimulatedMeter, windowId: WindowId): number {
		// What is held in reserve is there whatever the weather; only a fault can take it.
		if (isReserve(kind)) return meter.maxWindowWh;
		const error = 1 + 0.08 * (this.#unit(meter, windowId, SALT.forecast) - 0.5);
		return Math.min(meter.maxWindowWh, Math.floor(this.#exportWh(kind, meter, windowId) * error));
	}

	/** Energy injected as the meter will read it, Wh. */
	actualExportWh(kind: ParticipantKind, meter: SimulatedMeter, windowId: WindowId): number {
		const weather = isReserve(kind) ? 1 : 1 + 0.1 * (this.#unit(meter, windowId, SALT.weather) - 0.5);
		const fault = this.#unit(meter, windowId, SALT.fault);
		const kept = 0.4 + 0.5 * this.#unit(meter, windowId, SALT.depth);
		const availability =
			fault < NON_DELIVERY_CHANCE ? 0 : fault < NON_DELIVERY_CHANCE + SHORT_DELIVERY_CHANCE ? kept : 1;
		return Math.min(meter.maxWindowWh, Math.floor(this.#exportWh(kind, meter, windowId) * weather * availability));
	}

	/** Energy the owner expects to draw, Wh. */
	forecastImportWh(kind: ParticipantKind, meter: SimulatedMeter, windowId: WindowId): number {
		if (meter.source === "battery" && kind === "battery") {
			return Math.floor(meter.maxWindowWh * batterySchedule(windowId).chargeShare);
		}
		const net = this.#loadWh(kind, meter, windowId) - this.#generationWh(kind, meter, windowId);
		return Math.max(0, Math.floor(net));
	}

	#exportWh(kind: ParticipantKind, meter: SimulatedMeter, windowId: WindowId): number {
		return Math.max(0, this.#generationWh(kind, meter, windowId) - this.#loadWh(kind, meter, windowId));
	}

	#generationWh(kind: ParticipantKind, meter: SimulatedMeter, windowId: WindowId): number {
		if (isReserve(kind)) return meter.maxWindowWh;
		const zone = zoneCode(meter.zoneId);
		switch (meter.source) {
			case "rooftopSolar":
			case "utilitySolar":
				return meter.maxWindowWh * this.#profiles.solarShare(zone, windowId);
			case "wind":
				return meter.maxWindowWh * this.#profiles.windShare(windowId);
			case "hydro":
				return meter.maxWindowWh * this.#profiles.hydroShare(zone, windowId);
			case "biomass":
				return meter.maxWindowWh * (this.#profiles.calendar.isOnPeak(windowId) ? 0.85 : 0.6);
			case "gas":
				return meter.maxWindowWh * 0.9;
			case "battery":
				return (
					meter.maxWindowWh * (kind === "marketMaker" ? MARKET_MAKER_SHARE : batterySchedule(windowId).dischargeShare)
				);
			default:
				return 0;
		}
	}

	#loadWh(kind: ParticipantKind, meter: SimulatedMeter, windowId: WindowId): number {
		const habit = 0.7 + 0.3 * this.#unit(meter, windowId, SALT.load);
		return meter.peakLoadWh * habit * this.#loadShare(kind, windowId);
	}

	#loadShare(kind: ParticipantKind, windowId: WindowId): number {
		const { quarter } = localTime(windowId);
		const demand = this.#profiles.load.relativeDemand(windowId) / 1.25;
		if (kind === "retailer") return Math.min(1, demand);
		if (kind === "factory") {
			const shift = quarter >= 32 && quarter < 72 && this.#profiles.calendar.isWorkingDay(windowId);
			return shift ? 0.95 : 0.45;
		}
		const evening = quarter >= 72 && quarter < 92;
		return Math.min(1, demand * (evening ? 1.2 : 0.6));
	}

	#unit(meter: SimulatedMeter, windowId: WindowId, salt: number): number {
		return deterministicUnit(this.#seed, meter.meterId, windowId, salt);
	}
}

function isReserve(kind: ParticipantKind): boolean {
	return kind === "reserveProvider" || kind === "gridOperator";
}
