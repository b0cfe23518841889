import type pg from "pg";
import type { DirectiveRecord, DirectiveRepository } from "../../application/ports/DirectiveRepository.ts";
import type { WindowId } from "../../domain/units/window.ts";
import { MAX_ROWS } from "./PostgresOrderRepository.ts";

/** Directives as indexed from `DirectiveSet` and `DirectiveLifted`. */
export class PostgresDirectiveRepository implements DirectiveRepository {
	private readonly pool: pg.Pool;
	private readonly chainId: number;

	constructor(pool: pg.Pool, chainId: number) {
		this.pool = pool;
		this.chainId = chainId;
	}

	async find(query: { windowId?: WindowId; limit: number }): Promise<DirectiveRecord[]> {
		const { rows } = await this.pool.query(
			`SELECT placed.facts -> 0 -> 'directive' AS directive, placed.block_number, placed.transaction_hash,
				EXISTS (SELECT FROM chain_events AS lift WHERE lift.chain_id = $1 AND lift.name = 'DirectiveLifted'
					AND lift.args -> 'directiveId' = placed.args -> 'directiveId') AS lifted
			FROM chain_events AS placed
			WHERE placed.chain_id = $1 AND placed.name = 'DirectiveSet'
				AND ($2::bigint IS NULL OR $2 BETWEEN (placed.args ->> 'fromWindow')::bigint AND (placed.args ->> 'toWindow')::bigint)
			ORDER BY placed.block_number DESC, placed.log_index DESC LIMIT $3`,
			[this.chainId, query.windowId ?? null, Math.min(query.limit, MAX_ROWS)],
		);
		return rows.map((row) => ({
			directive: row.directive,
			lifted: row.lifted,
			blockNumber: row.block_number,
			transactionHash: row.transaction_hash,
		}));
	}
}
