import { expect } from "chai";
import type { EngineInput } from "../../offchain/domain/engine/EngineInput.ts";
import { createEngine, restoreEngine } from "../../offchain/infrastructure/engine/RunningEngine.ts";
import { DurableEngine } from "../../offchain/infrastructure/postgres/DurableEngine.ts";
import { EngineLog } from "../../offchain/infrastructure/postgres/EngineLog.ts";
import type { InputLog } from "../../offchain/infrastructure/postgres/InputLog.ts";
import { LeaderLock } from "../../offchain/infrastructure/postgres/LeaderLock.ts";
import { PostgresOrderRepository } from "../../offchain/infrastructure/postgres/PostgresOrderRepository.ts";
import { Projector } from "../../offchain/infrastructure/postgres/Projector.ts";
import { whenProjected } from "../../offchain/infrastructure/postgres/whenProjected.ts";
import { marketSetUp, orderStream } from "../../scripts/bench/orderStream.ts";
import { type TestDatabase, testDatabase } from "./testServices.ts";

const TABLES = ["orders", "order_events", "trades", "windows", "accounts", "grid_violations", "outbox"];

describe("X4 readable tables follow the log", () => {
	let database: TestDatabase;
	let log: EngineLog;
	let lock: LeaderLock;
	const fatal: Error[] = [];

	beforeEach(async () => {
		database = await testDatabase();
		log = new EngineLog(database.pool);
		fatal.splice(0);
		const acquired = await LeaderLock.acquire({ databaseUrl: database.databaseUrl, holder: "test" });
		if (acquired === null) throw new Error("not leading");
		lock = acquired;
	});
	afterEach(async () => {
		await lock.release();
		await database.drop();
	});

	/** A log whose leader writes no table, as if it died right after every commit. */
	const withoutProjection = (inner: InputLog): InputLog => ({
		prepare: (...args) => inner.prepare(...args),
		commit: (prepared) => inner.commit(prepared),
		groupsAfter: (...args) => inner.groupsAfter(...args),
		eventsAfter: (sequence) => inner.eventsAfter(sequence),
		appliedAfter: async () => [],
		projectedSequence: () => inner.projectedSequence(),
		project: async () => true,
		requestsUpTo: (...args) => inner.requestsUpTo(...args),
		latestSnapshot: () => inner.latestSnapshot(),
		snapshotSequence: () => inner.snapshotSequence(),
		saveSnapshot: (snapshot) => inner.saveSnapshot(snapshot),
	});

	const start = (overLog: InputLog) =>
		DurableEngine.start({
			log: overLog,
			epoch: lock.epoch,
			create: createEngine,
			restore: restoreEngine,
			onFatal: (error) => fatal.push(error),
		});

	const startWithThread = () =>
		DurableEngine.start({
			pool: database.pool,
			tablesThread: { databaseUrl: database.databaseUrl, applicationName: "test tables" },
			epoch: lock.epoch,
			create: createEngine,
			restore: restoreEngine,
			onFatal: (error) => fatal.push(error),
		});

	async function trade(engine: { submitMany(inputs: EngineInput[]): Promise<unknown> }, orders: number): Promise<void> {
		const inputs = [...marketSetUp(), ...orderStream(orders, 3)];
		for (let from = 0; from < inputs.length; from += 700) await engine.submitMany(inputs.slice(from, from + 700));
	}

	async function tables(): Promise<Record<string, unknown[]>> {
		const result: Record<string, unknown[]> = {};
		for (const table of TABLES) {
			const { rows } =
				await database.pool.query(`SELECT to_jsonb(t) - 'outbox_id' - 'created_at' - 'available_at' AS row
				FROM ${table} AS t ORDER BY 1`);
			result[table] = rows.map(({ row }) => row);
		}
		return result;
	}

	it("invariant: groups as they came, one by one and in other groups give the same rows", async () => {
		await trade(await start(log), 1_500);
		await whenProjected(database.pool);
		const asTheyCame = await tables();
		for (const table of ["orders", "order_events", "trades", "windows", "accounts", "outbox"]) {
			expect(asTheyCame[table]?.length, table).to.be.greaterThan(10);
		}
		await database.pool.query(`TRUNCATE ${TABLES.join(", ")} CASCADE; UPDATE projection_cursor SET sequence = 0`);
		await new Projector(log).catchUp();
		const again = await tables();
		for (const table of TABLES) expect(again[table], table).to.deep.equal(asTheyCame[table]);
		expect(fatal).to.deep.equal([]);
	});

	it("invariant: a thread of its own writes the same rows; stopped, it has written all it was handed", async () => {
		await trade(await start(log), 1_500);
		await whenProjected(database.pool);
		const byTheEngine = await tables();
		await database.pool.query(
			`TRUNCATE ${TABLES.join(", ")}, input_log CASCADE; UPDATE projection_cursor SET sequence = 0`,
		);
		const engine = await startWithThread();
		await trade(engine, 1_500);
		await engine.stop();
		expect(await log.projectedSequence()).to.equal(engine.lastSequence);
		const byTheThread = await tables();
		for (const table of TABLES) expect(byTheThread[table], table).to.deep.equal(byTheEngine[table]);
		expect(fatal).to.deep.equal([]);
	});

	it("behavior: a thread goes on where others have written more than it was handed", async () => {
		await trade(await start(withoutProjection(log)), 300);
		const engine = await startWithThread();
		for (let round = 0; round < 30; round++) {
			await engine.submitMany(orderStream(40, 10 + round));
			await new Projector(log).catchUp();
		}
		await engine.stop();
		expect(await log.projectedSequence()).to.equal(engine.lastSequence);
		expect(fatal).to.deep.equal([]);
	});

	it("behavior: a thread whose idle connections break goes on over new ones; its rows are complete", async () => {
		const engine = await startWithThread();
		await trade(engine, 300);
		// Not while it begins: all of it has been written, and nothing asked for a while.
		for (let broken = 0; broken === 0; ) {
			await whenProjected(database.pool);
			const { rowCount } = await database.pool.query(
				`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'test tables'
				AND state = 'idle' AND query <> '' AND state_change < clock_timestamp() - interval '300 milliseconds'`,
			);
			broken = rowCount ?? 0;
		}
		await new Promise((resolve) => setTimeout(resolve, 100));
		await engine.submitMany(orderStream(200, 9));
		await engine.stop();
		expect(await log.projectedSequence()).to.equal(engine.lastSequence);
		expect(fatal).to.deep.equal([]);
	});

	it("error: a thread cut off in the middle of its rows stops the engine; the next one writes them once", async () => {
		const engine = await startWithThread();
		const blocker = await database.pool.connect();
		await blocker.query("BEGIN");
		await blocker.query("LOCK TABLE orders IN ACCESS EXCLUSIVE MODE");
		await trade(engine, 300);
		for (let cut = 0; cut === 0; ) {
			const { rowCount } = await database.pool.query(
				"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'test tables' AND wait_event_type = 'Lock'",
			);
			cut = rowCount ?? 0;
		}
		while (fatal.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
		await blocker.query("ROLLBACK");
		blocker.release();
		await engine.submit({ type: "AdvanceClock", nowSeconds: 0 }).then(
			() => expect.fail("took an input"),
			() => undefined,
		);
		const next = await startWithThread();
		await next.stop();
		expect(await log.projectedSequence()).to.equal(next.lastSequence);
		const afterTheCut = await tables();
		await database.pool.query(`TRUNCATE ${TABLES.join(", ")} CASCADE; UPDATE projection_cursor SET sequence = 0`);
		await new Projector(log).catchUp();
		const atOnce = await tables();
		for (const table of TABLES) expect(afterTheCut[table], table).to.deep.equal(atOnce[table]);
		expect(atOnce.orders).not.to.deep.equal([]);
	});

	it("error: rows the database refuses stop the engine of a thread as well", async () => {
		const engine = await startWithThread();
		await database.pool.query("ALTER TABLE orders ADD CONSTRAINT none CHECK (false)");
		await trade(engine, 20).catch(() => undefined);
		while (fatal.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
		expect(fatal[0]?.message).to.match(/violates check constraint/);
		await engine.submit({ type: "AdvanceClock", nowSeconds: 0 }).then(
			() => expect.fail("took an input"),
			(error: Error) => expect(error.message).to.match(/violates check constraint/),
		);
	});

	it("behavior: a leader that dies between commit and tables: who reads writes what is missing, once", async () => {
		await trade(await start(withoutProjection(log)), 300);
		expect(await log.projectedSequence()).to.equal(0);
		const orders = new PostgresOrderRepository(database.pool);
		const found = await Promise.all([1, 2, 3].map(() => orders.find({ limit: 1_000 })));
		expect(found.map((list) => list.length)).to.deep.equal([found[0]?.length, found[0]?.length, found[0]?.length]);
		expect(found[0]?.length).to.be.greaterThan(200);
		const { rows } = await database.pool.query(
			"SELECT count(*) AS twice FROM (SELECT FROM order_events GROUP BY sequence, event_index, order_hash HAVING count(*) > 1) AS d",
		);
		expect(rows[0].twice).to.equal(0);
	});

	it("behavior: the next leader writes what the one before left over, before it answers", async () => {
		await trade(await start(withoutProjection(log)), 300);
		const next = await start(log);
		expect(await log.projectedSequence()).to.equal(next.lastSequence);
	});

	it("invariant: two that write at once write each input once", async () => {
		await trade(await start(withoutProjection(log)), 1_500);
		await Promise.all([new Projector(log).catchUp(), new Projector(new EngineLog(database.pool)).catchUp()]);
		const { rows } = await database.pool.query(`SELECT
			(SELECT sum(energy_wh) FROM trades) = (SELECT sum(energy_wh) FROM windows) AS energy,
			(SELECT count(*) FROM trades) = (SELECT sum(trade_count) FROM windows) AS count,
			(SELECT sum(filled_wh) FROM orders) = 2 * (SELECT sum(energy_wh) FROM trades) AS fills`);
		expect(rows[0]).to.deep.equal({ energy: true, count: true, fills: true });
	});

	it("invariant: tables that fall far behind are written from the log, the same rows as when they keep up", async () => {
		const gate = Promise.withResolvers<void>();
		const readBack: number[] = [];
		const slow: InputLog = {
			...withoutProjection(log),
			appliedAfter: async (sequence) => {
				const applied = await log.appliedAfter(sequence);
				if (applied.length > 0) readBack.push(applied.length);
				return applied;
			},
			project: async (...args) => {
				await gate.promise;
				return log.project(...args);
			},
		};
		const engine = await start(slow);
		await trade(engine, 14_000);
		expect(await log.projectedSequence()).to.equal(0);
		gate.resolve();
		await engine.stop();
		expect(await log.projectedSequence()).to.equal(engine.lastSequence);
		expect(readBack.length, "pages read back").to.be.greaterThan(2);
		expect(Math.max(...readBack), "inputs of a page").to.be.lessThan(3_000);
		const late = await tables();
		await database.pool.query(`TRUNCATE ${TABLES.join(", ")} CASCADE; UPDATE projection_cursor SET sequence = 0`);
		await new Projector(log).catchUp();
		const again = await tables();
		for (const table of TABLES) expect(again[table], table).to.deep.equal(late[table]);
		expect(fatal).to.deep.equal([]);
	}).timeout(30_000);

	it("behavior: two batches on their way; the one overtaken is written again, once", async () => {
		let overtakes = 0;
		const inverted: InputLog = {
			...withoutProjection(log),
			appliedAfter: (sequence) => log.appliedAfter(sequence),
			project: async (...args) => {
				if (overtakes++ % 2 === 0) await new Promise((resolve) => setTimeout(resolve, 20));
				return log.project(...args);
			},
		};
		const engine = await start(inverted);
		await trade(engine, 3_000);
		await engine.stop();
		expect(await log.projectedSequence()).to.equal(engine.lastSequence);
		expect(fatal).to.deep.equal([]);
	});

	it("error: rows the database refuses stop the engine; what was acknowledged stays in the log", async () => {
		const engine = await start(log);
		await trade(engine, 100);
		await whenProjected(database.pool);
		await database.pool.query("ALTER TABLE trades ADD CONSTRAINT nothing_more CHECK (sequence < 0) NOT VALID");
		await engine.submitMany(orderStream(1_500, 4)).catch(() => undefined);
		for (let look = 0; look < 200 && fatal.length === 0; look++)
			await new Promise((resolve) => setTimeout(resolve, 10));
		expect(fatal.map(({ message }) => message).join()).to.match(/nothing_more/);
		expect(
			await engine.submit({ type: "AdvanceClock", nowSeconds: 1 }).catch((error: Error) => error),
		).to.be.instanceOf(Error);
		const { rows } = await database.pool.query("SELECT max(last_sequence) AS last FROM input_log");
		expect(rows[0].last).to.be.greaterThan(await log.projectedSequence());
		await database.pool.query("ALTER TABLE trades DROP CONSTRAINT nothing_more");
		// As its successor does: a commit of the stopped engine that is still on its way ends before, or not at all.
		await lock.release();
		lock = (await LeaderLock.acquire({ databaseUrl: database.databaseUrl, holder: "next" })) as LeaderLock;
		const next = await start(log);
		expect(await log.projectedSequence()).to.equal(next.lastSequence);
	});
});
