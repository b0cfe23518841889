import { shareProRata } from "../../units/shareProRata.ts";

/** Shares energy over claims in proportion (`shareProRata`). Throws where the claims do not cover it. */
export function proRataWh(amountWh: number, claimsWh: readonly number[]): number[] {
	const totalWh = claimsWh.reduce((sum, wh) => sum + wh, 0);
	if (amountWh > totalWh) throw new RangeError(`cannot share ${amountWh} Wh over claims of ${totalWh} Wh`);
	return shareProRata(amountWh, claimsWh);
}
