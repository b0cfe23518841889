import type pg from "pg";
import { LEAST_PAYMENT_SAT } from "../../domain/payouts/paymentsDue.ts";
import { sleepMillis } from "../../infrastructure/clock/sleepMillis.ts";
import type { PayoutFigures } from "./DemoReport.ts";

/** Longest that the last payments may take to reach the chain and the index. */
const PATIENCE_MILLIS = 15_000;
const LOOK_MILLIS = 200;

/**
 * What was earned outside of trades and paid of it, once every settled window is worked out and nothing is due any more;
 * the deposits as the chain shows them.
 */
export async function payoutFigures(pool: pg.Pool, chainId: number): Promise<PayoutFigures> {
	for (let waited = 0; ; waited += LOOK_MILLIS) {
		const { rows } = await pool.query<PayoutFigures & { pending: number }>(
			`WITH earned AS (
				SELECT coalesce(sum(amount_msat) FILTER (WHERE kind = 'reserveHolding'), 0)::bigint AS holding,
					coalesce(sum(amount_msat) FILTER (WHERE kind = 'makerRebate'), 0)::bigint AS rebates FROM payouts
			), paid AS (
				SELECT coalesce(sum(amount_sat) FILTER (WHERE state = 'paid'), 0)::bigint AS sat,
					count(*) FILTER (WHERE state = 'sending') AS sending FROM payout_payments
			), ended AS (
				SELECT window_id FROM window_pipelines WHERE stage IN ('certified', 'reconciled')
			), outstanding AS (
				SELECT count(*) AS due FROM payout_balances WHERE owed_msat >= 1000 * $2::bigint
			), unsettled AS (
				SELECT (SELECT count(*) FROM balancing_windows JOIN ended USING (window_id) WHERE NOT is_holding_settled)
					+ (SELECT count(DISTINCT window_id) FROM maker_scores JOIN ended USING (window_id)
						WHERE window_id NOT IN (SELECT window_id FROM maker_windows)) AS windows
			), seen AS (
				SELECT coalesce(sum((args ->> 'amountMsat')::bigint), 0)::bigint AS msat
				FROM chain_events WHERE chain_id = $1 AND name = 'Deposited'
					AND transaction_hash IN (SELECT transaction_hash FROM payout_payments WHERE state = 'paid')
			)
			SELECT holding AS "reserveHoldingMsat", rebates AS "makerRebateMsat", sat AS "paidSat", msat AS "depositedMsat",
				holding + rebates - 1000 * sat AS "owedMsat", sending + windows + due AS pending
			FROM earned, paid, seen, unsettled, outstanding`,
			[chainId, LEAST_PAYMENT_SAT],
		);
		const { pending, ...figures } = rows[0] as PayoutFigures & { pending: number };
		const isAtRest = Number(pending) === 0 && figures.depositedMsat === figures.paidSat * 1000;
		if (isAtRest || waited >= PATIENCE_MILLIS) return figures;
		await sleepMillis(LOOK_MILLIS);
	}
}
