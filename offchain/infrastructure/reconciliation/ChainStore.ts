import type pg from "pg";
import type { ChainFact } from "../../domain/engine/EngineInput.ts";
import type { Hash32 } from "../../domain/units/Address.ts";
import { transaction } from "../postgres/transaction.ts";
import type { ChainBlock } from "./ChainSource.ts";
import type { ChainCursor, ChainStorage, IndexedEvent } from "./ChainStorage.ts";

/** Bounds of a fact's position: `(block number × 10000 + log index) × 4 + place among the facts of the log`. */
export const MAX_LOGS_PER_BLOCK = 10_000;
export const MAX_FACTS_PER_LOG = 4;
const POSITION = `((chain_events.block_number * ${MAX_LOGS_PER_BLOCK} + log_index) * ${MAX_FACTS_PER_LOG} + place - 1)`;

/** The indexed chain in Postgres: rows, projections and cursor move in one transaction, or not at all. */
export class ChainStore implements ChainStorage {
	private readonly pool: pg.Pool;
	private readonly chainId: number;

	constructor(pool: pg.Pool, chainId: number) {
		this.pool = pool;
		this.chainId = chainId;
	}

	async cursor(firstBlock: number): Promise<ChainCursor> {
		await this.pool.query(
			"INSERT INTO chain_cursor (chain_id, block_number) VALUES ($1, $2) ON CONFLICT (chain_id) DO NOTHING",
			[this.chainId, firstBlock - 1],
		);
		const { rows } = await this.pool.query(
			"SELECT block_number, block_hash, delivered_position FROM chain_cursor WHERE chain_id = $1",
			[this.chainId],
		);
		return {
			blockNumber: rows[0].block_number,
			blockHash: rows[0].block_hash,
			deliveredPosition: rows[0].delivered_position,
		};
	}

	async storedHash(number: number): Promise<Hash32 | null> {
		const { rows } = await this.pool.query(
			"SELECT block_hash FROM chain_blocks WHERE chain_id = $1 AND block_number = $2",
			[this.chainId, number],
		);
		return rows[0]?.block_hash ?? null;
	}

	async append(parent: ChainCursor, blocks: ChainBlock[], events: IndexedEvent[]): Promise<void> {
		const head = blocks.at(-1);
		if (head === undefined) throw new Error("nothing to append");
		await transaction(this.pool, async (client) => {
			await this.moveCursor(client, parent, head.number, head.hash);
			await client.query(
				`INSERT INTO chain_blocks
				SELECT $1, hash, number, "parentHash", "timestampSeconds" FROM json_to_recordset($2)
				AS block(hash text, number bigint, "parentHash" text, "timestampSeconds" bigint)`,
				[this.chainId, JSON.stringify(blocks)],
			);
			await this.insertEvents(client, events);
		});
	}

	/** Takes back every block above `ancestorNumber`, and by foreign key everything that came from it. */
	async rollBack(from: ChainCursor, ancestorNumber: number, ancestorHash: Hash32 | null): Promise<void> {
		await transaction(this.pool, async (client) => {
			await this.moveCursor(client, from, ancestorNumber, ancestorHash);
			await client.query("DELETE FROM chain_blocks WHERE chain_id = $1 AND block_number > $2", [
				this.chainId,
				ancestorNumber,
			]);
			await client.query(
				"INSERT INTO chain_reorgs (chain_id, ancestor_number, depth, old_hash) VALUES ($1, $2, $3, $4)",
				[this.chainId, ancestorNumber, from.blockNumber - ancestorNumber, from.blockHash],
			);
		});
	}

	async undelivered(lastFinalBlock: number, limit: number): Promise<ChainFact[]> {
		const { rows } = await this.pool.query(
			`SELECT ${POSITION} AS position, fact
			FROM chain_events
			JOIN chain_cursor USING (chain_id)
			CROSS JOIN LATERAL jsonb_array_elements(facts) WITH ORDINALITY AS told(fact, place)
			WHERE chain_id = $1 AND facts IS NOT NULL AND chain_events.block_number <= $2
				AND chain_events.block_number >= delivered_position / ${MAX_LOGS_PER_BLOCK * MAX_FACTS_PER_LOG}
				AND ${POSITION} > delivered_position
			ORDER BY position LIMIT $3`,
			[this.chainId, lastFinalBlock, limit],
		);
		return rows.map((row) => ({ type: "ChainFact", position: row.position, fact: row.fact }));
	}

