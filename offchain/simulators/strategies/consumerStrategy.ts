import type { SimulatedMeter } from "../participants/Participant.ts";
import { chance, crossZoneLead, localLead } from "./chance.ts";
import type { OrderIntent, Strategy } from "./OrderIntent.ts";

/** Below this a purchase is not worth an order, Wh. */
const LEAST_PURCHASE_WH = 50;

/** Buys the forecast consumption below the retail tariff: half of it early and cheap, the rest dearer and later. */
export const consumerStrategy: Strategy = (participant, context) => {
	const meter = participant.meters[0] as SimulatedMeter;
	const wantedWh = context.meters.forecastImportWh(participant.kind, meter, context.windowId);
	if (wantedWh < LEAST_PURCHASE_WH) return [];
	const throwDice = chance(participant, context);
	const retail = context.tariffs.retailSatPerKwh(participant.kind, context.calendar.isOnPeak(context.windowId));
	const buy = (energyWh: number, ofRetail: number, leadSeconds: number): OrderIntent => ({
		meterId: meter.meterId,
		side: "buy",
		priceSatPerKwh: context.tariffs.clamp(retail * ofRetail),
		energyWh,
		leadSeconds,
	});
	if (participant.kind === "household" && throwDice(1) < 0.6) {
		return [buy(wantedWh, 0.86 + 0.12 * throwDice(2), crossZoneLead(throwDice(3)))];
	}
	const halfWh = Math.floor(wantedWh / 2);
	const early = buy(halfWh, 0.82 + 0.1 * throwDice(4), crossZoneLead(throwDice(5) * 0.6));
	const late = buy(wantedWh - halfWh, 0.92 + 0.06 * throwDice(6), crossZoneLead(0.6 + throwDice(7) * 0.4));
	const style = throwDice(8);
	if (style < 0.12) {
		// In a hurry: takes what is there at no more than retail; what is not there is not wanted.
		late.orderClass = "market";
		late.timeInForce = "ioc";
		late.priceSatPerKwh = context.tariffs.clamp(retail);
	} else if (style < 0.24) {
		late.timeInForce = "ioc";
	} else if (style < 0.3) {
		late.timeInForce = "fok";
		late.expectedReasons = ["FILL_OR_KILL"];
	} else if (style < 0.45) {
		// Raises an unfilled early bid.
		early.cancel = {
			leadSeconds: early.leadSeconds - 240,
			replacement: { ...buy(halfWh, 0.96, early.leadSeconds - 240), energyWh: Math.ceil(halfWh / 2) },
		};
	} else if (style < 0.52) {
		early.cancel = { leadSeconds: early.leadSeconds - 300 };
	} else if (style < 0.6) {
		late.leadSeconds = localLead(throwDice(9));
	}
	return [early, late];
};
