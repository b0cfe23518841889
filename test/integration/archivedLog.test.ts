import { mkdtempSync, readdirSync, rmSync, truncateSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { createEngine, restoreEngine } from "../../offchain/infrastructure/engine/RunningEngine.ts";
import { ArchiveManifest } from "../../offchain/infrastructure/postgres/ArchiveManifest.ts";
import { DurableEngine } from "../../offchain/infrastructure/postgres/DurableEngine.ts";
import { EngineLog } from "../../offchain/infrastructure/postgres/EngineLog.ts";
import { LeaderLock } from "../../offchain/infrastructure/postgres/LeaderLock.ts";
import { RetentionJob } from "../../offchain/infrastructure/postgres/RetentionJob.ts";
import { marketSetUp, orderStream } from "../../scripts/bench/orderStream.ts";
import { type TestDatabase, testDatabase } from "./testServices.ts";

/** The stream's market time is in 2027. */
const YEARS_LATER_MILLIS = 2_000_000_000_000;

describe("X9 the old part of the input log leaves the database", () => {
	let database: TestDatabase;
	let archiveFolder: string;
	let manifest: ArchiveManifest;
	let lock: LeaderLock;

	beforeEach(async () => {
		database = await testDatabase();
		archiveFolder = mkdtempSync(join(tmpdir(), "gridtokenx-archive-"));
		manifest = new ArchiveManifest(database.pool, archiveFolder);
		lock = (await LeaderLock.acquire({ databaseUrl: database.databaseUrl, holder: "test" })) as LeaderLock;
	});
	afterEach(async () => {
		await lock.release();
		await database.drop();
		rmSync(archiveFolder, { recursive: true, force: true });
	});

	const start = () =>
		DurableEngine.start({
			pool: database.pool,
			epoch: lock.epoch,
			create: createEngine,
			restore: restoreEngine,
			snapshotEveryInputs: 1_500,
			maxGroupInputs: 100,
			onFatal: (error) => {
				throw error;
			},
		});
	const job = (nowMillis = YEARS_LATER_MILLIS): RetentionJob =>
		new RetentionJob({
			pool: database.pool,
			clock: { nowMillis: () => nowMillis },
			archiveFolder,
			batchRows: 20,
			onError: (message) => {
				throw new Error(message);
			},
		});
	async function trade(): Promise<string> {
		const engine = await start();
		const inputs = [...marketSetUp(), ...orderStream(2_000, 3)];
		for (let from = 0; from < inputs.length; from += 500) await engine.submitMany(inputs.slice(from, from + 500));
		await engine.stop();
		return engine.read((state) => state.stateHash()).catch(() => stateHash());
	}
	async function stateHash(): Promise<string> {
		return (await start()).read((state) => state.stateHash());
	}
	const one = async (text: string): Promise<number> =>
		Object.values((await database.pool.query(text)).rows[0])[0] as number;

	it("invariant: what is below every snapshot goes, with its hash chain; the engine starts as before and goes on", async () => {
		const before = await trade();
		const groups = await one("SELECT count(*) FROM input_log");
		const oldestSnapshot = await one("SELECT min(sequence) FROM engine_snapshots");
		const removed = await job().round();
		expect(removed.input_log).to.be.greaterThan(20);
		expect(await one("SELECT count(*) FROM input_log")).to.equal(groups - (removed.input_log as number));
		expect(await one("SELECT min(last_sequence) FROM input_log")).to.be.greaterThan(oldestSnapshot);
		expect(await one("SELECT max(last_key) FROM archived_files WHERE table_name = 'input_log'")).to.equal(
			(await one("SELECT min(first_sequence) FROM input_log")) - 1,
		);
		expect((await manifest.verify()).problems).to.deep.equal([]);
		const engine = await start();
		expect(await engine.read((state) => state.stateHash())).to.equal(before);
		expect((await engine.submit({ type: "AdvanceClock", nowSeconds: 1_800_006_000 })).status).to.equal("applied");
		expect((await job().round()).input_log).to.equal(0);
	});

	it("behavior: young inputs stay, and all of them where there is no snapshot yet", async () => {
		await trade();
		expect((await job(1_800_010_000_000).round()).input_log).to.equal(0);
		await database.pool.query("DELETE FROM engine_snapshots");
		expect((await job().round()).input_log).to.equal(0);
	});

	it("behavior: restored, the log gives the same state from its first input", async () => {
		const before = await trade();
		await job().round();
		const archived = await one("SELECT sum(row_count) FROM archived_files WHERE table_name = 'input_log'");
		expect(await manifest.restore("input_log", 1, 1_000_000)).to.equal(archived);
		await database.pool.query("DELETE FROM engine_snapshots");
		expect(await stateHash()).to.equal(before);
		expect(await one("SELECT count(*) FROM archived_files WHERE table_name = 'input_log'")).to.equal(0);
	});

	it("error: without its snapshots a log whose beginning is in the archive is not taken for the whole", async () => {
		await trade();
		await job().round();
		await database.pool.query("DELETE FROM engine_snapshots");
		expect(((await start().catch((error: Error) => error)) as Error).message).to.match(/gap after 0/);
		const outcome = await new EngineLog(database.pool).eventsAfter(0).catch((error: Error) => error);
		expect((outcome as Error).message).to.match(/input 1 is in the archive/);
	});

	it("error: a file that is damaged, and one that is gone, are named", async () => {
		await trade();
		await job().round();
		const [first, second] = readdirSync(join(archiveFolder, "input_log")).sort(
			(a, b) => Number.parseInt(a, 10) - Number.parseInt(b, 10),
		);
		truncateSync(join(archiveFolder, "input_log", first as string), 100);
		rmSync(join(archiveFolder, "input_log", second as string));
		const { problems } = await manifest.verify();
		expect(problems.join()).to.include(first).and.to.include(second);
		expect(problems.length).to.be.greaterThan(2);
	});
});
