import type { Address } from "../units/Address.ts";
import { shareProRata } from "../units/shareProRata.ts";

export type MakerRebates = {
	/** What is shared, msat. */
	poolMsat: number;
	rebates: { account: Address; amountMsat: number }[];
};

/**
 * Shares a part of the platform charges of one window over its market makers by their scores, to the msat. Without scores
 * nothing is shared: what is paid never exceeds what was taken.
 */
export function makerRebates(
	platformMsat: number,
	sharePartsPerMillion: number,
	scores: readonly { account: Address; score: number }[],
): MakerRebates {
	if (!Number.isSafeInteger(platformMsat) || platformMsat < 0) throw new RangeError(`${platformMsat} msat of charges`);
	if (!(sharePartsPerMillion >= 0 && sharePartsPerMillion <= 1e6)) throw new RangeError(`${sharePartsPerMillion} ppm`);
	if (scores.every(({ score }) => score === 0)) return { poolMsat: 0, rebates: [] };
	const poolMsat = Number((BigInt(platformMsat) * BigInt(sharePartsPerMillion)) / 1_000_000n);
	const amounts = shareProRata(
		poolMsat,
		scores.map(({ score }) => score),
	);
	const rebates = scores.map(({ account }, index) => ({ account, amountMsat: amounts[index] as number }));
	return { poolMsat, rebates: rebates.filter(({ amountMsat }) => amountMsat > 0) };
}