	async markDelivered(position: number): Promise<void> {
		await this.pool.query(
			"UPDATE chain_cursor SET delivered_position = greatest(delivered_position, $2), moved_at = now() WHERE chain_id = $1",
			[this.chainId, position],
		);
	}

	async hasDeliveredAbove(number: number): Promise<boolean> {
		const { rows } = await this.pool.query(
			`SELECT EXISTS (
				SELECT FROM chain_events JOIN chain_cursor USING (chain_id)
				WHERE chain_id = $1 AND facts IS NOT NULL AND chain_events.block_number > $2
					AND (chain_events.block_number * ${MAX_LOGS_PER_BLOCK} + log_index) * ${MAX_FACTS_PER_LOG} <= delivered_position
			) AS any`,
			[this.chainId, number],
		);
		return rows[0].any;
	}

	async halt(cause: string | null): Promise<void> {
		await this.pool.query("UPDATE chain_cursor SET halted_cause = $2, moved_at = now() WHERE chain_id = $1", [
			this.chainId,
			cause,
		]);
	}

	private async moveCursor(client: pg.PoolClient, from: ChainCursor, number: number, hash: Hash32 | null) {
		const { rowCount } = await client.query(
			`UPDATE chain_cursor SET block_number = $4, block_hash = $5, moved_at = now()
			WHERE chain_id = $1 AND block_number = $2 AND block_hash IS NOT DISTINCT FROM $3`,
			[this.chainId, from.blockNumber, from.blockHash, number, hash],
		);
		if (rowCount !== 1) throw new Error("another indexer has moved the cursor");
	}

	private async insertEvents(client: pg.PoolClient, events: IndexedEvent[]): Promise<void> {
		if (events.length === 0) return;
		const keys = (event: IndexedEvent) => ({ block_hash: event.blockHash, log_index: event.logIndex });
		await client.query(
			`INSERT INTO chain_events
			SELECT $1, block_hash, log_index, block_number, transaction_hash, contract, name, args, facts
			FROM jsonb_to_recordset($2) AS event(
				block_hash text, log_index integer, block_number bigint, transaction_hash text, contract text, name text,
				args jsonb, facts jsonb)`,
			[
				this.chainId,
				JSON.stringify(
					events.map((event) => ({
						...keys(event),
						block_number: event.blockNumber,
						transaction_hash: event.transactionHash,
						contract: event.contract,
						name: event.name,
						args: event.args,
						facts: event.facts.length > 0 ? event.facts : undefined,
					})),
				),
			],
		);
		const balanceChanges = events.flatMap((event) =>
			event.balanceChanges.map((change, change_index) => ({
				...keys(event),
				change_index,
				account: change.account,
				delta_msat: change.deltaMsat,
				window_id: change.windowId,
			})),
		);
		await client.query(
			`INSERT INTO chain_balance_changes
			SELECT $1, block_hash, log_index, change_index, account, delta_msat, window_id FROM json_to_recordset($2)
			AS change(block_hash text, log_index integer, change_index integer, account text, delta_msat bigint, window_id bigint)`,
			[this.chainId, JSON.stringify(balanceChanges)],
		);
		const transfers = events.flatMap((event) =>
			event.certificateTransfers.map((transfer, change_index) => ({
				...keys(event),
				change_index,
				token_id: transfer.tokenId,
				from_account: transfer.from,
				to_account: transfer.to,
				energy_wh: transfer.energyWh,
			})),
		);
		await client.query(
			`INSERT INTO certificate_transfers
			SELECT $1, block_hash, log_index, change_index, token_id, from_account, to_account, energy_wh
			FROM json_to_recordset($2) AS transfer(
				block_hash text, log_index integer, change_index integer, token_id text, from_account text, to_account text,
				energy_wh bigint)`,
			[this.chainId, JSON.stringify(transfers)],
		);
	}
}
