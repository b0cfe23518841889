import { expect } from "chai";
import type { Pulse } from "../../offchain/application/services/CancelOnlyGate.ts";
import { DurableEngine } from "../../offchain/infrastructure/postgres/DurableEngine.ts";
import { PulseWatch } from "../../offchain/infrastructure/postgres/PulseWatch.ts";
import { eventually } from "./TestVenue.ts";
import { ToyEngine } from "./ToyEngine.ts";
import { type TestDatabase, testDatabase } from "./testServices.ts";

describe("X6 degraded modes: when engine and indexer last wrote", () => {
	let database: TestDatabase;
	before(async () => {
		database = await testDatabase();
	});
	after(() => database.drop());

	it("default: tells the age of the newest commit and of the cursor; null while the database is gone", async () => {
		const { pool } = database;
		const { rows } = await pool.query("UPDATE leadership SET epoch = epoch + 1 RETURNING epoch");
		const engine = await DurableEngine.start({
			pool,
			epoch: rows[0].epoch,
			create: () => new ToyEngine(),
			restore: ToyEngine.restore,
			onFatal: () => undefined,
		});
		await engine.submit({ type: "AdvanceClock", nowSeconds: 1 });
		await engine.stop();
		await pool.query(
			"INSERT INTO chain_cursor (chain_id, block_number, moved_at) VALUES (77, 1, now() - interval '90 seconds')",
		);
		const heard: Pulse[] = [];
		const told: string[] = [];
		let isGone = false;
		const flaky = Object.assign(Object.create(pool), {
			query: (...asked: Parameters<typeof pool.query>) =>
				isGone ? Promise.reject(new Error("connection terminated")) : pool.query(...asked),
		});
		const watch = new PulseWatch({
			pool: flaky,
			chainId: 77,
			onPulse: (pulse) => heard.push(pulse),
			onChange: (line) => told.push(line),
		});
		const first = (await eventually(
			async () => heard[0],
			(pulse) => pulse !== undefined,
		)) as Exclude<Pulse, null>;
		expect(first.engineSilentMillis).to.be.within(0, 20_000);
		expect(first.chainSilentMillis).to.be.within(90_000, 120_000);
		isGone = true;
		await eventually(
			async () => heard.at(-1),
			(pulse) => pulse === null,
		);
		isGone = false;
		await eventually(
			async () => heard.at(-1),
			(pulse) => pulse !== null,
		);
		await watch.stop();
		expect(told).to.deep.equal(["the database does not answer", "the database answers again"]);
	}).timeout(20_000);
});
