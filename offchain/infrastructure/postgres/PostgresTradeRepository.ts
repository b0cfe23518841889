import type pg from "pg";
import type { TradeQuery, TradeRecord, TradeRepository } from "../../application/ports/TradeRepository.ts";
import type { Trade } from "../../domain/settlement/Trade.ts";
import type { WindowId } from "../../domain/units/window.ts";
import { MAX_ROWS } from "./PostgresOrderRepository.ts";
import { whenProjected } from "./whenProjected.ts";

export class PostgresTradeRepository implements TradeRepository {
	private readonly pool: pg.Pool;

	constructor(pool: pg.Pool) {
		this.pool = pool;
	}

	async byId(tradeId: string): Promise<TradeRecord | null> {
		await whenProjected(this.pool);
		const { rows } = await this.pool.query("SELECT * FROM trades WHERE trade_id = $1", [tradeId]);
		return rows.length === 0 ? null : tradeRecord(rows[0]);
	}

	async find(query: TradeQuery): Promise<TradeRecord[]> {
		await whenProjected(this.pool);
		const { rows } = await this.pool.query(
			`SELECT * FROM trades
			WHERE ($1::text IS NULL OR seller = $1 OR buyer = $1) AND ($2::bigint IS NULL OR window_id = $2)
				AND ($3::text IS NULL OR sell_order_hash = $3 OR buy_order_hash = $3) AND ($4::bigint IS NULL OR sequence < $4)
			ORDER BY sequence DESC, event_index DESC LIMIT $5`,
			[
				query.account ?? null,
				query.windowId ?? null,
				query.orderHash ?? null,
				query.beforeSequence ?? null,
				Math.min(query.limit, MAX_ROWS),
			],
		);
		return rows.map(tradeRecord);
	}

	async ofWindow(windowId: WindowId): Promise<Trade[]> {
		await whenProjected(this.pool);
		const { rows } = await this.pool.query(
			"SELECT * FROM trades WHERE window_id = $1 AND unwound_sequence IS NULL ORDER BY sequence, event_index",
			[windowId],
		);
		return rows.map((row) => tradeRecord(row).trade);
	}
}

// biome-ignore lint/suspicious/noExplicitAny: a row of the trades table
function tradeRecord(row: any): TradeRecord {
	return {
		trade: {
			tradeId: row.trade_id,
			windowId: row.window_id,
			sellOrderHash: row.sell_order_hash,
			buyOrderHash: row.buy_order_hash,
			seller: row.seller,
			buyer: row.buyer,
			sellMeterId: row.sell_meter_id,
			buyMeterId: row.buy_meter_id,
			sellZoneId: row.sell_zone_id,
			buyZoneId: row.buy_zone_id,
			energyWh: row.energy_wh,
			lossWh: row.loss_wh,
			sellerPriceSatPerKwh: row.seller_price_sat_per_kwh,
			buyerPriceSatPerKwh: row.buyer_price_sat_per_kwh,
			takerSide: row.taker_side,
		},
		sequence: row.sequence,
		executedAtMillis: row.executed_at_millis,
		isUnwound: row.unwound_sequence !== null,
	};
}
