import type { SimulatedMeter } from "../participants/Participant.ts";
import { chance, crossZoneLead } from "./chance.ts";
import { offeredEnergyWh } from "./generatorStrategy.ts";
import type { OrderIntent, Strategy } from "./OrderIntent.ts";

/** Buys in the cheap hours for the dear ones: its schedule and state of charge bound what it offers. */
export const storageStrategy: Strategy = (participant, context) => {
	const meter = participant.meters[0] as SimulatedMeter;
	const throwDice = chance(participant, context);
	const onPeak = context.calendar.isOnPeak(context.windowId);
	const intent = (side: "buy" | "sell", priceSatPerKwh: number, energyWh: number, n: number): OrderIntent => ({
		meterId: meter.meterId,
		side,
		priceSatPerKwh: context.tariffs.clamp(priceSatPerKwh),
		energyWh,
		leadSeconds: crossZoneLead(throwDice(n)),
	});
	const dischargeWh = offeredEnergyWh(context, participant.kind, meter);
	if (dischargeWh > 0) {
		const first = Math.floor(dischargeWh * 0.6);
		const [low, high] = onPeak ? [78, 92] : [48, 56];
		return [
			intent("sell", low + 8 * throwDice(1), first, 2),
			intent("sell", high + 8 * throwDice(3), dischargeWh - first, 4),
		];
	}
	const chargeWh = context.meters.forecastImportWh(participant.kind, meter, context.windowId);
	if (chargeWh === 0) return [];
	return [intent("buy", (onPeak ? 96 : 72) + 12 * throwDice(5), chargeWh, 6)];
};
