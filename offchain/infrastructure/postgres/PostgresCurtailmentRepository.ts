import type pg from "pg";
import type { Curtailment, CurtailmentRepository } from "../../application/ports/CurtailmentRepository.ts";
import type { WindowId } from "../../domain/units/window.ts";

/** Curtailments in PostgreSQL: one statement for all of an emergency, so that all of them are there or none. */
export class PostgresCurtailmentRepository implements CurtailmentRepository {
	private readonly pool: pg.Pool;

	constructor(pool: pg.Pool) {
		this.pool = pool;
	}

	async add(curtailments: readonly Curtailment[]): Promise<void> {
		if (curtailments.length === 0) return;
		await this.pool.query(
			`INSERT INTO curtailments
				(window_id, trade_id, directive_id, zone_id, traded_wh, curtailed_wh, cause, ordered_at_millis)
			SELECT * FROM unnest($1::bigint[], $2::text[], $3::bigint[], $4::smallint[], $5::bigint[], $6::bigint[], $7::text[], $8::bigint[])
			ON CONFLICT (window_id, trade_id, directive_id) DO NOTHING`,
			[
				curtailments.map(({ windowId }) => windowId),
				curtailments.map(({ tradeId }) => tradeId),
				curtailments.map(({ directiveId }) => directiveId),
				curtailments.map(({ zoneId }) => zoneId),
				curtailments.map(({ tradedWh }) => tradedWh),
				curtailments.map(({ curtailedWh }) => curtailedWh),
				curtailments.map(({ cause }) => cause),
				curtailments.map(({ orderedAtMillis }) => orderedAtMillis),
			],
		);
	}

	async ofWindow(windowId: WindowId): Promise<Curtailment[]> {
		const { rows } = await this.pool.query<Curtailment>(
			`SELECT window_id AS "windowId", trade_id AS "tradeId", zone_id AS "zoneId", traded_wh AS "tradedWh",
				curtailed_wh AS "curtailedWh", cause, directive_id AS "directiveId", ordered_at_millis AS "orderedAtMillis"
			FROM curtailments WHERE window_id = $1 ORDER BY ordered_at_millis, zone_id, trade_id`,
			[windowId],
		);
		return rows;
	}
}
