/**
 * One measurement of `durable.ts` in a process of its own: `node durableWork.ts saturated|openLoop|recovery <databaseUrl>
 * <orders>`; the result is one JSON line.
 */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { createEngine, type RunningEngine, restoreEngine } from "../../offchain/infrastructure/engine/RunningEngine.ts";
import { copyRows } from "../../offchain/infrastructure/postgres/copyRows.ts";
import { DurableEngine } from "../../offchain/infrastructure/postgres/DurableEngine.ts";
import { EngineLog } from "../../offchain/infrastructure/postgres/EngineLog.ts";
import { decodeForReplay } from "../../offchain/infrastructure/postgres/inputCodec.ts";
import { LeaderLock } from "../../offchain/infrastructure/postgres/LeaderLock.ts";
import { migrate } from "../../offchain/infrastructure/postgres/migrate.ts";
import { openPool } from "../../offchain/infrastructure/postgres/openPool.ts";
import { replay, restoreSnapshot } from "../../offchain/infrastructure/postgres/recoverEngine.ts";
import { whenProjected } from "../../offchain/infrastructure/postgres/whenProjected.ts";
import { marketSetUp, orderStream } from "./orderStream.ts";

const CALLERS = 4_000;
const OPEN_LOOP_PER_SECOND = 10_000;
const WARM_UP = 20_000;

const [mode, databaseUrl = "", count = "0"] = process.argv.slice(2);
const orders = Number(count);
const pool = openPool(databaseUrl, `bench ${mode}`);
const factory = { create: createEngine, restore: restoreEngine };

const result = await { saturated, openLoop, recovery }[mode as "saturated" | "openLoop" | "recovery"]();
console.log(JSON.stringify(result));
process.exit(0);

async function lead(): Promise<DurableEngine<RunningEngine>> {
	await migrate(pool);
	const lock = await LeaderLock.acquire({ databaseUrl, holder: "bench" });
	const engine = await DurableEngine.start<RunningEngine>({
		...factory,
		pool,
		tablesThread: { databaseUrl, applicationName: `bench ${mode}` },
		epoch: lock?.epoch ?? 0,
		// A snapshot is a matter of minutes in production, not of every hundred thousand orders.
		snapshotEveryInputs: 10_000_000,
		onFatal: (error) => {
			throw error;
		},
	});
	await engine.submitMany(marketSetUp());
	return engine;
}

/** As many orders as it takes in, each acknowledged after it is on disk. */
async function saturated() {
	const engine = await lead();
	const stream = orderStream(orders + WARM_UP, 1);
	let next = 0;
	const until = async (end: number): Promise<void> => {
		await Promise.all(
			Array.from({ length: CALLERS }, async () => {
				while (next < end) {
					const reply = await engine.submit(stream[next++] as (typeof stream)[number]);
					if (reply.status !== "applied") throw new Error("busy");
				}
			}),
		);
	};
	await until(WARM_UP);
	const startedAt = performance.now();
	const cpu = process.cpuUsage();
	const serverBefore = await serverCpuSeconds();
	await until(orders + WARM_UP);
	const seconds = (performance.now() - startedAt) / 1000;
	const used = process.cpuUsage(cpu);
	await whenProjected(pool);
	const projectedSeconds = (performance.now() - startedAt) / 1000;
	return {
		ordersPerSecond: orders / seconds,
		projectedPerSecond: orders / projectedSeconds,
		engineCpuMicros: (used.user + used.system) / orders,
		serverCpuMicros: (((await serverCpuSeconds()) - serverBefore) * 1e6) / orders,
	};
}

/** Processor time of the server's processes that work for this one; 0 where the system does not tell. */
async function serverCpuSeconds(): Promise<number> {
	const { rows } = await pool.query<{ pid: number }>(
		"SELECT pid FROM pg_stat_activity WHERE application_name = 'bench saturated'",
	);
	let ticks = 0;
	for (const { pid } of rows) {
		try {
			const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
			ticks += Number(fields[11]) + Number(fields[12]);
		} catch {
			return 0;
		}
	}
	return ticks / 100;
}

/** Orders arrive by the clock, whatever became of the ones before; latency counts from when they were due. */
async function openLoop() {
	const engine = await lead();
	const stream = orderStream(orders + WARM_UP, 2);
	for (let index = 0; index < WARM_UP; index += 500) await engine.submitMany(stream.slice(index, index + 500));
	const latencies = new Float64Array(orders);
	const startedAt = performance.now() + 50;
	let next = 0;
	let answered = 0;
	await new Promise<void>((resolve) => {
		const tick = (): void => {
			const now = performance.now();
			while (next < orders) {
				const dueAt = startedAt + (next * 1000) / OPEN_LOOP_PER_SECOND;
				if (dueAt > now) break;
				const index = next++;
				void engine.submit(stream[WARM_UP + index] as (typeof stream)[number]).then(() => {
					latencies[index] = performance.now() - dueAt;
					answered += 1;
					if (answered === orders) resolve();
				});
			}
			// Sleeps in between: a generator that spins would take a processor from the server it measures.
			if (next < orders) setTimeout(tick, 1);
		};
		tick();
	});
	latencies.sort();
	const at = (share: number): number => latencies[Math.ceil(orders * share) - 1] as number;
	return { p50Milliseconds: at(0.5), p99Milliseconds: at(0.99), p999Milliseconds: at(0.999) };
}

/** The whole log replayed into an empty engine, and where the time goes. */
async function recovery() {
	await pool.query("DELETE FROM engine_snapshots");
	const log = new EngineLog(pool);
	const hashes: string[] = [];
	let commands = 0;
	const startedAt = performance.now();
	const recovered = await restoreSnapshot<RunningEngine>(log, factory);
	await replay(log, recovered);
	const seconds = (performance.now() - startedAt) / 1000;
	commands = recovered.sequence;
	hashes.push(recovered.state.stateHash());

	const parts = { readSeconds: 0, decodeSeconds: 0, applySeconds: 0 };
	const groups = await timed("readSeconds", () =>
		copyRows(pool, "SELECT inputs FROM input_log ORDER BY first_sequence"),
	);
	const inputs = await timed("decodeSeconds", async () =>
		groups.flatMap(([bytes]) => {
			createHash("sha256")
				.update(bytes as Buffer)
				.digest();
			return decodeForReplay(bytes as Buffer);
		}),
	);
	const engine = createEngine();
	await timed("applySeconds", async () => {
		let sequence = 0;
		for (const input of inputs) engine.apply(++sequence, input);
	});
	hashes.push(engine.stateHash());
	return { commandsPerSecond: commands / seconds, commands, isIdentical: new Set(hashes).size === 1, ...parts };

	async function timed<T>(part: keyof typeof parts, work: () => Promise<T>): Promise<T> {
		const begun = performance.now();
		const value = await work();
		parts[part] = (performance.now() - begun) / 1000;
		return value;
	}
}
