import type { ZonalOffer } from "../../offchain/domain/grid/congestion/ZonalMarket.ts";
import type { GridLimits } from "../../offchain/domain/grid/GridLimits.ts";
import type { ZoneReading } from "../../offchain/domain/grid/telemetry/TelemetryScan.ts";
import type { ThaiNetwork } from "../../offchain/domain/grid/thai/ThaiNetwork.ts";
import { thaiGridLimits } from "../../offchain/domain/grid/thai/thaiGridLimits.ts";
import { ZONE_CODES } from "../../offchain/domain/grid/zones.ts";
import { WH_PER_MW_WINDOW } from "../../offchain/domain/units/units.ts";

/** Marginal cost of a zone's thermal plants in three equal steps, sat/kWh (1.8, 2.4 and 3.6 THB): an assumption. */
const THERMAL_STEPS_SAT_PER_KWH = [60, 80, 120];
const RENEWABLE_SAT_PER_KWH = 20;
/** Worth of demand in the model: the ceiling of the suggested band. */
const DEMAND_SAT_PER_KWH = 330;

/** The whole national system as one market of a window: its lines without a reference flow, all of their rating. */
export function systemLimits(network: ThaiNetwork): GridLimits {
	return thaiGridLimits(network, {
		referenceMw: ZONE_CODES.map(() => 0),
		capacitySharePartsPerMillion: 1_000_000,
	});
}

/** Demand and plants of a scan as offers. */
export function systemOffers(zones: readonly ZoneReading[]): ZonalOffer[] {
	return zones.flatMap((zone) => {
		const { solar, wind, hydro } = zone.renewableMw;
		const renewableMw = solar + wind + hydro;
		const thermalMw = Math.max(0, zone.availableMw - renewableMw);
		const offer = (side: "sell" | "buy", priceSatPerKwh: number, energyMw: number): ZonalOffer => ({
			side,
			zoneId: zone.zoneId,
			priceSatPerKwh,
			energyWh: Math.round(energyMw * WH_PER_MW_WINDOW),
		});
		return [
			offer("buy", DEMAND_SAT_PER_KWH, zone.demandMw),
			offer("sell", RENEWABLE_SAT_PER_KWH, renewableMw),
			...THERMAL_STEPS_SAT_PER_KWH.map((price) => offer("sell", price, thermalMw / THERMAL_STEPS_SAT_PER_KWH.length)),
		];
	});
}
