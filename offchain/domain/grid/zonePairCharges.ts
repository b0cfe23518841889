import type { ZonePairCharges } from "../settlement/chargeSatPerKwh.ts";
import type { GridLimits } from "./GridLimits.ts";
import { ZonalWindowHeadroom } from "./ZonalWindowHeadroom.ts";
import { licenseeOf, ZONE_CODES, ZONE_COUNT } from "./zones.ts";

/** Reference wheeling, THB per kWh, by how far the energy travels. */
export type WheelingTariff = {
	/** Within one zone: one distribution network. */
	sameZoneThbPerKwh: number;
	/** Between two zones of one licensee: distribution and transmission. */
	sameLicenseeThbPerKwh: number;
	/** Between two licensees, or across the border. */
	otherThbPerKwh: number;
};

export type ChargeConfiguration = {
	satPerThb: number;
	wheeling: WheelingTariff;
	platformSatPerKwh: number;
	/** Price at which lost energy is valued. */
	lossPriceSatPerKwh: number;
	/** Loss by zone pair (`[sell - 1][buy - 1]`), parts per million of the delivered energy. */
	lossPartsPerMillion: readonly (readonly number[])[];
	/** Congestion price by zone (`[zoneId - 1]`), sat/kWh; a pair pays the difference where that is positive. */
	congestionPriceSatPerKwh?: readonly number[];
};

/**
 * Demo values. The draft direct-PPA and sandbox tariffs are 1.07–1.15 THB/kWh for any distance; with the buyback at 2.20
 * and the low-voltage tariff between 2.64 (off-peak) and 5.80 THB they leave no room off-peak. So distance counts: a
 * neighbour pays the distribution part, and the full tariff is reached between licensees.
 */
export const DEFAULT_WHEELING: WheelingTariff = {
	sameZoneThbPerKwh: 0.3,
	sameLicenseeThbPerKwh: 0.75,
	otherThbPerKwh: 1.07,
};

/** `charges[sellZoneId - 1][buyZoneId - 1]` for the engine's `SetZoneCharges`: integers, each part rounded up once. */
export function zonePairCharges(configuration: ChargeConfiguration): ZonePairCharges[][] {
	const { satPerThb, wheeling, platformSatPerKwh, lossPriceSatPerKwh } = configuration;
	if (!(satPerThb > 0)) throw new RangeError(`satPerThb is ${satPerThb}`);
	return ZONE_CODES.map((_, sell) =>
		ZONE_CODES.map((_, buy) => ({
			lossSatPerKwh: Math.ceil(((configuration.lossPartsPerMillion[sell]?.[buy] as number) * lossPriceSatPerKwh) / 1e6),
			wheelingSatPerKwh: Math.ceil(wheelingThb(wheeling, sell + 1, buy + 1) * satPerThb),
			congestionSatPerKwh: congestion(configuration.congestionPriceSatPerKwh, sell, buy),
			platformSatPerKwh: Math.ceil(platformSatPerKwh),
		})),
	);
}

/**
 * Loss of a typical trade for every zone pair, parts per million of the delivered energy: what a trade of
 * `typicalWh` would be charged on an otherwise empty window.
 */
export function zonePairLosses(limits: GridLimits, typicalWh = 250_000): number[][] {
	const empty = new ZonalWindowHeadroom(limits);
	return Array.from({ length: ZONE_COUNT }, (_, sell) =>
		Array.from({ length: ZONE_COUNT }, (_, buy) => {
			const path = { sellZoneId: sell + 1, sellNodeId: 0, buyZoneId: buy + 1, buyNodeId: 0 };
			return Math.ceil((empty.lossOf(path, typicalWh) * 1e6) / typicalWh);
		}),
	);
}

function wheelingThb(tariff: WheelingTariff, sellZoneId: number, buyZoneId: number): number {
	if (sellZoneId === buyZoneId) return tariff.sameZoneThbPerKwh;
	const sameLicensee = licenseeOf(sellZoneId) === licenseeOf(buyZoneId);
	return sameLicensee ? tariff.sameLicenseeThbPerKwh : tariff.otherThbPerKwh;
}

function congestion(prices: readonly number[] | undefined, sell: number, buy: number): number {
	if (prices === undefined || sell === buy) return 0;
	return Math.max(0, Math.ceil((prices[buy] as number) - (prices[sell] as number)));
}
