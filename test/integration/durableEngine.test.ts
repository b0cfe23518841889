import { expect } from "chai";
import type { CommittedEvents } from "../../offchain/application/ports/EventFeed.ts";
import type { EngineInput } from "../../offchain/domain/engine/EngineInput.ts";
import type { Address } from "../../offchain/domain/units/Address.ts";
import { DurableEngine } from "../../offchain/infrastructure/postgres/DurableEngine.ts";
import { FollowingEngine } from "../../offchain/infrastructure/postgres/FollowingEngine.ts";
import { LeaderLock } from "../../offchain/infrastructure/postgres/LeaderLock.ts";
import { whenProjected } from "../../offchain/infrastructure/postgres/whenProjected.ts";
import { ToyEngine } from "./ToyEngine.ts";
import { type TestDatabase, testDatabase } from "./testServices.ts";

const account = (index: number): Address => `0x${index.toString(16).padStart(40, "0")}`;
const credit = (index: number, amountMsat = 1): EngineInput => ({
	type: "RaiseBuyingPower",
	account: account(index),
	amountMsat,
});

describe("X4 durable engine", () => {
	let database: TestDatabase;
	let lock: LeaderLock;
	const fatal: Error[] = [];

	before(async () => {
		database = await testDatabase();
		lock = await lead();
	});
	after(async () => {
		await lock.release();
		await database.drop();
	});
	beforeEach(() => fatal.splice(0));

	async function lead(holder = "test"): Promise<LeaderLock> {
		const acquired = await LeaderLock.acquire({
			databaseUrl: database.databaseUrl,
			holder,
			pingMillis: 50,
			staleMillis: 500,
		});
		if (acquired === null) throw new Error("not leading");
		return acquired;
	}

	function start(epoch = lock.epoch, extra = {}): Promise<DurableEngine<ToyEngine>> {
		return DurableEngine.start({
			pool: database.pool,
			epoch,
			create: () => new ToyEngine(),
			restore: ToyEngine.restore,
			onFatal: (error) => fatal.push(error),
			...extra,
		});
	}

	it("behavior: what was answered is on disk, grouped, and a restart continues from the log alone", async () => {
		const engine = await start();
		const replies = await engine.submitMany(Array.from({ length: 500 }, (_, index) => credit(index % 7, index)));
		expect(replies.map((reply) => reply.status === "applied" && reply.sequence)).to.deep.equal(
			Array.from({ length: 500 }, (_, index) => index + 1),
		);
		const { rows } = await database.pool.query("SELECT count(*) AS groups, max(last_sequence) AS last FROM input_log");
		expect(rows[0].last).to.equal(500);
		expect(rows[0].groups).to.be.lessThan(10);
		const hash = await engine.read((state) => state.stateHash());

		// No stop: as after kill -9.
		const recovered = await start();
		expect(await recovered.read((state) => state.stateHash())).to.equal(hash);
		await whenProjected(database.pool);
		const stored = await database.pool.query("SELECT sum(available_msat) AS total FROM accounts");
		expect(stored.rows[0].total).to.equal((500 * 499) / 2);
	});

	it("behavior: a snapshot shortens the replay and gives the same state", async () => {
		const engine = await start(lock.epoch, { snapshotEveryInputs: 100 });
		for (let round = 0; round < 5; round++) await engine.submitMany(Array.from({ length: 60 }, () => credit(round)));
		const hash = await engine.read((state) => state.stateHash());
		const { rows } = await database.pool.query("SELECT sequence FROM engine_snapshots ORDER BY sequence");
		expect(rows.length).to.be.within(1, 3);
		expect(await (await start()).read((state) => state.stateHash())).to.equal(hash);
		await engine.stop();
	});

	it("behavior: where a standby writes the snapshots the leader stops for none; left alone it bounds the replay itself", async () => {
		await database.pool.query("DELETE FROM engine_snapshots");
		const standby = await FollowingEngine.start({
			pool: database.pool,
			databaseUrl: database.databaseUrl,
			create: () => new ToyEngine(),
			restore: ToyEngine.restore,
			snapshotEveryInputs: 50,
			onFatal: (error) => fatal.push(error),
		});
		const snapshotAt = async (sequence: number): Promise<void> => {
			const look = "SELECT max(sequence) AS last FROM engine_snapshots";
			while ((await database.pool.query(look)).rows[0].last < sequence) {
				await new Promise((resolve) => setTimeout(resolve, 5));
			}
		};
		await snapshotAt(standby.lastSequence);
		const engine = await start(lock.epoch, { snapshotEveryInputs: 200 });
		let leaderSnapshots = 0;
		await engine.read((state) => {
			const snapshot = state.snapshot.bind(state);
			state.snapshot = () => {
				leaderSnapshots += 1;
				return snapshot();
			};
		});
		for (let round = 0; round < 12; round++) {
			await engine.submitMany(Array.from({ length: 60 }, () => credit(round)));
			await snapshotAt(engine.lastSequence);
		}
		expect(leaderSnapshots, "of the leader").to.equal(0);
		const hash = await engine.read((state) => state.stateHash());
		const { rows } = await database.pool.query(
			"SELECT state_hash, sequence FROM engine_snapshots ORDER BY sequence DESC",
		);
		// The fourth goes right behind the newest.
		expect(rows.length).to.be.within(3, 4);
		expect(rows[0]).to.deep.equal({ state_hash: hash, sequence: engine.lastSequence });

		await standby.stop();
		const last = rows[0].sequence;
		for (let round = 0; round < 9; round++) {
			await engine.submitMany(Array.from({ length: 60 }, () => credit(round)));
			const newest = await database.pool.query("SELECT max(sequence) AS last FROM engine_snapshots");
			// The one that is due is written behind the answers, before the next group.
			expect(engine.lastSequence - newest.rows[0].last, "inputs to replay").to.be.at.most(240);
		}
		expect(engine.lastSequence).to.equal(last + 540);
		const written = await database.pool.query("SELECT count(*) AS count FROM engine_snapshots WHERE sequence > $1", [
			last,
		]);
		expect(written.rows[0].count, "of the leader, left alone").to.equal(2);
		await engine.stop();
		expect(fatal).to.deep.equal([]);
	});

	it("behavior: the feed hands every input once, in order, from the log and then live", async () => {
		const engine = await start();
		const seen: CommittedEvents[] = [];
		const unsubscribe = engine.subscribe(0, (committed) => seen.push(committed));
		const before = engine.lastSequence;
		for (let round = 0; round < 20; round++) await engine.submitMany([credit(round), credit(round + 1)]);
		while (seen.length < before + 40) await new Promise((resolve) => setTimeout(resolve, 5));
		expect(seen.map((committed) => committed.sequence)).to.deep.equal(
			Array.from({ length: before + 40 }, (_, index) => index + 1),
		);
		expect(seen.every((committed) => committed.events.length === 1)).to.equal(true);
		unsubscribe();
	});

	it("behavior: a full queue answers busy instead of growing", async () => {
		const engine = await start(lock.epoch, { maxQueuedInputs: 10 });
		const replies = await Promise.all(Array.from({ length: 30 }, (_, index) => engine.submit(credit(index))));
		expect(replies.filter((reply) => reply.status === "applied")).to.have.length(10);
		expect(replies.filter((reply) => reply.status === "busy")).to.have.length(20);
		const many = await engine.submitMany(Array.from({ length: 11 }, (_, index) => credit(index)));
		expect(many.every((reply) => reply.status === "busy")).to.equal(true);
	});

	it("error: an overtaken leader cannot write one row, and stops", async () => {
		const old = await start();
		const oldLock = lock;
		await oldLock.release();
		lock = await lead("successor");
		expect(lock.epoch).to.equal(oldLock.epoch + 1);
		const lastBefore = await lastLogged();
		const outcome = await old.submit(credit(1)).catch((error: Error) => error);
		expect(outcome).to.be.instanceOf(Error);
		expect((outcome as { code?: string }).code).to.equal("GX001");
		expect(fatal).to.have.length(1);
		expect(await lastLogged()).to.equal(lastBefore);
		expect(await old.submit(credit(1)).catch((error: Error) => error)).to.be.instanceOf(Error);
	});

	it("error: two engines of one epoch cannot both extend the log", async () => {
		const [one, two] = [await start(), await start()];
		await one.submit(credit(1));
		const outcome = await two.submit(credit(2)).catch((error: Error) => error);
		expect((outcome as { code?: string }).code).to.equal("GX002");
	});

	it("error: a broken invariant stops the engine, writes nothing and leaves the log good", async () => {
		const engine = await start();
		const lastBefore = await lastLogged();
		const outcomes = await Promise.allSettled([engine.submit(credit(1)), engine.submit(credit(1, -1))]);
		expect(outcomes.map((outcome) => outcome.status)).to.deep.equal(["rejected", "rejected"]);
		expect(fatal.map((error) => error.message)).to.deep.equal(["invariant: a credit is never negative"]);
		expect(await lastLogged()).to.equal(lastBefore);
		expect((await start()).lastSequence).to.equal(lastBefore);
	});

	it("error: a damaged log is refused at the start", async () => {
		const { rows } = await database.pool.query(
			"SELECT first_sequence, inputs FROM input_log ORDER BY first_sequence DESC LIMIT 1",
		);
		const damaged = rows[0].inputs.toString().replace(/"amountMsat":\d+/, '"amountMsat":9');
		await database.pool.query("DELETE FROM engine_snapshots");
		await database.pool.query("UPDATE input_log SET inputs = $1 WHERE first_sequence = $2", [
			Buffer.from(`${damaged} `),
			rows[0].first_sequence,
		]);
		const outcome = await start().catch((error: Error) => error);
		expect((outcome as Error).message).to.match(/input log is damaged/);
		await database.pool.query("UPDATE input_log SET inputs = $1 WHERE first_sequence = $2", [
			rows[0].inputs,
			rows[0].first_sequence,
		]);
	});

	async function lastLogged(): Promise<number> {
		const { rows } = await database.pool.query("SELECT coalesce(max(last_sequence), 0) AS last FROM input_log");
		return rows[0].last;
	}
});

