import type pg from "pg";
import { createPublicClient, http } from "viem";
import { ReconciliationService } from "../../offchain/application/services/ReconciliationService.ts";
import { decodeProtocolEvent } from "../../offchain/infrastructure/chain/decodeChainFacts.ts";
import { InProcessEngineQueries } from "../../offchain/infrastructure/engine/InProcessEngineQueries.ts";
import { whenProjected } from "../../offchain/infrastructure/postgres/whenProjected.ts";
import { LedgerReader } from "../../offchain/infrastructure/reconciliation/LedgerReader.ts";
import { connectEngine } from "../../offchain/processes/connectEngine.ts";
import type { ChaosMarket } from "./ChaosMarket.ts";
import type { ChaosRig } from "./ChaosRig.ts";

export type History = {
	acknowledged: number;
	/** Acknowledged orders nobody knows any more. */
	lost: string[];
	/** Orders placed, or filled beyond their quantity, more than once. */
	doubled: string[];
	/** Commitments and chunks that happened twice on chain. */
	settledTwice: string[];
	/** Rows of an overtaken leader behind those of its successor, and gaps. */
	fencingBroken: number;
	/** Differences between engine, database and chain. */
	differences: string[];
	isBalanced: boolean;
	stages: Record<string, number>;
};

/** Looks at everything afterwards, from outside: the log, the tables, the public API and the chain itself. */
export async function checkHistory(rig: ChaosRig, market: ChaosMarket): Promise<History> {
	const lost: string[] = [];
	for (const { orderHash } of market.acknowledged) if ((await market.find(orderHash)) === null) lost.push(orderHash);
	const { differences, isBalanced } = await compareBooks(rig);
	return {
		acknowledged: market.acknowledged.length,
		lost,
		doubled: await doubledOrders(rig.pool),
		settledTwice: await settledTwice(rig),
		fencingBroken: await count(
			rig.pool,
			`SELECT count(*) FROM (
				SELECT epoch, lag(epoch) OVER log AS before_epoch, first_sequence, lag(last_sequence) OVER log AS before_last
				FROM input_log WINDOW log AS (ORDER BY first_sequence)) AS pairs
			WHERE epoch < before_epoch OR first_sequence <> before_last + 1`,
		),
		differences,
		isBalanced,
		stages: await stages(rig.pool),
	};
}

async function doubledOrders(pool: pg.Pool): Promise<string[]> {
	await whenProjected(pool);
	const { rows } = await pool.query<{ order_hash: string }>(
		`SELECT order_hash FROM order_events WHERE type = 'OrderPlaced' GROUP BY order_hash HAVING count(*) > 1
		UNION
		SELECT order_hash FROM orders JOIN trades ON order_hash IN (sell_order_hash, buy_order_hash)
		WHERE unwound_sequence IS NULL GROUP BY order_hash, orders.energy_wh, orders.filled_wh
		HAVING sum(trades.energy_wh) > orders.energy_wh OR sum(trades.energy_wh) <> orders.filled_wh`,
	);
	return rows.map((row) => row.order_hash);
}

/** From the chain itself, not from our tables. */
async function settledTwice(rig: ChaosRig): Promise<string[]> {
	const client = createPublicClient({ transport: http(rig.rpcUrl), cacheTime: 0 });
	const logs = await client.getLogs({ address: rig.deployment.addresses.WindowSettlement, fromBlock: 0n });
	const seen = new Map<string, number>();
	for (const log of logs) {
		const event = decodeProtocolEvent(log);
		if (event?.eventName !== "WindowCommitted" && event?.eventName !== "ChunkSettled") continue;
		const { args } = event;
		const what = `${event.eventName} ${args.windowId} ${"chunkIndex" in args ? args.chunkIndex : ""}`;
		seen.set(what, (seen.get(what) ?? 0) + 1);
	}
	return [...seen].filter(([, times]) => times > 1).map(([what, times]) => `${what}: ${times} times`);
}

/** With an engine of our own, rebuilt from the log. */
async function compareBooks(rig: ChaosRig): Promise<{ differences: string[]; isBalanced: boolean }> {
	const connection = await connectEngine({
		pool: rig.pool,
		databaseUrl: rig.databaseUrl,
		redisUrl: undefined,
		maxQueuedInputs: 100,
		onFatal: (error) => {
			throw error;
		},
		onChange: () => undefined,
	});
	const queries = new InProcessEngineQueries(connection.engine);
	const ledger = () => queries.ledger();
	const { deployment, pool, rpcUrl } = rig;
	const reader = new LedgerReader({ pool, rpcUrl, deployment, confirmations: 1, engine: ledger });
	const report = await new ReconciliationService(reader).reconcileAll();
	await connection.close();
	return {
		isBalanced: report.isBalanced && report.isConclusive,
		differences: report.differences.map(({ what, account, left, right }) => {
			return `${what} ${account ?? ""}: ${left.keeper} ${left.value}, ${right.keeper} ${right.value}`;
		}),
	};
}

async function stages(pool: pg.Pool): Promise<Record<string, number>> {
	const { rows } = await pool.query<{ stage: string; windows: number }>(
		"SELECT stage, count(*) AS windows FROM window_pipelines GROUP BY stage ORDER BY stage",
	);
	return Object.fromEntries(rows.map(({ stage, windows }) => [stage, windows]));
}

async function count(pool: pg.Pool, text: string): Promise<number> {
	const { rows } = await pool.query<{ count: number }>(text);
	return rows[0]?.count ?? 0;
}
