import { proRataWh } from "../emergency/proRataWh.ts";

/** Reserve products, fastest first. */
export const RESERVE_PRODUCTS = ["primary", "secondary", "tertiary"] as const;
export type ReserveProduct = (typeof RESERVE_PRODUCTS)[number];

export type ReserveRequirement = Record<ReserveProduct, number>;

/**
 * Reserve required, MW, upward: primary is sized so that governors carry the largest loss; secondary is the regulation
 * band, at least 0.5 % of demand; tertiary replaces the largest loss less what secondary gives. Floors are EGAT's 2023
 * figures: regulation ±150, spinning 450, non-spinning 750 MW (`data/reference`).
 */
export function reserveRequirementMw(demandMw: number, largestUnitMw: number): ReserveRequirement {
	if (!(demandMw >= 0 && largestUnitMw >= 0)) throw new RangeError(`demand ${demandMw}, unit ${largestUnitMw} MW`);
	const secondary = Math.max(150, Math.ceil(0.005 * demandMw));
	return {
		primary: Math.max(450, Math.ceil(largestUnitMw)),
		secondary,
		tertiary: Math.max(750, Math.ceil(largestUnitMw) - secondary),
	};
}

/**
 * The part of the system's requirement that falls on an area of this share of its demand, whole kW, rounded up: an area
 * carries reserve by the demand it answers for (as ENTSO-E's regions and balancing groups do).
 */
export function areaRequirementMw(system: ReserveRequirement, sharePartsPerMillion: number): ReserveRequirement {
	if (!(sharePartsPerMillion >= 0 && sharePartsPerMillion <= 1e6)) throw new RangeError(`${sharePartsPerMillion} ppm`);
	const part = (mw: number) => Math.ceil((mw * sharePartsPerMillion) / 1000) / 1000;
	return { primary: part(system.primary), secondary: part(system.secondary), tertiary: part(system.tertiary) };
}

/** An offer to hold and, when called, to deliver balancing energy: a GridBalancing sell (up) or buy (down) order. */
export type ReserveOffer = {
	offerId: string;
	/** Seconds to full delivery; a product takes only offers fast enough. */
	activationSeconds: number;
	direction: "up" | "down";
	capacityMw: number;
	/** For holding it one hour, sat per MW. */
	holdingSatPerMwHour: number;
	/** For each kWh called; what the offerer pays for downward energy may be negative of a cost. */
	energySatPerKwh: number;
};

/** Slowest activation each product takes, s. */
export const FULL_ACTIVATION_SECONDS: Readonly<Record<ReserveProduct, number>> = {
	primary: 30,
	secondary: 300,
	tertiary: 900,
};

const KILOWATTS = 1000;
/** A requirement of 0.3 MW is 300 kW, whatever binary fractions make of it. */
const ROUNDING_KW = 1e-6;

export type Procurement = {
	product: ReserveProduct;
	requiredMw: number;
	accepted: { offerId: string; capacityMw: number }[];
	/** Dearest accepted offer: every accepted one is paid this for holding, sat per MW and hour. */
	marginalSatPerMwHour: number;
	/** What no offer covers: an alarm, never silently accepted. */
	missingMw: number;
};

/**
 * Buys each product by merit order: cheapest holding price first, the earlier offer at the same price, uniform price. A MW
 * is held once: what primary takes secondary cannot. Whole kW.
 */
export function procureReserves(
	requirement: ReserveRequirement,
	offers: readonly ReserveOffer[],
	direction: ReserveOffer["direction"],
): Procurement[] {
	const left = new Map(offers.map((offer) => [offer.offerId, Math.floor(offer.capacityMw * KILOWATTS)]));
	return RESERVE_PRODUCTS.map((product) => {
		const merit = offers
			.filter((offer) => offer.direction === direction && offer.activationSeconds <= FULL_ACTIVATION_SECONDS[product])
			.map((offer, index) => ({ offer, index }))
			.sort((a, b) => a.offer.holdingSatPerMwHour - b.offer.holdingSatPerMwHour || a.index - b.index);
		let missingKw = Math.ceil(requirement[product] * KILOWATTS - ROUNDING_KW);
		let marginalSatPerMwHour = 0;
		const accepted: Procurement["accepted"] = [];
		for (const { offer } of merit) {
			const capacityKw = Math.min(missingKw, left.get(offer.offerId) ?? 0);
			if (capacityKw <= 0) continue;
			left.set(offer.offerId, (left.get(offer.offerId) as number) - capacityKw);
			accepted.push({ offerId: offer.offerId, capacityMw: capacityKw / KILOWATTS });
			marginalSatPerMwHour = offer.holdingSatPerMwHour;
			missingKw -= capacityKw;
		}
		const missingMw = missingKw / KILOWATTS;
		return { product, requiredMw: requirement[product], accepted, marginalSatPerMwHour, missingMw };
	});
}

export type Activation = { offerId: string; calledWh: number; energySatPerKwh: number };

/**
 * Calls energy in one window from held capacity: for shortage the cheapest first, for surplus who pays most first; equal
 * prices share pro rata. Returns what could not be covered.
 */
export function activateReserves(
	wantedWh: number,
	held: readonly (Pick<ReserveOffer, "offerId" | "energySatPerKwh" | "direction"> & { availableWh: number })[],
	direction: ReserveOffer["direction"],
): { activations: Activation[]; missingWh: number } {
	if (!Number.isSafeInteger(wantedWh) || wantedWh < 0) throw new RangeError(`${wantedWh} Wh wanted`);
	const usable = held.filter((each) => each.direction === direction && each.availableWh > 0);
	const prices = [...new Set(usable.map(({ energySatPerKwh }) => energySatPerKwh))].sort((a, b) =>
		direction === "up" ? a - b : b - a,
	);
	const activations: Activation[] = [];
	let missingWh = wantedWh;
	for (const price of prices) {
		const equals = usable.filter(({ energySatPerKwh }) => energySatPerKwh === price);
		const claims = equals.map(({ availableWh }) => availableWh);
		const takenWh = Math.min(
			missingWh,
			claims.reduce((sum, wh) => sum + wh, 0),
		);
		const shares = proRataWh(takenWh, claims);
		equals.forEach(({ offerId }, index) => {
			const calledWh = shares[index] as number;
			if (calledWh > 0) activations.push({ offerId, calledWh, energySatPerKwh: price });
		});
		missingWh -= takenWh;
	}
	return { activations, missingWh };
}
