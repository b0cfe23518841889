import type pg from "pg";
import type { MakerScore, MakerScores, UnrewardedWindow } from "../../application/ports/MakerScores.ts";
import type { Payout } from "../../domain/payouts/Payout.ts";
import type { Quote } from "../../domain/pricing/quotingScores.ts";
import { decodeRecord } from "../../domain/settlement/decodeRecord.ts";
import type { Address, Hex } from "../../domain/units/Address.ts";
import type { WindowId } from "../../domain/units/window.ts";
import { recordPayouts } from "./PostgresPayoutLedger.ts";
import { transaction } from "./transaction.ts";

/** Scores in PostgreSQL; quotes from the read models, zones from the meters the chain registered. */
export class PostgresMakerScores implements MakerScores {
	private readonly pool: pg.Pool;
	private readonly chainId: number;

	constructor(pool: pg.Pool, chainId: number) {
		this.pool = pool;
		this.chainId = chainId;
	}

	async quotedWindows(windowIds: readonly WindowId[]): Promise<WindowId[]> {
		const { rows } = await this.pool.query<{ windowId: WindowId }>(
			`SELECT window_id AS "windowId" FROM unnest($1::bigint[]) AS asked(window_id)
			WHERE EXISTS (SELECT FROM orders WHERE orders.window_id = asked.window_id AND state IN ('active', 'partiallyFilled'))`,
			[windowIds],
		);
		return rows.map(({ windowId }) => windowId);
	}

	async quotes(windowId: WindowId): Promise<ReadonlyMap<number, Quote[]>> {
		const { rows } = await this.pool.query<Quote & { zoneId: number }>(
			`WITH book AS (
				SELECT trader AS account, side, price_sat_per_kwh AS price, sum(open_wh)::bigint AS open_wh, meter_id
				FROM orders WHERE window_id = $1 AND state IN ('active', 'partiallyFilled')
				GROUP BY trader, side, price_sat_per_kwh, meter_id)
			SELECT book.account, book.side, book.price AS "priceSatPerKwh", book.open_wh AS "openWh", meter.zone AS "zoneId"
			FROM book JOIN LATERAL (
				SELECT (args ->> 'zoneId')::int AS zone FROM chain_events
				WHERE chain_id = $2 AND name = 'MeterRegistered' AND args ? 'meterId' AND (args ->> 'meterId')::bigint = book.meter_id
				ORDER BY block_number DESC LIMIT 1) AS meter ON true`,
			[windowId, this.chainId],
		);
		const byZone = new Map<number, Quote[]>();
		for (const { zoneId, ...quote } of rows) {
			const here = byZone.get(zoneId);
			if (here === undefined) byZone.set(zoneId, [quote]);
			else here.push(quote);
		}
		return byZone;
	}

	async add(windowId: WindowId, scores: ReadonlyMap<Address, number>): Promise<void> {
		if (scores.size === 0) return;
		await this.pool.query(
			`INSERT INTO maker_scores (window_id, account, score, samples)
			SELECT $1, account, score, 1 FROM unnest($2::text[], $3::bigint[]) AS sample(account, score)
			ON CONFLICT (window_id, account)
				DO UPDATE SET score = maker_scores.score + excluded.score, samples = maker_scores.samples + 1`,
			[windowId, [...scores.keys()], [...scores.values()]],
		);
	}

	async ofWindow(windowId: WindowId): Promise<MakerScore[]> {
		const { rows } = await this.pool.query<MakerScore>(
			"SELECT account, score, samples FROM maker_scores WHERE window_id = $1 ORDER BY score DESC, account",
			[windowId],
		);
		return rows;
	}

	async unrewarded(limit: number): Promise<UnrewardedWindow[]> {
		const { rows } = await this.pool.query<{ windowId: WindowId }>(
			`SELECT window_id AS "windowId" FROM window_pipelines AS pipeline
			WHERE stage IN ('certified', 'reconciled')
				AND EXISTS (SELECT FROM maker_scores WHERE window_id = pipeline.window_id)
				AND NOT EXISTS (SELECT FROM maker_windows WHERE window_id = pipeline.window_id)
			ORDER BY window_id LIMIT $1`,
			[limit],
		);
		const windows: UnrewardedWindow[] = [];
		for (const { windowId } of rows) {
			windows.push({
				windowId,
				deliveredWh: await this.deliveredWh(windowId),
				scores: await this.ofWindow(windowId),
			});
		}
		return windows;
	}

	async reward(
		{ windowId, platformMsat, poolMsat }: { windowId: WindowId; platformMsat: number; poolMsat: number },
		payouts: Payout[],
	): Promise<void> {
		await transaction(this.pool, async (client) => {
			const { rowCount } = await client.query(
				"INSERT INTO maker_windows (window_id, platform_msat, pool_msat) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
				[windowId, platformMsat, poolMsat],
			);
			if (rowCount === 1) await recordPayouts(client, payouts);
		});
	}

	/** As the settlement's record on chain says. */
	private async deliveredWh(windowId: WindowId): Promise<number> {
		const { rows } = await this.pool.query<{ record: Hex }>(
			`SELECT args ->> 'record' AS record FROM chain_events
			WHERE chain_id = $1 AND name = 'ChunkSettled' AND args ? 'windowId' AND (args ->> 'windowId')::bigint = $2`,
			[this.chainId, windowId],
		);
		return rows.flatMap(({ record }) => decodeRecord(record)).reduce((sum, { deliveredWh }) => sum + deliveredWh, 0);
	}
}
