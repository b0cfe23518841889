import type { ZoneId } from "../zones.ts";

/** Energy somebody would sell or buy in a zone at a price: open orders and the trades already made. */
export type ZonalOffer = {
	side: "sell" | "buy";
	zoneId: ZoneId;
	/** Net for a seller, all-in for a buyer, sat/kWh. */
	priceSatPerKwh: number;
	energyWh: number;
};

/** An element at its limit, with what more of it would be worth. */
export type CongestionPoint = {
	name: string;
	flowWh: number;
	/** The limit that holds, Wh of the window; negative in the element's negative direction. */
	limitWh: number;
	/** Welfare per kWh of additional limit, sat/kWh, ≥ 0. */
	shadowPriceSatPerKwh: number;
};

/** Prices of one window's least-cost exchange under the grid's limits; real numbers, rounded only where charged. */
export type CongestionSolution = {
	/** Worth of one more kWh in each zone (`[zoneId - 1]`), sat/kWh. */
	zonePriceSatPerKwh: number[];
	/** Congestion's part of it, against the average of the zones that trade, sat/kWh. */
	congestionSatPerKwh: number[];
	/** Marginal loss by zone: Wh lost more per Wh injected there. */
	marginalLoss: number[];
	/** Σ buyers' worth − sellers' cost of the solution, sat. */
	welfareSat: number;
	/** What congestion would collect, sat: Σ shadow price × limit. */
	congestionRentSat: number;
	/** Largest shadow price first. */
	congestionPoints: CongestionPoint[];
	netPositionWh: number[];
};
