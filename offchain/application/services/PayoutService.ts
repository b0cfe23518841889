import { paymentsDue } from "../../domain/payouts/paymentsDue.ts";
import type { Payment, PayoutChain, PayoutLedger } from "../ports/Payouts.ts";

export type PayoutOptions = {
	ledger: PayoutLedger;
	chain: PayoutChain;
	/** Less than this is left to grow, sat. */
	leastPaymentSat: number;
	/** For people: a payment that was refused. */
	onRefused: (line: string) => void;
};

/**
 * Pays what the venue owes outside of trades into the vault: one deposit an account, written down before it is sent, so that
 * a crash in between neither loses nor doubles it. What is refused stays owed and is tried again at a later look. One
 * process pays at a time: the one that owns the paying key.
 */
export class PayoutService {
	readonly #options: PayoutOptions;

	constructor(options: PayoutOptions) {
		this.#options = options;
	}

	/** Looks once: carries on with what was under way, then pays what has become due. False where a payment was refused. */
	async refresh(): Promise<boolean> {
		const { ledger, leastPaymentSat } = this.#options;
		let isAllPaid = true;
		for (const payment of await ledger.openPayments()) isAllPaid = (await this.#pay(payment)) && isAllPaid;
		for (const { account, amountSat } of paymentsDue(await ledger.owed(), leastPaymentSat)) {
			isAllPaid = (await this.#pay(await ledger.beginPayment(account, amountSat))) && isAllPaid;
		}
		return isAllPaid;
	}

	async #pay(payment: Payment): Promise<boolean> {
		const { ledger, chain, onRefused } = this.#options;
		const end = await chain.pay(payment);
		await ledger.endPayment(payment.paymentId, end);
		if (end.status === "paid") return true;
		onRefused(`payouts: ${payment.amountSat} sat to ${payment.account} were refused: ${end.detail}`);
		return false;
	}
}
