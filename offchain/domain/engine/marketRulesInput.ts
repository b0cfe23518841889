import type { MarketRulesVersion } from "../settlement/SettlementRules.ts";
import type { SetMarketRules } from "./EngineInput.ts";

/** Market time in which a window, or a zone after a halt, collects orders for its first price. */
const CALL_SECONDS = 60;

/** What the engine is told of the regulator's version: a seller reserves what a shortfall may cost beyond the cheapest sale. */
export function marketRulesInput(rules: MarketRulesVersion): SetMarketRules {
	const { fromWindow, floorSatPerKwh, ceilingSatPerKwh, tickSatPerKwh, shortfallSatPerKwh } = rules;
	return {
		type: "SetMarketRules",
		fromWindow,
		floorSatPerKwh,
		ceilingSatPerKwh,
		tickSatPerKwh,
		shortfallMarginSatPerKwh: Math.max(0, shortfallSatPerKwh - floorSatPerKwh),
		callSeconds: CALL_SECONDS,
	};
}
