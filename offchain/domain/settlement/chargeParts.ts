import { type Licensee, licenseeOf } from "../grid/zones.ts";
import type { MarketRulesVersion } from "./SettlementRules.ts";

/** Who receives which part of a trade's charges, sat/kWh. */
export type ChargeParts = Record<Licensee | "congestion" | "platform", number>;

/** All the regulator lets be charged between two zones: the most by which the buyer's price may exceed the seller's. */
export function chargeCapSatPerKwh(rules: MarketRulesVersion, sellZoneId: number, buyZoneId: number): number {
	return wheelingSatPerKwh(rules, sellZoneId, buyZoneId) + rules.platformSatPerKwh + rules.congestionCapSatPerKwh;
}

/** Use of the networks from the seller to the buyer: his distribution, and between zones transmission and hers. */
export function wheelingSatPerKwh(rules: MarketRulesVersion, sellZoneId: number, buyZoneId: number): number {
	const sellSide = distribution(rules, sellZoneId);
	if (sellZoneId === buyZoneId) return sellSide;
	return sellSide + rules.transmissionSatPerKwh + distribution(rules, buyZoneId);
}

/**
 * Splits a charge: the networks first (seller's, transmission, buyer's), then the platform; the rest is congestion.
 * Twin of `WindowSettlement._charge`.
 */
export function chargeParts(
	rules: MarketRulesVersion,
	sellZoneId: number,
	buyZoneId: number,
	chargeSatPerKwh: number,
): ChargeParts {
	const parts: ChargeParts = { EGAT: 0, MEA: 0, PEA: 0, congestion: 0, platform: 0 };
	let left = chargeSatPerKwh;
	const take = (receiver: keyof ChargeParts, most: number): void => {
		const part = Math.min(most, left);
		parts[receiver] += part;
		left -= part;
	};
	take(licenseeOf(sellZoneId), distribution(rules, sellZoneId));
	if (sellZoneId !== buyZoneId) {
		take("EGAT", rules.transmissionSatPerKwh);
		take(licenseeOf(buyZoneId), distribution(rules, buyZoneId));
	}
	take("platform", rules.platformSatPerKwh);
	take("congestion", left);
	return parts;
}

function distribution(rules: MarketRulesVersion, zoneId: number): number {
	return rules.distributionSatPerKwh[zoneId - 1] ?? 0;
}
