/**
 * Shares an amount by weights, in whole units, summing to it exactly: floors first, then one unit each to the largest
 * remainders, the earlier weight first. Products are exact integers. Without any weight nobody gets anything.
 */
export function shareProRata(amount: number, weights: readonly number[]): number[] {
	const total = weights.reduce((sum, weight) => sum + weight, 0);
	const isWhole = [amount, total, ...weights].every((each) => Number.isSafeInteger(each) && each >= 0);
	if (!isWhole) throw new RangeError(`cannot share ${amount} by weights of ${total}`);
	if (total === 0) return weights.map(() => 0);
	const shares = weights.map((weight) => {
		const product = BigInt(amount) * BigInt(weight);
		return { amount: Number(product / BigInt(total)), remainder: product % BigInt(total) };
	});
	let left = amount - shares.reduce((sum, share) => sum + share.amount, 0);
	const byRemainder = shares
		.map((share, index) => ({ share, index }))
		.sort((a, b) =>
			a.share.remainder === b.share.remainder ? a.index - b.index : a.share.remainder > b.share.remainder ? -1 : 1,
		);
	for (const { share } of byRemainder) {
		if (left === 0) break;
		share.amount += 1;
		left -= 1;
	}
	return shares.map((share) => share.amount);
}
