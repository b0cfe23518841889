/**
 * Rehearses the loss of the whole database server: takes a base backup under load, ships the write-ahead log, kills the
 * server, deletes its data, restores elsewhere and trades again.
 *
 *   node scripts/backupDrill.ts [--json] [--seconds 8] [--orders-per-second 500]
 *
 * Prints the recovery point (how much acknowledged trade is lost, and its age) and the recovery time (from the loss to
 * the first acknowledged order). Exit code 1 when the restored books are not a sound prefix of what was.
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createEngine, type RunningEngine, restoreEngine } from "../offchain/infrastructure/engine/RunningEngine.ts";
import { EmbeddedPostgres } from "../offchain/infrastructure/local/EmbeddedPostgres.ts";
import { freePort } from "../offchain/infrastructure/local/freePort.ts";
import { whenExited } from "../offchain/infrastructure/local/processLife.ts";
import { DurableEngine } from "../offchain/infrastructure/postgres/DurableEngine.ts";
import { LeaderLock } from "../offchain/infrastructure/postgres/LeaderLock.ts";
import { migrate } from "../offchain/infrastructure/postgres/migrate.ts";
import { openPool } from "../offchain/infrastructure/postgres/openPool.ts";
import { marketSetUp, orderStream } from "./bench/orderStream.ts";
import { childrenOf } from "./chaos/childrenOf.ts";
import { copyBaseBackup, restoreBackup, WalShipper } from "./database/physicalBackup.ts";
import { scriptOptions, wholeNumber } from "./scriptOptions.ts";

const options = scriptOptions(import.meta.filename, {
	json: { type: "boolean", default: false },
	seconds: { type: "string", default: "8" },
	"orders-per-second": { type: "string", default: "500" },
});
const loadMillis = wholeNumber("seconds", options.seconds, 1) * 1000;
const perSecond = wholeNumber("orders-per-second", options["orders-per-second"], 1);
const TICK_MILLIS = 20;

type Acknowledgement = { sequence: number; atMillis: number };

const root = mkdtempSync(join(tmpdir(), "gridtokenx-drill-"));
const folders = { lost: join(root, "lost"), archive: join(root, "archive"), restored: join(root, "restored") };
// The server's own user has to reach all of it.
for (const folder of [root, ...Object.values(folders)]) mkdirSync(folder, { recursive: true, mode: 0o755 });
spawnSync("chmod", ["755", root]);

const say = (line: string): void => console.error(`[drill] ${line}`);
const stream = orderStream(200_000, 5);
let next = 0;

say(`trading ${perSecond} orders a second on a server that will be lost`);
const first = await EmbeddedPostgres.start(folders.lost, await freePort());
const acknowledged: Acknowledgement[] = [];
const before = await openEngine(first.databaseUrl);
await before.engine.submitMany(marketSetUp());
const load = startLoad(before.engine, acknowledged);
const shipper = new WalShipper(join(folders.lost, "postgres"), folders.archive);
await before.pool.query("ALTER SYSTEM SET wal_keep_size = '2GB'");
await before.pool.query("SELECT pg_reload_conf()");
shipper.start();
await pause(loadMillis / 4);
const backupStartedAt = performance.now();
const bytes = await copyBaseBackup(first.databaseUrl, join(folders.lost, "postgres"), folders.archive);
const backupMillis = performance.now() - backupStartedAt;
say(`base backup of ${Math.round(bytes / 1e6)} MB in ${Math.round(backupMillis)} ms, under load`);
await pause(loadMillis);

const lostAt = Date.now();
const exit = whenExited(first.process);
// Every process of the server at once, then its disk.
for (const pid of [first.process.pid as number, ...childrenOf(first.process.pid as number)]) kill(pid);
shipper.stop();
load.stop();
await exit;
rmSync(folders.lost, { recursive: true, force: true });
say("the server and its disk are gone");

const restoreStartedAt = performance.now();
restoreBackup(folders.archive, folders.restored);
const second = await EmbeddedPostgres.start(folders.restored, await freePort());
say(`restored and replayed in ${Math.round(performance.now() - restoreStartedAt)} ms`);
const after = await openEngine(second.databaseUrl);
const restoredSequence = after.engine.lastSequence;
const reply = await after.engine.submit(stream[next++] as (typeof stream)[number]);
const recoveryTimeMillis = Date.now() - lostAt;
if (reply.status !== "applied") throw new Error("the restored engine does not answer");

const lost = acknowledged.filter(({ sequence }) => sequence > restoredSequence);
const oldestLost = lost.reduce((oldest, { atMillis }) => Math.min(oldest, atMillis), lostAt);
const problems = await soundness();
const report = {
	drill: "backup",
	acknowledged: acknowledged.length,
	acknowledgedLost: lost.length,
	recoveryPointMillis: lost.length === 0 ? 0 : lostAt - oldestLost,
	recoveryTimeMillis,
	baseBackupMillis: Math.round(backupMillis),
	baseBackupBytes: bytes,
	shippedEveryMillis: WalShipper.EVERY_MILLIS,
	restoredSequence,
	problems,
	isSound: problems.length === 0,
};
await after.close();
await second.stop();
rmSync(root, { recursive: true, force: true });
if (options.json) console.log(JSON.stringify(report));
else console.log(report);
process.exit(report.isSound ? 0 : 1);

async function openEngine(databaseUrl: string) {
	const pool = openPool(databaseUrl, "drill", 4);
	await migrate(pool);
	const lock = await LeaderLock.acquire({ databaseUrl, holder: "drill" });
	if (lock === null) throw new Error("not leading");
	const engine = await DurableEngine.start<RunningEngine>({
		pool,
		epoch: lock.epoch,
		create: createEngine,
		restore: restoreEngine,
		onFatal: () => undefined,
	});
	return {
		pool,
		engine,
		async close() {
			await engine.stop();
			await lock.release();
			await pool.end();
		},
	};
}

function startLoad(engine: DurableEngine<RunningEngine>, list: Acknowledgement[]): { stop(): void } {
	const perTick = Math.max(1, Math.round((perSecond * TICK_MILLIS) / 1000));
	const timer = setInterval(() => {
		for (let index = 0; index < perTick; index++) {
			engine.submit(stream[next++] as (typeof stream)[number]).then(
				(answer) => {
					if (answer.status === "applied") list.push({ sequence: answer.sequence, atMillis: Date.now() });
				},
				() => undefined,
			);
		}
	}, TICK_MILLIS);
	return { stop: () => clearInterval(timer) };
}

/** The restored books are exactly those of the log's prefix: starting the engine has checked the log's hash chain already. */
async function soundness(): Promise<string[]> {
	const found: string[] = [];
	const totals = await after.engine.read((state) =>
		state.balances().reduce((sum, { availableMsat, reservedMsat }) => sum + availableMsat + reservedMsat, 0),
	);
	const { rows } = await after.pool.query<{ accounts: number; placed: number; events: number }>(
		`SELECT (SELECT sum(available_msat + reserved_msat) FROM accounts) AS accounts,
			(SELECT count(*) FROM orders) AS placed,
			(SELECT count(DISTINCT order_hash) FROM order_events WHERE type IN ('OrderPlaced', 'OrderRejected')) AS events`,
	);
	const [row] = rows;
	if (row?.accounts !== totals) found.push(`accounts hold ${row?.accounts} msat, the engine ${totals}`);
	if (row?.placed !== row?.events) found.push(`${row?.placed} orders, ${row?.events} placements`);
	return found;
}

function kill(pid: number): void {
	try {
		process.kill(pid, "SIGKILL");
	} catch {
		// It has just ended.
	}
}

function pause(millis: number): Promise<void> {
	return new Promise((resolve) => setTimeout(resolve, millis));
}
