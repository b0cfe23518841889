import { validateGridLimits } from "../../grid/validateGridLimits.ts";
import { MAX_ENERGY_WH, MAX_PRICE_SAT_PER_KWH } from "../../units/units.ts";
import type { EngineInput, TrimTrades } from "../EngineInput.ts";

/**
 * What is malformed in what the venue's own processes tell the engine, or null; orders and facts have checks of their
 * own. A number that is none would spread through funds, capacity and headroom unseen.
 */
export function operatorRefusal(input: EngineInput): string | null {
	switch (input.type) {
		case "SetMarketRules": {
			const { fromWindow, floorSatPerKwh: floor, ceilingSatPerKwh: ceiling, tickSatPerKwh: tick } = input;
			if (!isCount(fromWindow)) return "the first window";
			if (!isPrice(floor) || !isPrice(ceiling)) return "floor or ceiling";
			if (!isPrice(tick) || tick === 0) return "the tick";
			if (!isPrice(input.shortfallMarginSatPerKwh)) return "the margin";
			return isCount(input.callSeconds ?? 0) ? null : "the length of a call";
		}
		case "SetZoneCharges": {
			const { range } = input;
			if (range !== undefined && (!isCount(range.fromWindow) || !isCount(range.toWindow))) return "the windows";
			const pairs = input.charges.flat();
			const isWhole = pairs.every((pair) => PARTS.every((part) => isPrice(pair[part])));
			return isWhole ? null : "a charge is not a whole number of sat/kWh from 0";
		}
		case "SetGridLimits": {
			if (!isCount(input.fromWindow) || !isCount(input.toWindow)) return "the windows";
			const faults = validateGridLimits(input.limits);
			return faults.length === 0 ? null : faults.join("; ");
		}
		case "SetMeterForecast": {
			const { meterId, windowId, maxWh } = input;
			return isCount(meterId) && isCount(windowId) && isCount(maxWh) ? null : `the forecast of meter ${meterId}`;
		}
		case "RaiseBuyingPower":
			return isCount(input.amountMsat) ? null : "the amount";
		case "TrimTrades": {
			const isWrong = ({ keptWh, trimmedWh }: TrimTrades["trims"][number]) =>
				!isCount(keptWh) || !isCount(trimmedWh) || trimmedWh === 0 || keptWh + trimmedWh > MAX_ENERGY_WH;
			const wrong = input.trims.find(isWrong);
			return wrong === undefined ? null : `trade ${wrong.tradeId}`;
		}
		default:
			return null;
	}
}

const PARTS = ["lossSatPerKwh", "wheelingSatPerKwh", "congestionSatPerKwh", "platformSatPerKwh"] as const;

function isCount(value: number): boolean {
	return Number.isSafeInteger(value) && value >= 0;
}

function isPrice(value: number): boolean {
	return isCount(value) && value <= MAX_PRICE_SAT_PER_KWH;
}
