/** Tariffs a reference price is anchored to, sat/kWh; derived from `data/reference` at the venue's rate. */
export type PriceAnchors = {
	/** What a household is paid for its surplus without the market (2.20 THB/kWh). */
	buybackSatPerKwh: number;
	/** Regulated retail price by time of use, fuel adjustment included. */
	onPeakRetailSatPerKwh: number;
	offPeakRetailSatPerKwh: number;
	/** What a kWh with its certificate is worth above one without (EGAT's I-REC, 0.0175–0.028 THB/kWh). */
	greenPremiumSatPerKwh: number;
};

/** Everything a reference price depends on, for one zone and window. Missing knowledge is null, never a guess. */
export type PriceInputs = {
	anchors: PriceAnchors;
	isOnPeak: boolean;
	isHotSeason: boolean;
	/** Demanded and offered energy: traded and standing in the book, Wh. */
	demandWh: number;
	supplyWh: number;
	/** The control room's expected demand over what can be generated, parts per million; null when unknown or stale. */
	expectedDemandToSupplyPartsPerMillion: number | null;
	/** Congestion price of the zone against the average zone, sat/kWh; null before the first solution. */
	congestionSatPerKwh: number | null;
	/** Renewable share of generation in the zone, parts per million; null when unknown or stale. */
	renewableSharePartsPerMillion: number | null;
	/** System frequency, mHz; null when unknown or stale. */
	frequencyMillihertz: number | null;
	floorSatPerKwh: number;
	ceilingSatPerKwh: number;
};

/** One multiplier of a reference price, parts per million, with its reason for people. */
export type PriceFactor = { name: string; partsPerMillion: number; reason: string };

export type ReferencePrice = {
	/** Anchor × every factor, rounded to the nearest and held inside floor and ceiling, sat/kWh. */
	referenceSatPerKwh: number;
	/** What the factors multiply: midway between buyback and mean retail price, sat/kWh. */
	anchorSatPerKwh: number;
	/** Midway between buyback and the retail price of this hour: the tariff's answer without a market, sat/kWh. */
	benchmarkSatPerKwh: number;
	factors: PriceFactor[];
};
