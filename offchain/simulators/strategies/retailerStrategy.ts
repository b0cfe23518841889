import type { SimulatedMeter } from "../participants/Participant.ts";
import { chance, crossZoneLead, localLead } from "./chance.ts";
import { offeredEnergyWh } from "./generatorStrategy.ts";
import type { OrderIntent, Strategy } from "./OrderIntent.ts";

const BUY_TRANCHES = [0.4, 0.3, 0.2, 0.1] as const;

/**
 * Covers its customers' balance with cheap power and offers its contracted gas plant above everything it bids, so
 * that it never meets itself.
 */
export const retailerStrategy: Strategy = (participant, context) => {
	const [load, plant] = participant.meters as [SimulatedMeter, SimulatedMeter];
	const throwDice = chance(participant, context);
	const onPeak = context.calendar.isOnPeak(context.windowId);
	const wantedWh = context.meters.forecastImportWh(participant.kind, load, context.windowId);
	const highestBid = onPeak ? 128 : 80;
	const bids = BUY_TRANCHES.map(
		(share, tranche): OrderIntent => ({
			meterId: load.meterId,
			side: "buy",
			priceSatPerKwh: context.tariffs.clamp(highestBid - 7 * (BUY_TRANCHES.length - 1 - tranche)),
			energyWh: Math.floor(wantedWh * share),
			leadSeconds: crossZoneLead(throwDice(tranche)),
			selfTradeMode: "cancelNewest",
		}),
	);
	const offer: OrderIntent = {
		meterId: plant.meterId,
		side: "sell",
		priceSatPerKwh: context.tariffs.clamp(highestBid + 6),
		energyWh: Math.floor(offeredEnergyWh(context, participant.kind, plant) / 2),
		leadSeconds: crossZoneLead(throwDice(8)),
	};
	return [
		...bids,
		offer,
		{ ...offer, priceSatPerKwh: offer.priceSatPerKwh + 12, leadSeconds: localLead(throwDice(9)) },
	];
};
