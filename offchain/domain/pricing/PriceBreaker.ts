/** One trade's price in a zone, from the side that is there. */
export type PriceObservation = { priceSatPerKwh: number; energyWh: number };

export type PriceBreakerRules = {
	/** Half width of the band around the reference, a share of it … */
	bandPartsPerMillion: number;
	/** … and at least so much, so that cheap energy may move by a few satoshi. */
	leastBandSatPerKwh: number;
	/** Energy that must have made the reference before it can be left. */
	leastReferenceWh: number;
	/** Trades in one look below which a price is no move: one odd trade stops nobody. */
	leastTrades: number;
	/** What one look's price is worth in the next reference, at most; the rest stays the old one's. */
	weightPartsPerMillion: number;
};

export type PriceBreach = { referenceSatPerKwh: number; tradedSatPerKwh: number };

const PPM = 1_000_000;

/**
 * A band around a moving reference (SPEC P3): the reference follows what is traded, slowly; when what was traded since the
 * last look lies outside of the band, the move is too fast. After a breach the reference begins anew, so that trading can
 * resume at a price that turns out to be right. Whole satoshi at the edge, deterministic, no clock.
 */
export class PriceBreaker {
	readonly #rules: PriceBreakerRules;
	#referenceSatPerKwh = 0;
	#seenWh = 0;

	constructor(rules: PriceBreakerRules) {
		const { bandPartsPerMillion: band, weightPartsPerMillion: weight, leastReferenceWh } = rules;
		if (!(band > 0) || !(leastReferenceWh > 0) || !(weight > 0 && weight <= PPM))
			throw new RangeError(`breaker rules ${JSON.stringify(rules)}`);
		this.#rules = rules;
	}

	/** Null before enough was traded. */
	get referenceSatPerKwh(): number | null {
		return this.#seenWh < this.#rules.leastReferenceWh ? null : Math.round(this.#referenceSatPerKwh);
	}

	/** Takes what was traded since the last look; tells the move where it left the band. */
	observe(trades: readonly PriceObservation[]): PriceBreach | null {
		const energyWh = trades.reduce((sum, trade) => sum + trade.energyWh, 0);
		if (energyWh <= 0) return null;
		const traded = trades.reduce((sum, trade) => sum + trade.priceSatPerKwh * trade.energyWh, 0) / energyWh;
		const reference = this.referenceSatPerKwh;
		if (reference !== null && trades.length >= this.#rules.leastTrades) {
			const { bandPartsPerMillion, leastBandSatPerKwh } = this.#rules;
			const band = Math.max(leastBandSatPerKwh, (reference * bandPartsPerMillion) / PPM);
			if (Math.abs(traded - reference) > band) {
				this.#seenWh = 0;
				return { referenceSatPerKwh: reference, tradedSatPerKwh: Math.round(traded) };
			}
		}
		// By energy at first, so that the first trades count alike; later by the fixed weight, less for little energy.
		const { weightPartsPerMillion, leastReferenceWh } = this.#rules;
		const full = (weightPartsPerMillion / PPM) * Math.min(1, energyWh / leastReferenceWh);
		const weight = reference === null ? energyWh / (this.#seenWh + energyWh) : full;
		this.#referenceSatPerKwh += weight * (traded - this.#referenceSatPerKwh);
		this.#seenWh += energyWh;
		return null;
	}
}
