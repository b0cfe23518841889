import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { EngineGateway } from "../../offchain/application/ports/EngineGateway.ts";
import type { Deployment } from "../../offchain/infrastructure/chain/Deployment.ts";
import { BlockProducer } from "../../offchain/infrastructure/clock/BlockProducer.ts";
import { RehearsalClock } from "../../offchain/infrastructure/clock/RehearsalClock.ts";
import { freePort } from "../../offchain/infrastructure/local/freePort.ts";
import { LocalChain } from "../../offchain/infrastructure/local/LocalChain.ts";
import { migrate } from "../../offchain/infrastructure/postgres/migrate.ts";
import { openPool } from "../../offchain/infrastructure/postgres/openPool.ts";
import { ChainIndexer } from "../../offchain/infrastructure/reconciliation/ChainIndexer.ts";
import { RpcChainSource } from "../../offchain/infrastructure/reconciliation/ChainSource.ts";
import { protocolLogDecoder } from "../../offchain/infrastructure/reconciliation/protocolLogDecoder.ts";
import { LOCAL_CHAIN_ID } from "../../offchain/processes/exchange/localParameters.ts";
import { prepareChain } from "../../offchain/processes/exchange/prepareChain.ts";
import { writePonderProject } from "./ponderProject.ts";

const GENESIS_SECONDS = 1_800_000_000;
const EMPTY_BLOCKS = 2_000;
const PEER_TIMEOUT_MILLIS = 180_000;

export type IndexerBenchOptions = {
	quick: boolean;
	/** A folder with ponder installed. */
	ponderDir: string | undefined;
	databaseUrl: string;
	freshDatabase: () => Promise<string>;
};

const deafEngine: EngineGateway = {
	submit: async () => ({ status: "applied", sequence: 1, events: [] }),
	submitMany: async (inputs) => inputs.map(() => ({ status: "applied", sequence: 1, events: [] })),
};

/** A chain with some thousand events of the protocol, indexed from its first block, again and again. */
export async function measureIndexer({ quick, ponderDir, freshDatabase }: IndexerBenchOptions) {
	const stateDir = mkdtempSync(join(tmpdir(), "gridtokenx-bench-chain-"));
	const chain = await LocalChain.start(stateDir, await freePort(), LOCAL_CHAIN_ID, GENESIS_SECONDS - 10);
	const clock = new RehearsalClock({ epochMillis: Date.now(), startMillis: GENESIS_SECONDS * 1000, factor: 60 });
	const producer = new BlockProducer({ rpcUrl: chain.rpcUrl, clock, intervalMillis: 20 });
	try {
		await producer.start();
		const deployment = await prepareChain({
			rpcUrl: chain.rpcUrl,
			nowSeconds: () => Math.floor(clock.nowMillis() / 1000),
			registration: registration(quick ? 500 : 3_000),
			progress: () => undefined,
		});
		await producer.stop();
		await fetch(chain.rpcUrl, {
			method: "POST",
			headers: { "content-type": "application/json" },
			body: JSON.stringify({ jsonrpc: "2.0", id: 1, method: "anvil_mine", params: [`0x${EMPTY_BLOCKS.toString(16)}`] }),
		});
		const runs: number[] = [];
		const peerRuns: number[] = [];
		let events = 0;
		for (let run = 0; run < (quick ? 1 : 3); run++) {
			const own = await runOwn(deployment, chain.rpcUrl, await freshDatabase());
			events = own.events;
			runs.push(own.events / own.seconds);
			if (ponderDir === undefined) continue;
			const peer = await runPonder(ponderDir, deployment, chain.rpcUrl, await freshDatabase());
			if (peer.events !== own.events) throw new Error(`ponder found ${peer.events} events, the indexer ${own.events}`);
			peerRuns.push(peer.events / peer.seconds);
		}
		return {
			name: "indexer.eventsPerSecond",
			value: median(runs),
			unit: "1/s",
			better: "higher" as const,
			target: null,
			peer: peerRuns.length === 0 ? null : { name: "ponder@1.0.0", value: median(peerRuns) },
			runs,
			note:
				`${events} events, ${EMPTY_BLOCKS} empty blocks behind them; every block, parent hash, event and projection stored` +
				(ponderDir === undefined ? "; no peer: ponder is not installed" : ""),
		};
	} finally {
		await producer.stop();
		chain.process.kill("SIGKILL");
		rmSync(stateDir, { recursive: true, force: true });
	}
}

