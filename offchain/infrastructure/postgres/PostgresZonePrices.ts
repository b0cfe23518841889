import type pg from "pg";
import type { ZonePriceSet, ZonePriceStore } from "../../application/ports/ZonePrices.ts";
import type { WindowId } from "../../domain/units/window.ts";

/** Zone prices in PostgreSQL: one process solves, every node tells. */
export class PostgresZonePrices implements ZonePriceStore {
	private readonly pool: pg.Pool;

	constructor(pool: pg.Pool) {
		this.pool = pool;
	}

	async latest(windowId: WindowId): Promise<ZonePriceSet | null> {
		const { rows } = await this.pool.query<ZonePriceSet>(
			`SELECT window_id AS "windowId", zone_price_sat_per_kwh AS "zonePriceSatPerKwh",
				congestion_sat_per_kwh AS "congestionSatPerKwh", congestion_points AS "congestionPoints",
				solved_at_millis AS "solvedAtMillis"
			FROM zone_prices WHERE window_id = $1`,
			[windowId],
		);
		return rows[0] ?? null;
	}

	async save(prices: ZonePriceSet): Promise<void> {
		await this.pool.query(
			`INSERT INTO zone_prices
				(window_id, zone_price_sat_per_kwh, congestion_sat_per_kwh, congestion_points, solved_at_millis)
			VALUES ($1, $2, $3, $4, $5)
			ON CONFLICT (window_id) DO UPDATE SET zone_price_sat_per_kwh = excluded.zone_price_sat_per_kwh,
				congestion_sat_per_kwh = excluded.congestion_sat_per_kwh,
				congestion_points = excluded.congestion_points, solved_at_millis = excluded.solved_at_millis`,
			[
				prices.windowId,
				prices.zonePriceSatPerKwh,
				prices.congestionSatPerKwh,
				JSON.stringify(prices.congestionPoints),
				prices.solvedAtMillis,
			],
		);
	}

	async remove(windowId: WindowId): Promise<void> {
		await this.pool.query("DELETE FROM zone_prices WHERE window_id = $1", [windowId]);
	}
}
