import type { EnergySource } from "../../domain/grid/energySource.ts";
import type { WindowId } from "../../domain/units/window.ts";
import { windowStart } from "../../domain/units/window.ts";
import type { SimulatedMeter } from "../participants/Participant.ts";
import { chance, crossZoneLead, localLead } from "./chance.ts";
import type { OrderIntent, Strategy, StrategyContext } from "./OrderIntent.ts";

/** Of the forecast, how much is offered: the rest covers losses and the forecast's error. */
const OFFERED_SHARE = 0.88;
const LEAST_SALE_WH = 100;
const TRANCHES = [0.5, 0.3, 0.2] as const;

/** Lowest net price a plant asks for, sat/kWh: off-peak, on-peak. Water and biomass have another use; wind and sun do not. */
const RESERVATION: Partial<Record<EnergySource, [offPeak: number, onPeak: number]>> = {
	hydro: [34, 66],
	wind: [30, 52],
	utilitySolar: [38, 58],
	biomass: [42, 70],
};

/** Offers a plant's forecast in three tranches at rising prices. */
export const generatorStrategy: Strategy = (participant, context) => {
	const meter = participant.meters[0] as SimulatedMeter;
	const offeredWh = offeredEnergyWh(context, participant.kind, meter);
	if (offeredWh < LEAST_SALE_WH) return [];
	const throwDice = chance(participant, context);
	const [offPeak, onPeak] = RESERVATION[meter.source] ?? [40, 70];
	const least = (context.calendar.isOnPeak(context.windowId) ? onPeak : offPeak) * (1 + 0.1 * throwDice(1));
	const intents = TRANCHES.map(
		(share, tranche): OrderIntent => ({
			meterId: meter.meterId,
			side: "sell",
			priceSatPerKwh: context.tariffs.clamp(least * (1 + 0.13 * tranche)),
			energyWh: Math.floor(offeredWh * share),
			leadSeconds: crossZoneLead(throwDice(2 + tranche)),
		}),
	);
	const last = intents[TRANCHES.length - 1] as OrderIntent;
	const style = throwDice(6);
	if (style < 0.15) {
		// Gives its last tranche to whoever is there, at no less than the reservation price.
		last.orderClass = "market";
		last.timeInForce = "ioc";
		last.priceSatPerKwh = context.tariffs.clamp(least);
	} else if (style < 0.3) {
		last.timeInForce = "gtt";
		last.validUntil = validUntilBeforeGate(context.windowId);
	} else if (style < 0.4) {
		last.postOnly = true;
		last.expectedReasons = ["POST_ONLY_WOULD_TRADE"];
	} else if (style < 0.5) {
		last.leadSeconds = localLead(throwDice(7));
	}
	return intents.filter(({ energyWh }) => energyWh >= LEAST_SALE_WH);
};

/** A household offers its rooftop surplus above the feed-in tariff, in one order. */
export const rooftopStrategy: Strategy = (participant, context) => {
	const meter = participant.meters[0] as SimulatedMeter;
	const offeredWh = offeredEnergyWh(context, participant.kind, meter);
	if (offeredWh < LEAST_SALE_WH) return [];
	const throwDice = chance(participant, context);
	const onPeak = context.calendar.isOnPeak(context.windowId);
	const floor = onPeak ? context.tariffs.feedInSatPerKwh() : context.tariffs.floorSatPerKwh + 8;
	const sell: OrderIntent = {
		meterId: meter.meterId,
		side: "sell",
		priceSatPerKwh: context.tariffs.clamp(floor * (1 + 0.25 * throwDice(1))),
		energyWh: offeredWh,
		leadSeconds: throwDice(2) < 0.85 ? crossZoneLead(throwDice(3)) : localLead(throwDice(3)),
	};
	if (throwDice(4) < 0.1) {
		const half = Math.floor(offeredWh / 2);
		return [
			{ ...sell, energyWh: offeredWh - half },
			{ ...sell, energyWh: half, timeInForce: "ioc", leadSeconds: localLead(throwDice(5)) },
		];
	}
	return [sell];
};

export function offeredEnergyWh(
	context: StrategyContext,
	kind: Parameters<Strategy>[0]["kind"],
	meter: SimulatedMeter,
): number {
	return Math.floor(context.meters.forecastExportWh(kind, meter, context.windowId) * OFFERED_SHARE);
}

/** Ten minutes before delivery: the order is gone before the gate closes. */
function validUntilBeforeGate(windowId: WindowId): number {
	return windowStart(windowId) - 600;
}
