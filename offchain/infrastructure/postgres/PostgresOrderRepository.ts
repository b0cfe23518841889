import type pg from "pg";
import type {
	OrderQuery,
	OrderRecord,
	OrderRepository,
	OrderTransition,
} from "../../application/ports/OrderRepository.ts";
import type { Order } from "../../domain/orders/Order.ts";
import type { Hash32 } from "../../domain/units/Address.ts";
import { whenProjected } from "./whenProjected.ts";

export const MAX_ROWS = 1_000;

export class PostgresOrderRepository implements OrderRepository {
	private readonly pool: pg.Pool;

	constructor(pool: pg.Pool) {
		this.pool = pool;
	}

	async byHash(orderHash: Hash32): Promise<OrderRecord | null> {
		await whenProjected(this.pool);
		const { rows } = await this.pool.query("SELECT * FROM orders WHERE order_hash = $1", [orderHash]);
		return rows.length === 0 ? null : orderRecord(rows[0]);
	}

	async find(query: OrderQuery): Promise<OrderRecord[]> {
		await whenProjected(this.pool);
		const { rows } = await this.pool.query(
			`SELECT * FROM orders
			WHERE ($1::text IS NULL OR trader = $1) AND ($2::bigint IS NULL OR window_id = $2) AND ($3::text IS NULL OR side = $3)
				AND ($4::text[] IS NULL OR state = ANY ($4)) AND ($5::bigint IS NULL OR placed_sequence < $5)
			ORDER BY placed_sequence DESC LIMIT $6`,
			[
				query.account ?? null,
				query.windowId ?? null,
				query.side ?? null,
				query.states ?? null,
				query.beforeSequence ?? null,
				Math.min(query.limit, MAX_ROWS),
			],
		);
		return rows.map(orderRecord);
	}

	async history(orderHash: Hash32): Promise<OrderTransition[]> {
		await whenProjected(this.pool);
		const { rows } = await this.pool.query(
			`SELECT sequence, event_index AS "eventIndex", type, reason, energy_wh AS "energyWh", at_millis AS "atMillis"
			FROM order_events
			WHERE hashtextextended(order_hash, 0) = hashtextextended($1, 0) AND order_hash = $1 ORDER BY sequence, event_index`,
			[orderHash],
		);
		return rows;
	}
}

/** The order exactly as it was signed, from its row. */
// biome-ignore lint/suspicious/noExplicitAny: a row of the orders table
export function orderOf(row: any): Order {
	return {
		trader: row.trader,
		meterId: row.meter_id,
		windowId: row.window_id,
		side: row.side,
		orderClass: row.order_class,
		timeInForce: row.time_in_force,
		postOnly: row.post_only,
		selfTradeMode: row.self_trade_mode,
		priceSatPerKwh: row.price_sat_per_kwh,
		energyWh: row.energy_wh,
		sequence: row.client_sequence,
		epoch: row.epoch,
		validUntil: row.valid_until,
		directiveId: row.directive_id,
	};
}

// biome-ignore lint/suspicious/noExplicitAny: a row of the orders table
function orderRecord(row: any): OrderRecord {
	return {
		orderHash: row.order_hash,
		order: orderOf(row),
		signature: row.signature,
		state: row.state,
		reason: row.reason,
		detail: row.detail,
		filledWh: row.filled_wh,
		openWh: row.open_wh,
		placedSequence: row.placed_sequence,
		changedSequence: row.changed_sequence,
		placedAtMillis: row.placed_at_millis,
	};
}
