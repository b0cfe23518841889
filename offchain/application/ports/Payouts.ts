import type { Payout } from "../../domain/payouts/Payout.ts";
import type { Owed } from "../../domain/payouts/paymentsDue.ts";
import type { Address, Hash32 } from "../../domain/units/Address.ts";

export type PaymentState = "sending" | "paid" | "refused";

/** One deposit into an account's vault balance. */
export type Payment = {
	paymentId: number;
	account: Address;
	amountSat: number;
	state: PaymentState;
	transactionHash: Hash32 | null;
	/** Why it was refused. */
	detail: string | null;
};

/** Everything owed outside of trades and everything paid of it: added to, never changed. */
export interface PayoutLedger {
	/** All or none; what is there already stays as it is. */
	record(payouts: readonly Payout[]): Promise<void>;
	/** Accounts that are owed anything, payments under way taken as made. */
	owed(): Promise<Owed[]>;
	/** Written before it is sent. Throws where less is owed than that. */
	beginPayment(account: Address, amountSat: number): Promise<Payment>;
	/** Payments whose end is not known, oldest first. */
	openPayments(): Promise<Payment[]>;
	endPayment(paymentId: number, end: PaymentEnd): Promise<void>;
}

export type PaymentEnd = { status: "paid"; transactionHash: Hash32 } | { status: "refused"; detail: string };

/** Pays into vault balances from the venue's own wallet. The same payment id pays once, however often it is asked for. */
export interface PayoutChain {
	pay(payment: Payment): Promise<PaymentEnd>;
}

export type PayoutStatement = {
	account: Address;
	earnedMsat: number;
	/** Paid and under way. */
	paidSat: number;
	owedMsat: number;
	/** Newest first. */
	payouts: Omit<Payout, "account">[];
	payments: Omit<Payment, "account">[];
};

export interface PayoutQueries {
	/** At most `limit` payouts and payments each. */
	statement(account: Address, limit: number): Promise<PayoutStatement>;
}
