/**
 * The one charge function: every adder between a seller's net price and what the buyer pays, for a zone pair.
 * Integer sat/kWh, rounded up once where the schedule is computed. Its Solidity twin reads the same schedule.
 */
export type ZonePairCharges = {
	/** Paid to the seller for the energy lost on the way, which he has to inject on top. */
	lossSatPerKwh: number;
	/** Paid to the licensees for the use of their network. */
	wheelingSatPerKwh: number;
	/** Paid to the congestion account. */
	congestionSatPerKwh: number;
	/** Paid to the operator. */
	platformSatPerKwh: number;
};

/** What the buyer pays on top of the seller's net price. */
export function landedAdder(charges: ZonePairCharges): number {
	return charges.lossSatPerKwh + charges.wheelingSatPerKwh + charges.congestionSatPerKwh + charges.platformSatPerKwh;
}
