import type pg from "pg";
import type { BalancingRecord, BalancingWindow, RecordedBalancing } from "../../application/ports/Balancing.ts";
import type { Payout } from "../../domain/payouts/Payout.ts";
import type { WindowId } from "../../domain/units/window.ts";
import { recordPayouts } from "./PostgresPayoutLedger.ts";
import { transaction } from "./transaction.ts";

const COLUMNS = `window_id AS "windowId", procured, offers, activation`;

export class PostgresBalancingRecord implements BalancingRecord {
	private readonly pool: pg.Pool;

	constructor(pool: pg.Pool) {
		this.pool = pool;
	}

	async find(windowId: WindowId): Promise<RecordedBalancing | null> {
		const { rows } = await this.pool.query<RecordedBalancing>(
			`SELECT ${COLUMNS} FROM balancing_windows WHERE window_id = $1`,
			[windowId],
		);
		return rows[0] ?? null;
	}

	async keepProcurement({ windowId, procured, offers }: Omit<RecordedBalancing, "activation">): Promise<void> {
		await this.pool.query(
			"INSERT INTO balancing_windows (window_id, procured, offers) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
			[windowId, JSON.stringify(procured), JSON.stringify(offers)],
		);
	}

	async keepActivation(windowId: WindowId, activation: NonNullable<BalancingWindow["activation"]>): Promise<void> {
		await this.pool.query("UPDATE balancing_windows SET activation = $2 WHERE window_id = $1 AND activation IS NULL", [
			windowId,
			JSON.stringify(activation),
		]);
	}

	async unpaid(limit: number): Promise<(RecordedBalancing & { injectedWh: ReadonlyMap<number, number> })[]> {
		const { rows } = await this.pool.query<RecordedBalancing & { readings: [number, number][] }>(
			`SELECT ${COLUMNS}, (
				SELECT coalesce(json_agg(json_build_array(meter_id, exported_wh)), '[]') FROM readings
				WHERE readings.window_id = balancing_windows.window_id AND meter_id IN (
					SELECT (offer ->> 'meterId')::bigint FROM jsonb_array_elements(offers) AS offer)
			) AS readings
			FROM balancing_windows JOIN window_pipelines USING (window_id)
			WHERE NOT is_holding_settled AND stage IN ('certified', 'reconciled', 'empty', 'missed', 'voided', 'expired')
			ORDER BY window_id LIMIT $1`,
			[limit],
		);
		return rows.map(({ readings, ...recorded }) => ({ ...recorded, injectedWh: new Map(readings) }));
	}

	async keepHolding(windowId: WindowId, payouts: readonly Payout[]): Promise<void> {
		await transaction(this.pool, async (client) => {
			const { rowCount } = await client.query(
				"UPDATE balancing_windows SET is_holding_settled = true WHERE window_id = $1 AND NOT is_holding_settled",
				[windowId],
			);
			if (rowCount === 1) await recordPayouts(client, payouts);
		});
	}
}