describe("X5 leadership", () => {
	let database: TestDatabase;
	before(async () => {
		database = await testDatabase();
	});
	after(() => database.drop());

	const acquire = (holder: string, signal?: AbortSignal) =>
		LeaderLock.acquire({ databaseUrl: database.databaseUrl, holder, pingMillis: 50, staleMillis: 600 }, signal);

	it("behavior: one leads; the next takes over when its connection ends", async () => {
		const first = await acquire("first");
		const waiting = acquire("second");
		const early = await Promise.race([
			waiting,
			new Promise((resolve) => setTimeout(() => resolve("still waiting"), 300)),
		]);
		expect(early).to.equal("still waiting");
		await first?.release();
		const second = await waiting;
		expect(second?.epoch).to.equal((first?.epoch ?? 0) + 1);
		await second?.release();
	});

	it("behavior: a frozen leader, alive but silent, is overtaken and learns of it", async () => {
		const frozen = await acquire("frozen");
		if (frozen === null) throw new Error("not leading");
		// The state of a stopped process: its connection is open, its heartbeat stands still.
		clearInterval((frozen as unknown as { held: { timer: NodeJS.Timeout } }).held.timer);
		const startedAt = performance.now();
		const successor = await acquire("successor");
		expect(performance.now() - startedAt).to.be.within(400, 3_000);
		expect(successor?.epoch).to.equal(frozen.epoch + 1);
		expect(await frozen.whenLost()).to.be.instanceOf(Error);
		await frozen.release();
		await successor?.release();
	});

	it("behavior: waiting can be given up", async () => {
		const leader = await acquire("leader");
		const abort = new AbortController();
		const waiting = acquire("impatient", abort.signal);
		abort.abort();
		expect(await waiting).to.equal(null);
		await leader?.release();
	});
});
