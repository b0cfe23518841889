import { createHash, randomBytes } from "node:crypto";
import { mkdir, open, readFile, rename } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { gunzip, gzip } from "node:zlib";
import type pg from "pg";
import type { Clock } from "../../application/ports/Clock.ts";
import { sleepMillis } from "../clock/sleepMillis.ts";
import { transaction } from "./transaction.ts";

const DAY_SECONDS = 86_400;
const WINDOW_SECONDS = 900;
const PAUSE_MILLIS = 600_000;

/** Rows of ended windows, kept so many days after delivery and then in the archive. */
const BY_WINDOW: readonly { table: string; keptDays: number; key: string }[] = [
	{ table: "orders", keptDays: 90, key: "order_hash" },
	{ table: "grid_violations", keptDays: 365, key: "sequence, event_index" },
	{ table: "window_chunks", keptDays: 365, key: "window_id, chunk_index" },
];
/** Rows that the log or nobody needs any more: deleted without a copy. */
const BY_AGE: readonly { table: string; keptDays: number; isOld: string }[] = [
	{ table: "order_events", keptDays: 90, isOld: "at_millis < $1" },
	{ table: "outbox", keptDays: 30, isOld: "state = 'done' AND done_at < to_timestamp($1::float8 / 1000)" },
];

export type RetentionOptions = {
	pool: pg.Pool;
	/** Market time: ages count from delivery. */
	clock: Pick<Clock, "nowMillis">;
	/** Where rows of ended windows go; without it they stay in the database. */
	archiveFolder: string | null;
	/** Rows of one transaction, so that nobody waits for a long one. */
	batchRows?: number;
	/** Transactions of one round and table; the rest waits for the next round. */
	batchesPerRound?: number;
	pauseMillis?: number;
	onError: (message: string) => void;
};

/**
 * Keeps the tables that grow with trade at the age docs/reference/database.md promises. A row leaves the database only
 * after its copy has been written, synced and read back; a round that is cut short is repeated under the same file name.
 */
export class RetentionJob {
	private readonly options: Required<RetentionOptions>;
	private readonly abort = new AbortController();
	private loop: Promise<void> = Promise.resolve();

	constructor(options: RetentionOptions) {
		this.options = { batchRows: 1_000, batchesPerRound: 50, pauseMillis: PAUSE_MILLIS, ...options };
	}

	start(): void {
		this.loop = this.run();
	}

	async stop(): Promise<void> {
		this.abort.abort();
		await this.loop;
	}

	/** How many rows left each table. */
	async round(): Promise<Record<string, number>> {
		const removed: Record<string, number> = {};
		for (const rule of BY_AGE) removed[rule.table] = await this.repeat(() => this.deleteOld(rule));
		if (this.options.archiveFolder === null) return removed;
		for (const rule of BY_WINDOW) removed[rule.table] = await this.repeat(() => this.archiveWindow(rule));
		return removed;
	}

	private async run(): Promise<void> {
		while (!this.abort.signal.aborted) {
			await this.round().catch((error: Error) => this.options.onError(`retention: ${error.message}`));
			await sleepMillis(this.options.pauseMillis, this.abort.signal);
		}
	}

	private async repeat(batch: () => Promise<number>): Promise<number> {
		let total = 0;
		for (let count = 0; count < this.options.batchesPerRound && !this.abort.signal.aborted; count++) {
			const rows = await batch();
			total += rows;
			if (rows === 0) break;
		}
		return total;
	}

	private async deleteOld({ table, keptDays, isOld }: (typeof BY_AGE)[number]): Promise<number> {
		const cutoffMillis =
			// The outbox keeps wall-clock time, everything else the market's.
			table === "outbox" ? Date.now() - keptDays * DAY_SECONDS * 1000 : this.cutoffSeconds(keptDays) * 1000;
		const { rowCount } = await this.options.pool.query(
			`DELETE FROM ${table} WHERE ctid = ANY (ARRAY(SELECT ctid FROM ${table} WHERE ${isOld} LIMIT $2))`,
			[cutoffMillis, this.options.batchRows],
		);
		return rowCount ?? 0;
	}

	/** The oldest window that has ended for good, or a part of it. */
	private async archiveWindow({ table, keptDays, key }: (typeof BY_WINDOW)[number]): Promise<number> {
		const { pool, batchRows } = this.options;
		const beforeWindow = Math.floor(this.cutoffSeconds(keptDays) / WINDOW_SECONDS);
		return transaction(pool, async (client) => {
			const { rows } = await client.query<{ window_id: number; ctid: string; row: string }>(
				`SELECT window_id, ctid::text, to_jsonb(old)::text AS row FROM ${table} AS old
				WHERE window_id = (
					SELECT ended.window_id FROM ${table} AS ended
					WHERE ended.window_id < $1 AND NOT EXISTS (
						SELECT FROM window_pipelines AS unfinished WHERE unfinished.window_id = ended.window_id
							AND stage IN ('closed', 'planned', 'committed', 'settled', 'certified'))
					ORDER BY ended.window_id LIMIT 1)
				ORDER BY ${key} LIMIT $2 FOR UPDATE`,
				[beforeWindow, batchRows],
			);
			const first = rows[0];
			if (first === undefined) return 0;
			await this.archive(table, first.window_id, `${rows.map(({ row }) => row).join("\n")}\n`);
			await client.query(`DELETE FROM ${table} WHERE ctid = ANY ($1::tid[])`, [rows.map(({ ctid }) => ctid)]);
			return rows.length;
		});
	}

	/** Named by its content: the same rows again are the same file. */
	private async archive(table: string, windowId: number, lines: string): Promise<void> {
		const folder = join(this.options.archiveFolder as string, table);
		await mkdir(folder, { recursive: true });
		const digest = createHash("sha256").update(lines).digest("hex");
		const path = join(folder, `${windowId}-${digest.slice(0, 16)}.jsonl.gz`);
		const partial = `${path}.${randomBytes(4).toString("hex")}.partial`;
		const file = await open(partial, "w");
		try {
			await file.writeFile(await promisify(gzip)(lines));
			await file.sync();
		} finally {
			await file.close();
		}
		await rename(partial, path);
		const directory = await open(folder, "r");
		await directory.sync().finally(() => directory.close());
		const copy = await promisify(gunzip)(await readFile(path));
		if (createHash("sha256").update(copy).digest("hex") !== digest) throw new Error(`the copy in ${path} is damaged`);
	}

	private cutoffSeconds(keptDays: number): number {
		return Math.floor(this.options.clock.nowMillis() / 1000) - keptDays * DAY_SECONDS;
	}
}
