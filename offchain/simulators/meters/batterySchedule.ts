import { localTime } from "../../domain/units/localTime.ts";
import type { WindowId } from "../../domain/units/window.ts";

export type BatteryState = {
	/** Share of rated power drawn from the network in this window, 0–1. */
	chargeShare: number;
	/** Share of rated power injected into the network in this window, 0–1. */
	dischargeShare: number;
	/** State of charge when the window begins, share of capacity, 0–1. */
	stateOfChargeShare: number;
};

/** Hours of rated power a modelled battery stores. */
const CAPACITY_HOURS = 4;
const ROUND_TRIP_EFFICIENCY = 0.9;
const RESERVE_SHARE = 0.1;
/** The day's cycle ends empty at 22:00; counting starts there. */
const CYCLE_START_QUARTER = 22 * 4;

/**
 * Two cycles a day, the arbitrage the time-of-use tariff pays for: charge at night for the morning's step to on-peak,
 * charge on the solar hours for the evening peak. The state of charge follows from the hour alone, so that nothing
 * has to be remembered.
 */
export function batterySchedule(windowId: WindowId): BatteryState {
	const { quarter } = localTime(windowId);
	let hoursStored = RESERVE_SHARE * CAPACITY_HOURS;
	for (let at = CYCLE_START_QUARTER; at % 96 !== quarter; at += 1) {
		const { charge, discharge } = powerAt(at % 96);
		hoursStored += (charge * ROUND_TRIP_EFFICIENCY - discharge) / 4;
	}
	const stored = Math.min(CAPACITY_HOURS, Math.max(0, hoursStored));
	const { charge, discharge } = powerAt(quarter);
	return {
		chargeShare: Math.min(charge, ((CAPACITY_HOURS - stored) * 4) / ROUND_TRIP_EFFICIENCY),
		dischargeShare: Math.min(discharge, stored * 4),
		stateOfChargeShare: stored / CAPACITY_HOURS,
	};
}

function powerAt(quarter: number): { charge: number; discharge: number } {
	if (quarter >= 4 && quarter < 20) return { charge: 0.4, discharge: 0 };
	if (quarter >= 36 && quarter < 42) return { charge: 0, discharge: 0.9 };
	if (quarter >= 42 && quarter < 62) return { charge: 0.72, discharge: 0 };
	if (quarter >= 72 && quarter < 88) return { charge: 0, discharge: 0.8 };
	return { charge: 0, discharge: 0 };
}
