import type pg from "pg";
import { createPublicClient, http, type PublicClient, parseAbi } from "viem";
import type { DatabaseLedger, EngineLedger, LedgerViews, WindowTotals } from "../../application/ports/LedgerViews.ts";
import type { Address } from "../../domain/units/Address.ts";
import type { WindowId } from "../../domain/units/window.ts";
import type { Deployment } from "../chain/Deployment.ts";
import { vaultAbi } from "../chain/protocolAbi.ts";
import { transaction } from "../postgres/transaction.ts";
import { whenProjected } from "../postgres/whenProjected.ts";
import { MAX_FACTS_PER_LOG, MAX_LOGS_PER_BLOCK } from "./ChainStore.ts";

const ACCOUNTS_PER_CALL = 500;
/** Low 64 bits of `AccountWord`. */
const wordsAbi = parseAbi(["function accountWords(address[] accounts) view returns (uint256[])"]);
const BALANCE_BITS = 64;
/** Bytes of a trade in `ChunkSettled.record`. */
const RECORD_BYTES = 64;

export type LedgerReaderOptions = {
	pool: pg.Pool;
	rpcUrl: string;
	deployment: Pick<Deployment, "chainId" | "addresses">;
	confirmations: number;
	/** The engine's accounts, from its process. */
	engine: () => Promise<EngineLedger>;
};

/** The books of engine, database and chain as they are. */
export class LedgerReader implements LedgerViews {
	private readonly options: LedgerReaderOptions;
	private readonly client: PublicClient;

	constructor(options: LedgerReaderOptions) {
		this.options = options;
		this.client = createPublicClient({ transport: http(options.rpcUrl, { timeout: 15_000 }), cacheTime: 0 });
	}

	engine(): Promise<EngineLedger> {
		return this.options.engine();
	}

	async database(): Promise<DatabaseLedger> {
		const { chainId } = this.options.deployment;
		await whenProjected(this.options.pool);
		return transaction(this.options.pool, async (client) => {
			await client.query("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY");
			const log = await client.query("SELECT sequence FROM projection_cursor");
			const accounts = await client.query(
				`SELECT account, available_msat AS "availableMsat", reserved_msat AS "reservedMsat",
					changed_sequence AS "changedSequence" FROM accounts`,
			);
			const cursor = await client.query("SELECT * FROM chain_cursor WHERE chain_id = $1", [chainId]);
			const finalBlock = Math.max(0, (cursor.rows[0]?.block_number ?? 0) - this.options.confirmations + 1);
			const balances = await client.query(
				`SELECT account, sum(delta_msat)::bigint AS balance_msat
				FROM chain_balance_changes JOIN chain_blocks USING (chain_id, block_hash)
				WHERE chain_id = $1 AND block_number <= $2 GROUP BY account`,
				[chainId, finalBlock],
			);
			const undelivered = await client.query(
				`SELECT count(*) AS count FROM chain_events JOIN chain_cursor USING (chain_id)
				WHERE chain_id = $1 AND facts IS NOT NULL AND chain_events.block_number <= $2
					AND ((chain_events.block_number * ${MAX_LOGS_PER_BLOCK} + log_index) * ${MAX_FACTS_PER_LOG} + jsonb_array_length(facts) - 1)
						> delivered_position`,
				[chainId, finalBlock],
			);
			return {
				sequence: log.rows[0].sequence,
				accounts: accounts.rows,
				indexedBalances: new Map<Address, number>(balances.rows.map((row) => [row.account, row.balance_msat])),
				finalBlock,
				undeliveredFacts: undelivered.rows[0].count,
				deliveredPosition: cursor.rows[0]?.delivered_position ?? 0,
			};
		});
	}

	async chain(accounts: Address[], blockNumber: number) {
		const address = this.options.deployment.addresses.CollateralVault;
		const at = { address, blockNumber: BigInt(blockNumber) };
		const balances = new Map<Address, number>();
		for (let from = 0; from < accounts.length; from += ACCOUNTS_PER_CALL) {
			const part = accounts.slice(from, from + ACCOUNTS_PER_CALL);
			const words = await this.client.readContract({
				...at,
				abi: wordsAbi,
				functionName: "accountWords",
				args: [part],
			});
			for (const [index, word] of words.entries()) {
				balances.set(part[index] as Address, Number(BigInt.asUintN(BALANCE_BITS, word)));
			}
		}
		const totalMsat = Number(await this.client.readContract({ ...at, abi: vaultAbi, functionName: "totalMsat" }));
		return { balances, totalMsat };
	}

	async windowRows(windowId: WindowId): Promise<{ added: WindowTotals; kept: WindowTotals }> {
		await whenProjected(this.options.pool);
		const added = await this.options.pool.query(
			`SELECT count(*) AS trades, coalesce(sum(energy_wh), 0) AS "energyWh", coalesce(sum(loss_wh), 0) AS "lossWh"
			FROM trades WHERE window_id = $1 AND unwound_sequence IS NULL`,
			[windowId],
		);
		const kept = await this.options.pool.query(
			'SELECT trade_count AS trades, energy_wh AS "energyWh", loss_wh AS "lossWh" FROM windows WHERE window_id = $1',
			[windowId],
		);
		return { added: added.rows[0], kept: kept.rows[0] ?? { trades: 0, energyWh: 0, lossWh: 0 } };
	}

	async windowOnChain(windowId: WindowId) {
		const { pool, deployment } = this.options;
		const { rows } = await pool.query(
			`SELECT name, args FROM chain_events
			WHERE chain_id = $1 AND args ? 'windowId' AND (args ->> 'windowId')::bigint = $2
				AND name IN ('WindowCommitted', 'ChunkSettled', 'WindowVoided', 'WindowExpired')`,
			[deployment.chainId, windowId],
		);
		const sums = await pool.query(
			"SELECT coalesce(sum(delta_msat), 0) AS sum FROM chain_balance_changes WHERE chain_id = $1 AND window_id = $2",
			[deployment.chainId, windowId],
		);
		const settled = rows.filter((row) => row.name === "ChunkSettled");
		return {
			trades: settled.reduce((sum, row) => sum + (row.args.record.length - 2) / 2 / RECORD_BYTES, 0),
			chunks: settled.length,
			deltaSumMsat: sums.rows[0].sum,
			status: statusOf(rows),
		};
	}

	async windowPlan(windowId: WindowId) {
		const { rows } = await this.options.pool.query(
			`SELECT trade_count AS trades, chunk_count AS chunks FROM window_pipelines
			WHERE window_id = $1 AND trade_count IS NOT NULL`,
			[windowId],
		);
		return rows[0] ?? null;
	}
}

function statusOf(events: { name: string; args: { last?: boolean } }[]): string {
	const has = (name: string): boolean => events.some((event) => event.name === name);
	if (has("WindowVoided")) return "voided";
	if (has("WindowExpired")) return "expired";
	if (events.some((event) => event.name === "ChunkSettled" && event.args.last === true)) return "settled";
	return has("WindowCommitted") ? "committed" : "none";
}
