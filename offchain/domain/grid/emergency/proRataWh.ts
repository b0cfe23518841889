/**
 * Shares an amount over claims in proportion, in whole units, summing to it exactly: floors first, then one unit each to
 * the largest remainders, the earlier claim first. Products are exact integers. Throws where the claims do not cover it.
 */
export function proRataWh(amountWh: number, claimsWh: readonly number[]): number[] {
	const whole = [amountWh, ...claimsWh].every((wh) => Number.isSafeInteger(wh) && wh >= 0);
	const totalWh = claimsWh.reduce((sum, wh) => sum + wh, 0);
	if (!whole || !Number.isSafeInteger(totalWh) || amountWh > totalWh) {
		throw new RangeError(`cannot share ${amountWh} Wh over claims of ${totalWh} Wh`);
	}
	if (totalWh === 0) return claimsWh.map(() => 0);
	const shares = claimsWh.map((claim) => {
		const product = BigInt(amountWh) * BigInt(claim);
		return { wh: Number(product / BigInt(totalWh)), remainder: product % BigInt(totalWh) };
	});
	let leftWh = amountWh - shares.reduce((sum, { wh }) => sum + wh, 0);
	const byRemainder = shares
		.map((share, index) => ({ share, index }))
		.sort((a, b) =>
			a.share.remainder === b.share.remainder ? a.index - b.index : a.share.remainder > b.share.remainder ? -1 : 1,
		);
	for (const { share } of byRemainder) {
		if (leftWh === 0) break;
		share.wh += 1;
		leftWh -= 1;
	}
	return shares.map(({ wh }) => wh);
}
