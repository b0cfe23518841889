/**
 * The durable path on a real PostgreSQL with fsync on: orders acknowledged after they are on disk, latency at 10,000
 * orders a second in open loop, recovery of the whole log to the identical state hash, and the chain indexer beside
 * ponder on the same chain.
 *
 *   node scripts/bench/durable.ts [--json] [--quick] [--ponder DIR]
 *
 * ponder is no dependency of this project: npm installs it once into .state/peers/ponder, unless `--ponder` names a folder
 * that has it; where it cannot be had the indexer runs alone and the report says so. `--quick` installs nothing.
 * Signatures are measured elsewhere.
 */
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { cpus, loadavg, tmpdir, totalmem } from "node:os";
import { join, resolve } from "node:path";
import { resetLocalState, startLocalServices } from "../../offchain/infrastructure/local/startLocalServices.ts";
import { openPool } from "../../offchain/infrastructure/postgres/openPool.ts";
import { endWithChildren } from "../endWithChildren.ts";
import { scriptOptions } from "../scriptOptions.ts";
import { measureIndexer } from "./indexerBench.ts";
import { installPonder } from "./installPonder.ts";

const options = scriptOptions(import.meta.filename, {
	json: { type: "boolean", default: false },
	quick: { type: "boolean", default: false },
	ponder: { type: "string" },
});

type Figure = {
	name: string;
	value: number;
	unit: string;
	better: "higher" | "lower";
	target: number | null;
	peer: { name: string; value: number } | null;
	runs: number[];
	note?: string;
};

/** As docs/operations/running.md starts an engine. */
const ENGINE_FLAGS = ["--min-semi-space-size=64", "--max-semi-space-size=64"];
const RUNS = options.quick ? 1 : 3;
const SATURATED_ORDERS = options.quick ? 30_000 : 150_000;
const OPEN_LOOP_ORDERS = options.quick ? 30_000 : 100_000;

const stateDir = mkdtempSync(join(tmpdir(), "gridtokenx-bench-"));
endWithChildren(tidyUp);
const services = await startLocalServices({ stateDir, chainId: 31_337, genesisSeconds: 1_800_000_000 });
const admin = openPool(services.databaseUrl, "bench", 1);
const figures: Figure[] = [];
try {
	type Saturated = {
		ordersPerSecond: number;
		projectedPerSecond: number;
		engineCpuMicros: number;
		serverCpuMicros: number;
	};
	type OpenLoop = { p50Milliseconds: number; p99Milliseconds: number; p999Milliseconds: number };
	type Recovery = {
		commandsPerSecond: number;
		commands: number;
		isIdentical: boolean;
		readSeconds: number;
		decodeSeconds: number;
		applySeconds: number;
	};
	const saturated: Saturated[] = [];
	const openLoop: OpenLoop[] = [];
	const recovery: Recovery[] = [];
	for (let run = 0; run < RUNS; run++) {
		const first = await freshDatabase();
		saturated.push(await work<Saturated>("saturated", first, SATURATED_ORDERS));
		recovery.push(await work<Recovery>("recovery", first, 0));
		const second = await freshDatabase();
		// A server that has run for a while writes into log files it has used before; a new one stops for 10 ms to fill each.
		await admin.query("CHECKPOINT");
		openLoop.push(await work<OpenLoop>("openLoop", second, OPEN_LOOP_ORDERS));
	}
	const differing = recovery.filter(({ isIdentical }) => !isIdentical).length;
	if (differing > 0) throw new Error(`${differing} recoveries came to another state hash`);
	const engineMicros = median(saturated.map(({ engineCpuMicros }) => engineCpuMicros));
	const serverMicros = median(saturated.map(({ serverCpuMicros }) => serverCpuMicros));
	figures.push({
		name: "durable.ordersPerSecond",
		...medianOf(saturated.map(({ ordersPerSecond }) => ordersPerSecond)),
		unit: "1/s",
		better: "higher",
		target: 20_000,
		peer: null,
		note: `${Math.round(median(saturated.map(({ projectedPerSecond }) => projectedPerSecond)))}/s until the readable tables hold all of it; processor time per order: engine ${engineMicros.toFixed(1)} µs, PostgreSQL's backend ${serverMicros.toFixed(1)} µs; load average ${loadavg()[0]?.toFixed(1)}`,
	});
	figures.push({
		name: "durable.openLoop10k.p99Milliseconds",
		...medianOf(openLoop.map(({ p99Milliseconds }) => p99Milliseconds)),
		unit: "ms",
		better: "lower",
		target: 10,
		peer: null,
		note: `median ${median(openLoop.map(({ p50Milliseconds }) => p50Milliseconds)).toFixed(2)} ms, p99.9 ${median(openLoop.map(({ p999Milliseconds }) => p999Milliseconds)).toFixed(2)} ms`,
	});
	const share = (part: "readSeconds" | "decodeSeconds" | "applySeconds"): string => {
		const nanos = median(recovery.map((one) => (one[part] / one.commands) * 1e9));
		return `${Math.round(nanos)} ns`;
	};
	figures.push({
		name: "recovery.commandsPerSecond",
		...medianOf(recovery.map(({ commandsPerSecond }) => commandsPerSecond)),
		unit: "1/s",
		better: "higher",
		target: 5_000_000,
		peer: null,
		note: `state hash identical; per command: reading ${share("readSeconds")}, hash chain and decoding ${share("decodeSeconds")}, applying ${share("applySeconds")}`,
	});
	figures.push(
		await measureIndexer({
			quick: options.quick,
			ponderDir: options.ponder === undefined ? installPonder(!options.quick) : resolve(options.ponder),
			databaseUrl: services.databaseUrl,
			freshDatabase,
		}),
	);
} finally {
	await admin.end();
	await services.stop();
	await tidyUp();
}

