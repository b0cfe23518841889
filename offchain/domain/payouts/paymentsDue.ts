import type { Address } from "../units/Address.ts";

const MSAT_PER_SAT = 1000;

/** Less is left to grow: a deposit costs the payer its gas. */
export const LEAST_PAYMENT_SAT = 100;

/** An account's payouts less its payments so far, msat. */
export type Owed = { account: Address; owedMsat: number };

export type PaymentDue = { account: Address; amountSat: number };

/**
 * Whole satoshi of what is owed, for accounts owed enough to be worth a transaction; the rest stays owed. Throws where more
 * was paid than ever owed.
 */
export function paymentsDue(owed: readonly Owed[], leastPaymentSat: number): PaymentDue[] {
	return owed.flatMap(({ account, owedMsat }) => {
		if (!Number.isSafeInteger(owedMsat) || owedMsat < 0) {
			throw new Error(`invariant: ${account} was paid more than it was owed: ${owedMsat} msat`);
		}
		const amountSat = Math.floor(owedMsat / MSAT_PER_SAT);
		return amountSat >= Math.max(1, leastPaymentSat) ? [{ account, amountSat }] : [];
	});
}
