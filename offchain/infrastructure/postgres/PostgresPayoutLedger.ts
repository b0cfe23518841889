import type pg from "pg";
import type {
	Payment,
	PaymentEnd,
	PayoutLedger,
	PayoutQueries,
	PayoutStatement,
} from "../../application/ports/Payouts.ts";
import type { Payout } from "../../domain/payouts/Payout.ts";
import type { Owed } from "../../domain/payouts/paymentsDue.ts";
import type { Address } from "../../domain/units/Address.ts";
import { transaction } from "./transaction.ts";

const PAYMENT = `payment_id AS "paymentId", account, amount_sat AS "amountSat", state,
	transaction_hash AS "transactionHash", detail`;

/** Payouts and payments in PostgreSQL; what is owed is always their difference, never a number of its own. */
export class PostgresPayoutLedger implements PayoutLedger, PayoutQueries {
	private readonly pool: pg.Pool;

	constructor(pool: pg.Pool) {
		this.pool = pool;
	}

	record(payouts: readonly Payout[]): Promise<void> {
		return recordPayouts(this.pool, payouts);
	}

	async owed(): Promise<Owed[]> {
		const { rows } = await this.pool.query<{ account: Address; owed: string | number }>(
			"SELECT account, owed_msat::bigint AS owed FROM payout_balances WHERE owed_msat <> 0 ORDER BY account",
		);
		return rows.map(({ account, owed }) => ({ account, owedMsat: Number(owed) }));
	}

	async beginPayment(account: Address, amountSat: number): Promise<Payment> {
		return transaction(this.pool, async (client) => {
			await client.query("SELECT pg_advisory_xact_lock(hashtextextended('payouts', 0))");
			const { rows } = await client.query<Payment>(
				`INSERT INTO payout_payments (account, amount_sat)
				SELECT $1, $2::bigint FROM payout_balances WHERE account = $1 AND owed_msat >= 1000 * $2::bigint
				RETURNING ${PAYMENT}`,
				[account, amountSat],
			);
			if (rows[0] === undefined) throw new Error(`invariant: ${account} is owed less than ${amountSat} sat`);
			return rows[0];
		});
	}

	async openPayments(): Promise<Payment[]> {
		const { rows } = await this.pool.query<Payment>(
			`SELECT ${PAYMENT} FROM payout_payments WHERE state = 'sending' ORDER BY payment_id`,
		);
		return rows;
	}

	async endPayment(paymentId: number, end: PaymentEnd): Promise<void> {
		await this.pool.query(
			`UPDATE payout_payments SET state = $2, transaction_hash = $3, detail = $4, ended_at = now()
			WHERE payment_id = $1 AND state = 'sending'`,
			[
				paymentId,
				end.status,
				end.status === "paid" ? end.transactionHash : null,
				end.status === "refused" ? end.detail : null,
			],
		);
	}

	async statement(account: Address, limit: number): Promise<PayoutStatement> {
		const sums = await this.pool.query(
			`SELECT earned_msat::bigint AS earned, paid_sat::bigint AS paid, owed_msat::bigint AS owed
			FROM payout_balances WHERE account = $1`,
			[account],
		);
		const payouts = await this.pool.query<Omit<Payout, "account">>(
			`SELECT kind, window_id AS "windowId", reference, amount_msat AS "amountMsat"
			FROM payouts WHERE account = $1 ORDER BY window_id DESC, kind, reference LIMIT $2`,
			[account, limit],
		);
		const payments = await this.pool.query<Payment>(
			`SELECT ${PAYMENT} FROM payout_payments WHERE account = $1 ORDER BY payment_id DESC LIMIT $2`,
			[account, limit],
		);
		const { earned = 0, paid = 0, owed = 0 } = sums.rows[0] ?? {};
		return {
			account,
			earnedMsat: Number(earned),
			paidSat: Number(paid),
			owedMsat: Number(owed),
			payouts: payouts.rows,
			payments: payments.rows.map(({ account: _, ...payment }) => payment),
		};
	}
}

/** All or none, also within a transaction of what they are worked out from. */
export async function recordPayouts(db: pg.Pool | pg.PoolClient, payouts: readonly Payout[]): Promise<void> {
	if (payouts.length === 0) return;
	await db.query(
		`INSERT INTO payouts (kind, window_id, account, reference, amount_msat)
		SELECT * FROM unnest($1::text[], $2::bigint[], $3::text[], $4::text[], $5::bigint[])
		ON CONFLICT DO NOTHING`,
		[
			payouts.map(({ kind }) => kind),
			payouts.map(({ windowId }) => windowId),
			payouts.map(({ account }) => account),
			payouts.map(({ reference }) => reference),
			payouts.map(({ amountMsat }) => amountMsat),
		],
	);
}
