import type { PriceFactor, PriceInputs, ReferencePrice } from "./PriceInputs.ts";

const PPM = 1_000_000;
/** Share of the week's hours on-peak: 13 of 24 on 5 of 7 days. */
const ON_PEAK_SHARE = 65 / 168;
/** A ratio moves the price with its square root: fourfold scarcity doubles it, never more. */
const SUPPLY_DEMAND_RANGE = { least: PPM / 2, most: 2 * PPM };
/** The hot season's mean demand stands about 5 % above the year's (2023 hourly demand by month, data/load). */
const HOT_SEASON_PPM = 1_050_000;
const CONGESTION_RANGE = { least: PPM / 2, most: 2 * PPM };
const NOMINAL_MILLIHERTZ = 50_000;
/** Inside ±50 mHz the frequency says nothing about scarcity (normal regulation). */
const DEADBAND_MILLIHERTZ = 50;
/** The normal band of the Thai Grid Code, ±0.5 Hz, moves the price by at most 20 %. */
const BAND_MILLIHERTZ = 500;
const MOST_STABILITY_PPM = 200_000;

/**
 * Reference price of a zone and window (SPEC P1): `anchor × supplyDemand × timeOfUse × season × congestion × renewable ×
 * gridStability`, held between the authorities' floor and ceiling. Supply and demand lead; each factor is in the answer
 * with its reason, and what is not known multiplies by one. Informative: nobody is settled by it. Throws a `RangeError`
 * for anchors or a band that are no prices.
 */
export function referencePrice(inputs: PriceInputs): ReferencePrice {
	const { anchors, floorSatPerKwh, ceilingSatPerKwh } = inputs;
	const prices = [anchors.buybackSatPerKwh, anchors.onPeakRetailSatPerKwh, anchors.offPeakRetailSatPerKwh];
	if (!prices.every((price) => price > 0 && Number.isFinite(price))) throw new RangeError(`anchors ${prices}`);
	if (!(floorSatPerKwh >= 0 && ceilingSatPerKwh >= 0)) {
		throw new RangeError(`band ${floorSatPerKwh} to ${ceilingSatPerKwh} sat/kWh`);
	}
	const meanRetail =
		ON_PEAK_SHARE * anchors.onPeakRetailSatPerKwh + (1 - ON_PEAK_SHARE) * anchors.offPeakRetailSatPerKwh;
	const anchor = (anchors.buybackSatPerKwh + meanRetail) / 2;
	const retail = inputs.isOnPeak ? anchors.onPeakRetailSatPerKwh : anchors.offPeakRetailSatPerKwh;
	const benchmark = (anchors.buybackSatPerKwh + retail) / 2;
	const factors = [
		supplyDemand(inputs),
		timeOfUse(inputs, benchmark / anchor),
		season(inputs),
		congestion(inputs, anchor),
		renewable(inputs, anchor),
		gridStability(inputs),
	];
	const free = factors.reduce((price, factor) => (price * factor.partsPerMillion) / PPM, anchor);
	return {
		referenceSatPerKwh: Math.max(floorSatPerKwh, Math.min(ceilingSatPerKwh, Math.round(free))),
		anchorSatPerKwh: Math.round(anchor),
		benchmarkSatPerKwh: Math.round(benchmark),
		factors,
	};
}

function supplyDemand({ demandWh, supplyWh, expectedDemandToSupplyPartsPerMillion }: PriceInputs): PriceFactor {
	const name = "supplyDemand";
	if (demandWh > 0 || supplyWh > 0) {
		const ratio = supplyWh === 0 ? 4 : demandWh === 0 ? 0.25 : demandWh / supplyWh;
		const reason = `${demandWh} Wh wanted and ${supplyWh} Wh offered in this zone and window`;
		return { name, partsPerMillion: within(PPM * Math.sqrt(ratio), SUPPLY_DEMAND_RANGE), reason };
	}
	if (expectedDemandToSupplyPartsPerMillion !== null) {
		const ratio = expectedDemandToSupplyPartsPerMillion / PPM;
		const reason = `no orders yet; the control room expects ${percent(ratio)} of the generation to be needed`;
		return { name, partsPerMillion: within(PPM * Math.sqrt(ratio), SUPPLY_DEMAND_RANGE), reason };
	}
	return { name, partsPerMillion: PPM, reason: "no orders and no forecast" };
}

function timeOfUse({ isOnPeak }: PriceInputs, ratio: number): PriceFactor {
	const reason = isOnPeak ? "on-peak, 09:00–22:00 (UTC+7) of a working day" : "off-peak";
	return { name: "timeOfUse", partsPerMillion: Math.round(ratio * PPM), reason };
}

function season({ isHotSeason }: PriceInputs): PriceFactor {
	const reason = isHotSeason ? "hot season, March to May" : "outside the hot season";
	return { name: "season", partsPerMillion: isHotSeason ? HOT_SEASON_PPM : PPM, reason };
}

function congestion({ congestionSatPerKwh }: PriceInputs, anchor: number): PriceFactor {
	const name = "congestion";
	if (congestionSatPerKwh === null) return { name, partsPerMillion: PPM, reason: "no network solution yet" };
	const factor = within(PPM * (1 + congestionSatPerKwh / anchor), CONGESTION_RANGE);
	const side = congestionSatPerKwh > 0 ? "behind" : "before";
	const reason =
		congestionSatPerKwh === 0
			? "no line limits the zone"
			: `${side} a congested line: ${congestionSatPerKwh} sat/kWh against the average zone`;
	return { name, partsPerMillion: factor, reason };
}

function renewable({ renewableSharePartsPerMillion, anchors }: PriceInputs, anchor: number): PriceFactor {
	const name = "renewable";
	if (renewableSharePartsPerMillion === null) {
		return { name, partsPerMillion: PPM, reason: "the renewable share is not known" };
	}
	const share = Math.min(1, Math.max(0, renewableSharePartsPerMillion / PPM));
	const factor = Math.round(PPM * (1 + (share * anchors.greenPremiumSatPerKwh) / anchor));
	return { name, partsPerMillion: factor, reason: `${percent(share)} renewable, with its certificate's value` };
}

function gridStability({ frequencyMillihertz }: PriceInputs): PriceFactor {
	const name = "gridStability";
	if (frequencyMillihertz === null) return { name, partsPerMillion: PPM, reason: "telemetry missing or stale" };
	const deviation = frequencyMillihertz - NOMINAL_MILLIHERTZ;
	const reason = `system frequency ${(frequencyMillihertz / 1000).toFixed(3)} Hz`;
	if (Math.abs(deviation) <= DEADBAND_MILLIHERTZ) return { name, partsPerMillion: PPM, reason };
	const share = Math.min(1, (Math.abs(deviation) - DEADBAND_MILLIHERTZ) / (BAND_MILLIHERTZ - DEADBAND_MILLIHERTZ));
	const change = Math.round(share * MOST_STABILITY_PPM) * (deviation < 0 ? 1 : -1);
	return { name, partsPerMillion: PPM + change, reason };
}

function within(value: number, { least, most }: { least: number; most: number }): number {
	return Math.round(Math.min(most, Math.max(least, value)));
}

function percent(share: number): string {
	return `${(100 * share).toFixed(0)} %`;
}
