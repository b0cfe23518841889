import type { EngineInput } from "../domain/engine/EngineInput.ts";
import { marketRulesInput } from "../domain/engine/marketRulesInput.ts";
import type { GridLimits } from "../domain/grid/GridLimits.ts";
import { zonePairLosses } from "../domain/grid/zonePairCharges.ts";
import { wheelingSatPerKwh } from "../domain/settlement/chargeParts.ts";
import type { ZonePairCharges } from "../domain/settlement/chargeSatPerKwh.ts";
import type { MarketRulesVersion } from "../domain/settlement/SettlementRules.ts";
import type { WindowId } from "../domain/units/window.ts";

/** Price at which energy lost on the way is paid for: the middle of what solar and wind sell for here. */
const LOSS_PRICE_SAT_PER_KWH = 90;

/** What a new market is told before its first order: the grid, and the rules and their charges where they are known. */
export function genesisInputs(
	limits: GridLimits,
	rules: MarketRulesVersion | null,
	firstWindow: WindowId,
): EngineInput[] {
	const grid = { type: "SetGridLimits" as const, fromWindow: 0, toWindow: firstWindow + 1_000_000, limits };
	if (rules === null) return [grid];
	grid.limits = { ...limits, lossCapPartsPerMillion: rules.lossCapPermille * 1000 };
	return [marketRulesInput(rules), { type: "SetZoneCharges", charges: zoneCharges(limits, rules) }, grid];
}

/** The regulator's network charges, and the loss a typical trade causes between each two zones. */
export function zoneCharges(limits: GridLimits, rules: MarketRulesVersion): ZonePairCharges[][] {
	return zonePairLosses(limits).map((row, sell) =>
		row.map((lossPartsPerMillion, buy) => ({
			lossSatPerKwh: Math.ceil((lossPartsPerMillion * LOSS_PRICE_SAT_PER_KWH) / 1e6),
			wheelingSatPerKwh: wheelingSatPerKwh(rules, sell + 1, buy + 1),
			congestionSatPerKwh: 0,
			platformSatPerKwh: rules.platformSatPerKwh,
		})),
	);
}
