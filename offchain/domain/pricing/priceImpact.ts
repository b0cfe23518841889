/** Energy standing at one price, best first. */
export type BookLevel = { priceSatPerKwh: number; energyWh: number };

export type PriceImpact = {
	/** What the book holds of the wanted energy, Wh. */
	availableWh: number;
	/** Volume-weighted price of what is available, sat/kWh, rounded to the nearest; null for an empty book. */
	averageSatPerKwh: number | null;
	worstSatPerKwh: number | null;
	/** How far the worst price lies from the best, sat/kWh. */
	impactSatPerKwh: number;
};

/** What taking `wantedWh` from one side of a book would cost (SPEC M7), charges and grid limits left aside. */
export function priceImpact(levels: readonly BookLevel[], wantedWh: number): PriceImpact {
	let left = wantedWh;
	let amountMsat = 0;
	let worst: number | null = null;
	for (const { priceSatPerKwh, energyWh } of levels) {
		if (left <= 0) break;
		const takenWh = Math.min(left, energyWh);
		amountMsat += takenWh * priceSatPerKwh;
		left -= takenWh;
		if (takenWh > 0) worst = priceSatPerKwh;
	}
	const availableWh = wantedWh - left;
	const best = levels[0]?.priceSatPerKwh ?? null;
	return {
		availableWh,
		averageSatPerKwh: availableWh > 0 ? Math.round(amountMsat / availableWh) : null,
		worstSatPerKwh: worst,
		impactSatPerKwh: worst === null || best === null ? 0 : Math.abs(worst - best),
	};
}

/** Parts per million: the smaller side's energy within 10 % of the best price, over the wanted energy, at most 1. */
export function liquidityPartsPerMillion(
	bids: readonly BookLevel[],
	asks: readonly BookLevel[],
	wantedWh: number,
): number {
	if (!(wantedWh > 0)) throw new RangeError(`wanted energy ${wantedWh} Wh`);
	const near = (levels: readonly BookLevel[]) => {
		const best = levels[0]?.priceSatPerKwh ?? 0;
		return levels
			.filter(({ priceSatPerKwh }) => Math.abs(priceSatPerKwh - best) * 10 <= best)
			.reduce((sum, { energyWh }) => sum + energyWh, 0);
	};
	return Math.min(1_000_000, Math.floor((Math.min(near(bids), near(asks)) * 1_000_000) / wantedWh));
}
