import type pg from "pg";
import type {
	Candle,
	CandleQuery,
	MarketDataRepository,
	WindowSummary,
	ZoneFlow,
} from "../../application/ports/MarketDataRepository.ts";
import type { WindowId } from "../../domain/units/window.ts";
import { MAX_ROWS } from "./PostgresOrderRepository.ts";
import { whenProjected } from "./whenProjected.ts";

export class PostgresMarketDataRepository implements MarketDataRepository {
	private readonly pool: pg.Pool;

	constructor(pool: pg.Pool) {
		this.pool = pool;
	}

	async candles(query: CandleQuery): Promise<Candle[]> {
		await whenProjected(this.pool);
		const { rows } = await this.pool.query<Candle>(
			`SELECT
				(executed_at_millis / ($3::bigint * 1000)) * $3::bigint AS "startSeconds",
				(array_agg(buyer_price_sat_per_kwh ORDER BY sequence, event_index))[1] AS "openSatPerKwh",
				max(buyer_price_sat_per_kwh) AS "highSatPerKwh",
				min(buyer_price_sat_per_kwh) AS "lowSatPerKwh",
				(array_agg(buyer_price_sat_per_kwh ORDER BY sequence DESC, event_index DESC))[1] AS "closeSatPerKwh",
				round(sum(buyer_price_sat_per_kwh::numeric * energy_wh) / sum(energy_wh))::integer AS "vwapSatPerKwh",
				sum(energy_wh) AS "energyWh",
				count(*) AS trades
			FROM trades
			WHERE executed_at_millis >= $1::bigint * 1000 AND executed_at_millis < $2::bigint * 1000 AND unwound_sequence IS NULL
				AND ($4::smallint IS NULL OR buy_zone_id = $4) AND ($5::bigint IS NULL OR window_id = $5)
			GROUP BY 1 ORDER BY 1 LIMIT $6`,
			[
				query.fromSeconds,
				query.toSeconds,
				query.intervalSeconds,
				query.buyZoneId ?? null,
				query.windowId ?? null,
				MAX_ROWS,
			],
		);
		return rows;
	}

	async windows(query: { fromWindow?: WindowId; toWindow?: WindowId; limit: number }): Promise<WindowSummary[]> {
		await whenProjected(this.pool);
		const { rows } = await this.pool.query<WindowSummary>(
			`SELECT
				window_id AS "windowId", session_state AS "sessionState", windows.trade_count AS trades,
				energy_wh AS "energyWh", loss_wh AS "lossWh", buyer_msat AS "buyerMsat", seller_msat AS "sellerMsat",
				CASE WHEN energy_wh > 0 THEN round(buyer_msat::numeric / energy_wh)::integer END AS "vwapSatPerKwh",
				stage, chunk_count AS "chunkCount", next_chunk AS "nextChunk", problem
			FROM windows LEFT JOIN window_pipelines USING (window_id)
			WHERE ($1::bigint IS NULL OR window_id >= $1) AND ($2::bigint IS NULL OR window_id <= $2)
			ORDER BY window_id DESC LIMIT $3`,
			[query.fromWindow ?? null, query.toWindow ?? null, Math.min(query.limit, MAX_ROWS)],
		);
		return rows;
	}

	async zoneFlows(windowId: WindowId): Promise<ZoneFlow[]> {
		await whenProjected(this.pool);
		const { rows } = await this.pool.query<ZoneFlow>(
			`SELECT window_id AS "windowId", sell_zone_id AS "sellZoneId", buy_zone_id AS "buyZoneId", sum(energy_wh) AS "energyWh"
			FROM trades WHERE window_id = $1 AND unwound_sequence IS NULL
			GROUP BY window_id, sell_zone_id, buy_zone_id ORDER BY sell_zone_id, buy_zone_id`,
			[windowId],
		);
		return rows;
	}
}
