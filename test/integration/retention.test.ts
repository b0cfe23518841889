import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { expect } from "chai";
import { ArchiveManifest } from "../../offchain/infrastructure/postgres/ArchiveManifest.ts";
import { RetentionJob } from "../../offchain/infrastructure/postgres/RetentionJob.ts";
import { type TestDatabase, testDatabase } from "./testServices.ts";

const DAY_SECONDS = 86_400;
const NOW_SECONDS = 1_900_000_000;
const windowDaysAgo = (days: number): number => Math.floor((NOW_SECONDS - days * DAY_SECONDS) / 900);

describe("X9 what is old leaves the database", () => {
	let database: TestDatabase;
	let archiveFolder: string;

	beforeEach(async () => {
		database = await testDatabase();
		archiveFolder = mkdtempSync(join(tmpdir(), "gridtokenx-archive-"));
	});
	afterEach(async () => {
		await database.drop();
		rmSync(archiveFolder, { recursive: true, force: true });
	});

	const job = (extra: object = {}): RetentionJob =>
		new RetentionJob({
			pool: database.pool,
			clock: { nowMillis: () => NOW_SECONDS * 1000 },
			archiveFolder,
			onError: (message) => {
				throw new Error(message);
			},
			...extra,
		});

	async function addOrders(windowId: number, count: number): Promise<void> {
		await database.pool.query(
			`INSERT INTO orders SELECT '0x' || lpad(to_hex(n), 64, '0'), '0xabc', 1, $1, 'buy', 'limit', 'gtc', false, 'cancelNewest',
				90, 100, n, 0, 0, 0, '0x', 'completed', NULL, NULL, 100, 0, n, n, 0
			FROM generate_series($1::bigint * 1000, $1::bigint * 1000 + $2 - 1) AS n`,
			[windowId, count],
		);
	}
	const count = async (table: string): Promise<number> =>
		(await database.pool.query(`SELECT count(*) AS count FROM ${table}`)).rows[0].count;
	const archived = (table: string): { window_id: number; order_hash: string }[] =>
		readdirSync(join(archiveFolder, table)).flatMap((name) =>
			gunzipSync(readFileSync(join(archiveFolder, table, name)))
				.toString()
				.trim()
				.split("\n")
				.map((line) => JSON.parse(line)),
		);

	it("default: orders of windows delivered 90 days ago are in the archive, every column of every row; newer ones stay", async () => {
		await addOrders(windowDaysAgo(100), 250);
		await addOrders(windowDaysAgo(91), 30);
		await addOrders(windowDaysAgo(89), 40);
		const { rows: before } = await database.pool.query(
			"SELECT to_jsonb(orders) AS row FROM orders WHERE window_id < $1 ORDER BY order_hash",
			[windowDaysAgo(90)],
		);
		const removed = await job({ batchRows: 100 }).round();
		expect(removed.orders).to.equal(280);
		expect(await count("orders")).to.equal(40);
		const copies = archived("orders").toSorted((a, b) => (a.order_hash < b.order_hash ? -1 : 1));
		expect(copies).to.deep.equal(before.map(({ row }) => row));
		expect((await job().round()).orders).to.equal(0);
	});

	it("behavior: a round is bounded; the next one goes on", async () => {
		await addOrders(windowDaysAgo(100), 95);
		const bounded = job({ batchRows: 10, batchesPerRound: 3 });
		expect((await bounded.round()).orders).to.equal(30);
		expect(await count("orders")).to.equal(65);
		expect((await bounded.round()).orders).to.equal(30);
	});

	it("default: trades and readings are kept five years, a reading's batch as long as its readings; all come back", async () => {
		const old = windowDaysAgo(5 * 365 + 3);
		const addWindow = async (windowId: number): Promise<void> => {
			await database.pool.query(
				`INSERT INTO trades SELECT $1::bigint || '-' || n, $1::bigint, '0xs', '0xb', '0x1', '0x2', 1, 2, 1, 1, 100, 1, 90, 95, 'buy', n, 0, 0
				FROM generate_series(1, 5) AS n`,
				[windowId],
			);
			await database.pool.query(
				`WITH batch AS (INSERT INTO reading_batches (window_id, licensee, signature) VALUES ($1::bigint, 'MEA', '0x12') RETURNING batch_id)
				INSERT INTO readings SELECT $1::bigint, n, 10, batch_id, n FROM batch, generate_series(1, 25) AS n`,
				[windowId],
			);
		};
		await addWindow(old);
		await addWindow(windowDaysAgo(5 * 365 - 3));
		const tables = ["trades", "readings", "reading_batches"];
		const rows = async () =>
			Promise.all(
				tables.map(async (table) => (await database.pool.query(`SELECT * FROM ${table} ORDER BY 1, 2`)).rows),
			);
		const before = await rows();
		// Ten readings a transaction: the batch waits for the last of them.
		const bounded = job({ batchRows: 10, batchesPerRound: 2 });
		expect(await bounded.round()).to.deep.include({ trades: 5, readings: 20, reading_batches: 0 });
		expect(await bounded.round()).to.deep.include({ trades: 0, readings: 5, reading_batches: 1 });
		expect(await count("trades")).to.equal(5);
		const manifest = new ArchiveManifest(database.pool, archiveFolder);
		expect(await manifest.verify()).to.deep.equal({ files: 5, rows: 31, problems: [] });
		for (const table of tables.toReversed()) await manifest.restore(table, old, old);
		expect(await rows()).to.deep.equal(before);
		expect(await count("archived_files")).to.equal(0);
	});

	it("behavior: what an authority ordered stays in the outbox, for the audit", async () => {
		await database.pool.query(
			`INSERT INTO outbox (topic, dedupe_key, payload, state, done_at)
			SELECT topic, topic, '{}', 'done', now() - interval '400 days' FROM unnest(ARRAY['authority', 'session']) AS topic`,
		);
		expect((await job().round()).outbox).to.equal(1);
		expect((await database.pool.query("SELECT topic FROM outbox")).rows).to.deep.equal([{ topic: "authority" }]);
	});

	it("behavior: a window whose settlement is not finished stays, however old", async () => {
		await addOrders(windowDaysAgo(100), 10);
		await addOrders(windowDaysAgo(99), 10);
		await database.pool.query(
			"INSERT INTO window_pipelines (window_id, stage) VALUES ($1, 'committed'), ($2, 'reconciled')",
			[windowDaysAgo(100), windowDaysAgo(99)],
		);
		expect((await job().round()).orders).to.equal(10);
		const { rows } = await database.pool.query("SELECT DISTINCT window_id FROM orders");
		expect(rows).to.deep.equal([{ window_id: windowDaysAgo(100) }]);
	});

	it("behavior: without an archive only what can be had again is deleted", async () => {
		await addOrders(windowDaysAgo(100), 10);
		await database.pool.query(
			`INSERT INTO order_events SELECT n, 0, '0x', 'OrderPlaced', NULL, 1, ($1::bigint - n * 86400) * 1000
			FROM generate_series(1, 100) AS n`,
			[NOW_SECONDS],
		);
		await database.pool.query(
			`INSERT INTO outbox (topic, dedupe_key, payload, state, done_at) VALUES
				('report', 'old', '{}', 'done', now() - interval '31 days'), ('report', 'new', '{}', 'done', now()),
				('report', 'dead', '{}', 'dead', NULL), ('report', 'waiting', '{}', 'waiting', NULL)`,
		);
		const removed = await job({ archiveFolder: null }).round();
		expect(removed).to.deep.equal({ order_events: 10, outbox: 1 });
		expect(await count("orders")).to.equal(10);
		expect(await count("order_events")).to.equal(90);
		expect(await count("outbox")).to.equal(3);
	});

	it("error: an archive that cannot be written loses no row", async () => {
		await addOrders(windowDaysAgo(100), 10);
		const failure = await job({ archiveFolder: "/dev/null/archive" })
			.round()
			.catch((error: Error) => error);
		expect(failure).to.be.instanceOf(Error);
		expect(await count("orders")).to.equal(10);
	});

	it("invariant: two jobs at once copy and delete each row once", async () => {
		await addOrders(windowDaysAgo(100), 500);
		const removed = await Promise.all([job({ batchRows: 50 }).round(), job({ batchRows: 50 }).round()]);
		await job().round();
		expect(removed.every(({ orders }) => (orders ?? 0) <= 500)).to.equal(true);
		expect(await count("orders")).to.equal(0);
		expect(new Set(archived("orders").map(({ order_hash }) => order_hash)).size).to.equal(500);
	});
});
