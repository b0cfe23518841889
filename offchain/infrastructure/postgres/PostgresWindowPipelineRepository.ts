import type pg from "pg";
import type {
	PipelineStage,
	StoredChunk,
	WindowPipeline,
	WindowPipelineRepository,
} from "../../application/ports/WindowPipelineRepository.ts";
import type { SignedOrder } from "../../domain/orders/Order.ts";
import type { WindowPlan } from "../../domain/settlement/WindowPlan.ts";
import type { Hex } from "../../domain/units/Address.ts";
import type { WindowId } from "../../domain/units/window.ts";
import { orderOf } from "./PostgresOrderRepository.ts";
import { transaction } from "./transaction.ts";

const OPEN_STAGES = "('closed', 'planned', 'committed', 'settled', 'certified')";

export class PostgresWindowPipelineRepository implements WindowPipelineRepository {
	private readonly pool: pg.Pool;
	private readonly chainId: number;

	constructor(pool: pg.Pool, chainId: number) {
		this.pool = pool;
		this.chainId = chainId;
	}

	async open(windowId: WindowId): Promise<void> {
		await this.pool.query("INSERT INTO window_pipelines (window_id) VALUES ($1) ON CONFLICT DO NOTHING", [windowId]);
	}

	async byWindow(windowId: WindowId): Promise<WindowPipeline | null> {
		const { rows } = await this.pool.query<WindowPipeline>(
			`SELECT window_id AS "windowId", stage, commitment, trade_count AS "tradeCount", chunk_count AS "chunkCount",
				attempts, problem, is_balanced AS "isBalanced", gas_used AS "gasUsed"
			FROM window_pipelines WHERE window_id = $1`,
			[windowId],
		);
		return rows[0] ?? null;
	}

	async due(limit: number): Promise<WindowId[]> {
		const { rows } = await this.pool.query(
			`SELECT window_id FROM window_pipelines WHERE stage IN ${OPEN_STAGES} AND next_look_at <= now()
			ORDER BY window_id LIMIT $1`,
			[limit],
		);
		return rows.map((row) => row.window_id);
	}

	async ordersOf(windowId: WindowId): Promise<SignedOrder[]> {
		const { rows } = await this.pool.query(
			`SELECT * FROM orders WHERE order_hash IN (
				SELECT sell_order_hash FROM trades WHERE window_id = $1 AND unwound_sequence IS NULL
				UNION SELECT buy_order_hash FROM trades WHERE window_id = $1 AND unwound_sequence IS NULL)`,
			[windowId],
		);
		return rows.map((row) => ({ order: orderOf(row), orderHash: row.order_hash, signature: row.signature }));
	}

	async savePlan(plan: WindowPlan): Promise<void> {
		await transaction(this.pool, async (client) => {
			const { rowCount } = await client.query(
				`UPDATE window_pipelines SET stage = 'planned', stage_since = now(), attempts = 0, problem = NULL, next_look_at = now(),
					commitment = $2, trade_count = $3, chunk_count = $4
				WHERE window_id = $1 AND stage IN ('closed', 'planned')`,
				[plan.windowId, plan.commitment, plan.tradeCount, plan.chunks.length],
			);
			// Another worker was faster and has committed already: its plan stands.
			if (rowCount !== 1) return;
			await client.query("DELETE FROM window_chunks WHERE window_id = $1", [plan.windowId]);
			for (const chunk of plan.chunks) {
				await client.query("INSERT INTO window_chunks VALUES ($1, $2, $3, $4, $5, $6)", [
					plan.windowId,
					chunk.index,
					chunk.bytes,
					chunk.restHash,
					JSON.stringify(chunk.sellMeterIds),
					chunk.trades.length,
				]);
			}
		});
	}

	async chunks(windowId: WindowId): Promise<StoredChunk[]> {
		const { rows } = await this.pool.query<StoredChunk>(
			`SELECT window_id AS "windowId", chunk_index AS index, bytes, rest_hash AS "restHash",
				sell_meter_ids AS "sellMeterIds", trade_count AS "tradeCount"
			FROM window_chunks WHERE window_id = $1 ORDER BY chunk_index`,
			[windowId],
		);
		return rows;
	}

	async advance(windowId: WindowId, stage: PipelineStage, isBalanced?: boolean): Promise<void> {
		// The end of a window's settlement and the order to report it are one.
		await this.pool.query(
			`WITH moved AS (
				UPDATE window_pipelines SET stage = $2, stage_since = CASE WHEN stage = $2 THEN stage_since ELSE now() END, attempts = 0,
					problem = NULL, next_look_at = now(), is_balanced = coalesce($3, is_balanced)
				WHERE window_id = $1 AND stage IN ${OPEN_STAGES}
				RETURNING window_id)
			INSERT INTO outbox (topic, dedupe_key, payload)
			SELECT 'report', 'window-' || window_id, jsonb_build_object('windowId', window_id) FROM moved
			WHERE $2 NOT IN ${OPEN_STAGES}
			ON CONFLICT (topic, dedupe_key) DO NOTHING`,
			[windowId, stage, isBalanced ?? null],
		);
	}

	async postpone(windowId: WindowId, pauseMillis: number, problem: string | null): Promise<void> {
		await this.pool.query(
			`UPDATE window_pipelines SET attempts = attempts + 1, problem = $3,
				next_look_at = now() + $2 * interval '1 millisecond'
			WHERE window_id = $1`,
			[windowId, pauseMillis, problem],
		);
	}

	async noteChunk(windowId: WindowId, nextChunk: number): Promise<void> {
		await this.pool.query("UPDATE window_pipelines SET next_chunk = $2 WHERE window_id = $1 AND next_chunk <> $2", [
			windowId,
			nextChunk,
		]);
	}

	async refreshGas(windowId: WindowId): Promise<void> {
		await this.pool.query(
			`UPDATE window_pipelines SET gas_used = (
				SELECT coalesce(sum(gas_used), 0) FROM chain_transactions
				WHERE chain_id = $2 AND split_part(request_key, '-', 2) = $1::text)
			WHERE window_id = $1::bigint`,
			[windowId, this.chainId],
		);
	}

	async chunkRecord(windowId: WindowId, chunkIndex: number): Promise<Hex | null> {
		const { rows } = await this.pool.query(
			`SELECT args ->> 'record' AS record FROM chain_events
			WHERE chain_id = $1 AND name = 'ChunkSettled' AND args ? 'windowId' AND (args ->> 'windowId')::bigint = $2
				AND (args ->> 'chunkIndex')::integer = $3`,
			[this.chainId, windowId, chunkIndex],
		);
		return rows[0]?.record ?? null;
	}

	async sessionState(windowId: WindowId): Promise<string | null> {
		const { rows } = await this.pool.query("SELECT session_state FROM windows WHERE window_id = $1", [windowId]);
		return rows[0]?.session_state ?? null;
	}
}
