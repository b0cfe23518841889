import type pg from "pg";
import type { CertificateRecord, CertificateRepository } from "../../application/ports/CertificateRepository.ts";
import { ENERGY_SOURCES } from "../../domain/grid/energySource.ts";
import type { Address } from "../../domain/units/Address.ts";
import type { WindowId } from "../../domain/units/window.ts";
import { MAX_ROWS } from "./PostgresOrderRepository.ts";

const NOBODY = `0x${"00".repeat(20)}`;

/** Certificate balances as the indexed transfers add up; ids as laid out in `CertificateId.sol`. */
export class PostgresCertificateRepository implements CertificateRepository {
	private readonly pool: pg.Pool;
	private readonly chainId: number;

	constructor(pool: pg.Pool, chainId: number) {
		this.pool = pool;
		this.chainId = chainId;
	}

	async find(query: { account?: Address; windowId?: WindowId; limit: number }): Promise<CertificateRecord[]> {
		const { rows } = await this.pool.query(
			`WITH moves AS (
				SELECT token_id, to_account AS account, energy_wh AS held, 0 AS claimed FROM certificate_transfers
				WHERE chain_id = $1 AND ($2::text IS NULL OR to_account = $2)
				UNION ALL
				SELECT token_id, from_account, -energy_wh, CASE WHEN to_account = $4 THEN energy_wh ELSE 0 END
				FROM certificate_transfers WHERE chain_id = $1 AND ($2::text IS NULL OR from_account = $2)
			), balances AS (
				SELECT token_id, account, sum(held) AS held, sum(claimed) AS claimed, mod(token_id::numeric, 4294967296) AS window_id
				FROM moves WHERE account <> $4 GROUP BY token_id, account
			)
			SELECT balances.*, (
				SELECT transaction_hash FROM certificate_transfers AS issue
				JOIN chain_events USING (chain_id, block_hash, log_index)
				WHERE issue.chain_id = $1 AND issue.token_id = balances.token_id AND issue.from_account = $4
				ORDER BY issue.to_account = balances.account DESC, block_number LIMIT 1) AS transaction_hash
			FROM balances
			WHERE (held > 0 OR claimed > 0) AND ($3::bigint IS NULL OR window_id = $3)
			ORDER BY window_id DESC, token_id, account LIMIT $5`,
			[this.chainId, query.account ?? null, query.windowId ?? null, NOBODY, Math.min(query.limit, MAX_ROWS)],
		);
		return rows.map((row) => {
			const id = BigInt(row.token_id);
			const field = (shift: bigint, bits: number): number => Number(BigInt.asUintN(bits, id >> shift));
			return {
				tokenId: row.token_id,
				account: row.account,
				windowId: row.window_id,
				meterId: field(32n, 32),
				zoneId: field(64n, 8),
				source: ENERGY_SOURCES[field(72n, 8)] ?? "none",
				heldWh: row.held,
				claimedWh: row.claimed,
				issuedTransactionHash: row.transaction_hash,
			};
		});
	}
}
