import type pg from "pg";
import type { Address } from "../../domain/units/Address.ts";
import { transaction } from "../postgres/transaction.ts";
import type { TransactionRequest } from "./TransactionRequest.ts";
import type {
	FinishedTransaction,
	SignedAttempt,
	StoredTransaction,
	TransactionStorage,
} from "./TransactionStorage.ts";

const COLUMNS = `transaction_id AS id, to_address AS "to", data, nonce, gas_limit AS "gasLimit", state, detail,
	transaction_hash AS "transactionHash", block_number AS "blockNumber", gas_used AS "gasUsed"`;

/** Transactions of one key on one chain, as Postgres remembers them. */
export class TransactionStore implements TransactionStorage {
	private readonly pool: pg.Pool;
	private readonly chainId: number;
	private readonly sender: Address;

	constructor(pool: pg.Pool, chainId: number, sender: Address) {
		this.pool = pool;
		this.chainId = chainId;
		this.sender = sender;
	}

	async request({ requestKey, to, data }: TransactionRequest): Promise<StoredTransaction> {
		await this.pool.query(
			`INSERT INTO chain_transactions (chain_id, sender, request_key, to_address, data) VALUES ($1, $2, $3, $4, $5)
			ON CONFLICT (chain_id, sender, request_key) WHERE state IN ('queued', 'sent', 'confirmed') DO NOTHING`,
			[this.chainId, this.sender, requestKey, to, data],
		);
		const { rows } = await this.pool.query<StoredTransaction>(
			`SELECT ${COLUMNS} FROM chain_transactions
			WHERE chain_id = $1 AND sender = $2 AND request_key = $3 ORDER BY transaction_id DESC LIMIT 1`,
			[this.chainId, this.sender, requestKey],
		);
		return rows[0] as StoredTransaction;
	}

	async byId(id: number): Promise<StoredTransaction> {
		const { rows } = await this.pool.query<StoredTransaction>(
			`SELECT ${COLUMNS} FROM chain_transactions WHERE transaction_id = $1`,
			[id],
		);
		return rows[0] as StoredTransaction;
	}

	async open(): Promise<StoredTransaction[]> {
		const { rows } = await this.pool.query<StoredTransaction>(
			`SELECT ${COLUMNS} FROM chain_transactions WHERE chain_id = $1 AND sender = $2 AND state IN ('queued', 'sent')
			ORDER BY nonce NULLS LAST, transaction_id`,
			[this.chainId, this.sender],
		);
		return rows;
	}

	async assignNonce(id: number, gasLimit: number, least: number): Promise<number> {
		return transaction(this.pool, async (client) => {
			const { rows } = await client.query<{ nonce: number }>(
				`INSERT INTO chain_senders (chain_id, sender, next_nonce) VALUES ($1, $2, $3::bigint + 1)
				ON CONFLICT (chain_id, sender) DO UPDATE SET next_nonce = greatest(chain_senders.next_nonce, $3) + 1
				RETURNING next_nonce - 1 AS nonce`,
				[this.chainId, this.sender, least],
			);
			const nonce = rows[0]?.nonce as number;
			const { rowCount } = await client.query(
				`UPDATE chain_transactions SET nonce = $2, gas_limit = $3, state = 'sent', changed_at = now()
				WHERE transaction_id = $1 AND state = 'queued'`,
				[id, nonce, gasLimit],
			);
			if (rowCount !== 1) throw new Error(`transaction ${id} is not queued`);
			return nonce;
		});
	}

	async requeue(id: number): Promise<void> {
		await transaction(this.pool, async (client) => {
			await client.query("DELETE FROM chain_transaction_attempts WHERE transaction_id = $1", [id]);
			await client.query(
				`UPDATE chain_transactions SET nonce = NULL, gas_limit = NULL, state = 'queued', changed_at = now()
				WHERE transaction_id = $1 AND state = 'sent'`,
				[id],
			);
		});
	}

	async attemptsOfNonce(nonce: number): Promise<SignedAttempt[]> {
		const { rows } = await this.pool.query(
			"SELECT transaction_id FROM chain_transactions WHERE chain_id = $1 AND sender = $2 AND nonce = $3",
			[this.chainId, this.sender, nonce],
		);
		return rows.length === 0 ? [] : this.attempts(rows[0].transaction_id);
	}

	async nextNonce(): Promise<number | null> {
		const { rows } = await this.pool.query("SELECT next_nonce FROM chain_senders WHERE chain_id = $1 AND sender = $2", [
			this.chainId,
			this.sender,
		]);
		return rows[0]?.next_nonce ?? null;
	}

	async addAttempt(id: number, attempt: Omit<SignedAttempt, "ageMillis">): Promise<void> {
		await this.pool.query("INSERT INTO chain_transaction_attempts VALUES ($1, $2, $3, $4, $5, $6)", [
			id,
			attempt.attempt,
			attempt.transactionHash,
			attempt.raw,
			attempt.maxFeePerGas.toString(),
			attempt.maxPriorityFeePerGas.toString(),
		]);
	}

	async attempts(id: number): Promise<SignedAttempt[]> {
		const { rows } = await this.pool.query(
			`SELECT attempt, transaction_hash, raw, max_fee_per_gas::text AS fee, max_priority_fee_per_gas::text AS tip,
				(extract(epoch FROM clock_timestamp() - signed_at) * 1000)::bigint AS age
			FROM chain_transaction_attempts WHERE transaction_id = $1 ORDER BY attempt`,
			[id],
		);
		return rows.map((row) => ({
			attempt: row.attempt,
			transactionHash: row.transaction_hash,
			raw: row.raw,
			maxFeePerGas: BigInt(row.fee),
			maxPriorityFeePerGas: BigInt(row.tip),
			ageMillis: row.age,
		}));
	}

	async finish(id: number, outcome: FinishedTransaction): Promise<void> {
		await this.pool.query(
			`UPDATE chain_transactions SET state = $2, detail = $3, transaction_hash = $4, block_number = $5, gas_used = $6,
				changed_at = now()
			WHERE transaction_id = $1`,
			[
				id,
				outcome.state,
				outcome.detail ?? null,
				outcome.transactionHash ?? null,
				outcome.blockNumber ?? null,
				outcome.gasUsed ?? null,
			],
		);
	}
}