async function runOwn(deployment: Deployment, rpcUrl: string, databaseUrl: string) {
	const pool = openPool(databaseUrl, "bench indexer", 4);
	await migrate(pool);
	const { addresses, decode } = protocolLogDecoder(deployment);
	const indexer = new ChainIndexer({
		pool,
		chainId: deployment.chainId,
		firstBlock: deployment.deployedBlock,
		source: new RpcChainSource(rpcUrl, addresses),
		decode,
		engine: deafEngine,
		confirmations: 1,
	});
	const startedAt = performance.now();
	while (await indexer.step());
	const seconds = (performance.now() - startedAt) / 1000;
	const { rows } = await pool.query<{ events: number }>(
		"SELECT count(*) AS events FROM chain_events WHERE contract IN ('CollateralVault', 'MeterRegistry')",
	);
	await pool.end();
	return { events: rows[0]?.events ?? 0, seconds };
}

/** From the moment its server is up, so that its start does not count, to the moment it says it is ready. */
async function runPonder(ponderDir: string, deployment: Deployment, rpcUrl: string, databaseUrl: string) {
	const port = await freePort();
	const root = writePonderProject(ponderDir, deployment);
	const child = spawn(
		process.execPath,
		[join(ponderDir, "node_modules", "ponder", "dist", "esm", "bin", "ponder.js"), "start", "--root", root].concat([
			"--port",
			String(port),
			"--schema",
			"peer",
			"--log-level",
			"warn",
		]),
		{
			cwd: root,
			stdio: ["ignore", "pipe", "pipe"],
			env: { ...process.env, DATABASE_URL: databaseUrl, PONDER_RPC_URL: rpcUrl, PONDER_TELEMETRY_DISABLED: "true" },
		},
	);
	let errors = "";
	for (const stream of [child.stdout, child.stderr]) {
		stream.on("data", (data: Buffer) => {
			errors = (errors + data.toString()).slice(0, 4_000);
		});
	}
	try {
		await whenOk(`http://127.0.0.1:${port}/health`);
		const startedAt = performance.now();
		await whenOk(`http://127.0.0.1:${port}/ready`);
		const seconds = (performance.now() - startedAt) / 1000;
		const pool = openPool(databaseUrl, "bench ponder", 1);
		const { rows } = await pool.query<{ events: number }>("SELECT count(*) AS events FROM peer.event");
		await pool.end();
		return { events: rows[0]?.events ?? 0, seconds };
	} catch (error) {
		throw new Error(`ponder: ${(error as Error).message} ${errors}`);
	} finally {
		child.kill("SIGKILL");
		rmSync(root, { recursive: true, force: true });
	}

	async function whenOk(url: string): Promise<void> {
		const deadline = performance.now() + PEER_TIMEOUT_MILLIS;
		for (;;) {
			if (child.exitCode !== null) throw new Error(`ended with ${child.exitCode}`);
			const answer = await fetch(url).catch(() => null);
			if (answer?.ok) return;
			if (performance.now() > deadline) throw new Error(`${url} is not ready`);
			await new Promise((resolve) => setTimeout(resolve, 5));
		}
	}
}

function registration(participants: number) {
	const accounts = Array.from(
		{ length: participants },
		(_, index) => `0x${(0xbe_0000 + index).toString(16).padStart(40, "0")}` as const,
	);
	return {
		licences: accounts.map((account) => ({ account, tier: 1 })),
		meters: accounts.map((owner, index) => ({
			meterId: index + 1,
			owner,
			zoneId: 2 + (index % 12),
			source: "rooftopSolar" as const,
			maxWindowWh: 10_000,
			nodeId: 0,
			latitudeMicrodegrees: 13_700_000,
			longitudeMicrodegrees: 100_500_000,
		})),
		deposits: accounts.slice(0, participants / 4).map((account) => ({ account, amountSat: 1_000 })),
	};
}

function median(values: number[]): number {
	return values.toSorted((a, b) => a - b)[values.length >> 1] as number;
}