const machine = { cpus: cpus().length, model: cpus()[0]?.model ?? "", memoryBytes: totalmem(), node: process.version };
if (options.json) {
	console.log(JSON.stringify({ benchmark: "durable", machine, figures }));
} else {
	for (const { name, value, unit, target, peer, note } of figures) {
		const beside = peer === null ? "" : `, ${peer.name} ${Math.round(peer.value)}`;
		console.log(`${name.padEnd(40)} ${value.toFixed(2).padStart(14)} ${unit} (target ${target}${beside})`);
		if (note !== undefined) console.log(`${"".padEnd(41)}${note}`);
	}
}
process.exit(0);

async function tidyUp(): Promise<void> {
	await resetLocalState(stateDir);
	rmSync(stateDir, { recursive: true, force: true });
}

async function freshDatabase(): Promise<string> {
	const name = `bench_${randomBytes(5).toString("hex")}`;
	await admin.query(`CREATE DATABASE ${name}`);
	return services.databaseUrl.replace(/\/[^/]*$/, `/${name}`);
}

/** In a process of its own; the last line of its output is the result. */
function work<Result>(mode: string, databaseUrl: string, orders: number): Promise<Result> {
	const args = [...ENGINE_FLAGS, join(import.meta.dirname, "durableWork.ts"), mode, databaseUrl, String(orders)];
	const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
	let output = "";
	child.stdout.on("data", (data: Buffer) => (output += data.toString()));
	return new Promise((resolve, reject) => {
		child.once("exit", (code) => {
			if (code === 0) resolve(JSON.parse(output.trim().split("\n").at(-1) ?? "") as Result);
			else reject(new Error(`the ${mode} measurement ended with ${code}`));
		});
	});
}

function median(values: number[]): number {
	return values.toSorted((a, b) => a - b)[values.length >> 1] as number;
}

function medianOf(runs: number[]): { value: number; runs: number[] } {
	return { value: median(runs), runs };
}
