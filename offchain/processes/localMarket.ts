import type { EngineInput } from "../domain/engine/EngineInput.ts";
import type { GridLimits } from "../domain/grid/GridLimits.ts";
import { ZONE_CODES } from "../domain/grid/zones.ts";
import { wheelingSatPerKwh } from "../domain/settlement/chargeParts.ts";
import type { ZonePairCharges } from "../domain/settlement/chargeSatPerKwh.ts";
import type { WindowId } from "../domain/units/window.ts";
import { LOCAL_RULES } from "./localParameters.ts";

export type LocalGrid = { limits: GridLimits };

export function localGrid(): LocalGrid {
	return { limits: { elements: [], nodes: [], distributionLossPartsPerMillion: ZONE_CODES.map(() => 0) } };
}

/** What a new market is told before its first order: rules, charges and the grid. */
export function genesisInputs(grid: LocalGrid, firstWindow: WindowId): EngineInput[] {
	const { floorSatPerKwh, ceilingSatPerKwh, tickSatPerKwh, shortfallSatPerKwh } = LOCAL_RULES;
	return [
		{
			type: "SetMarketRules",
			fromWindow: 0,
			floorSatPerKwh,
			ceilingSatPerKwh,
			tickSatPerKwh,
			shortfallMarginSatPerKwh: shortfallSatPerKwh - floorSatPerKwh,
		},
		{ type: "SetZoneCharges", charges: zoneCharges() },
		{ type: "SetGridLimits", fromWindow: 0, toWindow: firstWindow + 1_000_000, limits: grid.limits },
	];
}

function zoneCharges(): ZonePairCharges[][] {
	const zones = ZONE_CODES.map((_, index) => index + 1);
	return zones.map((sell) =>
		zones.map((buy) => ({
			lossSatPerKwh: 0,
			wheelingSatPerKwh: wheelingSatPerKwh(LOCAL_RULES, sell, buy),
			congestionSatPerKwh: 0,
			platformSatPerKwh: LOCAL_RULES.platformSatPerKwh,
		})),
	);
}
