import type { Activation, Procurement } from "./reserves.ts";

export type HoldingPayment = { offerId: string; amountMsat: number };

const KILOWATTS_PER_MW = 1000;
const WINDOWS_PER_HOUR = 4;

/**
 * What holding reserve in one window earns, in whole msat rounded down: the uniform price of each product on what was
 * accepted of an offer. Of an offer that was called, only the share it delivered earns: capacity that is not there when it
 * is needed was not held. Its energy and what it owes for a shortfall are settled with the trade, not here.
 */
export function holdingPayments(
	procurement: readonly Procurement[],
	activations: readonly Pick<Activation, "offerId" | "calledWh">[],
	/** By offer, Wh in the called direction; missing counts as nothing. */
	deliveredWh: ReadonlyMap<string, number>,
): HoldingPayment[] {
	const earned = new Map<string, number>();
	for (const { accepted, marginalSatPerMwHour } of procurement) {
		for (const { offerId, capacityMw } of accepted) {
			// kW × sat/MWh ÷ 4 windows an hour are msat.
			const kilowatts = Math.round(capacityMw * KILOWATTS_PER_MW);
			const amountMsat = Math.floor((kilowatts * marginalSatPerMwHour) / WINDOWS_PER_HOUR);
			earned.set(offerId, (earned.get(offerId) ?? 0) + amountMsat);
		}
	}
	for (const { offerId, calledWh } of activations) {
		const heldMsat = earned.get(offerId);
		if (heldMsat === undefined || calledWh === 0) continue;
		const deliveredPart = Math.min(calledWh, Math.max(0, deliveredWh.get(offerId) ?? 0));
		earned.set(offerId, Number((BigInt(heldMsat) * BigInt(deliveredPart)) / BigInt(calledWh)));
	}
	return [...earned].flatMap(([offerId, amountMsat]) => (amountMsat > 0 ? [{ offerId, amountMsat }] : []));
}
