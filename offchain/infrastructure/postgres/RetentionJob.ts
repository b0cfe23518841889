import type pg from "pg";
import type { Clock } from "../../application/ports/Clock.ts";
import { sleepMillis } from "../clock/sleepMillis.ts";
import { ArchiveFolder } from "./ArchiveFolder.ts";
import { transaction } from "./transaction.ts";

const DAY_SECONDS = 86_400;
const WINDOW_SECONDS = 900;
const YEAR_DAYS = 365;
const PAUSE_MILLIS = 600_000;
/** After a round that had more to do than it was allowed. */
const SHORT_PAUSE_MILLIS = 1_000;

/** Rows of ended windows, kept so many days after delivery and then in the archive. A child's rows go before its parent's. */
const BY_WINDOW: readonly { table: string; keptDays: number; key: string; isFree?: string }[] = [
	{ table: "orders", keptDays: 90, key: "order_hash" },
	{ table: "grid_violations", keptDays: YEAR_DAYS, key: "sequence, event_index" },
	{ table: "window_chunks", keptDays: YEAR_DAYS, key: "window_id, chunk_index" },
	{ table: "maker_scores", keptDays: YEAR_DAYS, key: "window_id, account" },
	{ table: "zone_prices", keptDays: 2 * YEAR_DAYS, key: "window_id" },
	{ table: "trades", keptDays: 5 * YEAR_DAYS, key: "sequence, event_index" },
	{ table: "trade_trims", keptDays: 5 * YEAR_DAYS, key: "sequence, event_index" },
	{ table: "readings", keptDays: 5 * YEAR_DAYS, key: "meter_id" },
	{
		table: "reading_batches",
		keptDays: 5 * YEAR_DAYS,
		key: "batch_id",
		isFree: "NOT EXISTS (SELECT FROM readings WHERE readings.batch_id = old.batch_id)",
	},
];
/** Rows that nobody needs any more: deleted without a copy. */
const BY_AGE: readonly { table: string; keptDays: number; isOld: string }[] = [
	{ table: "order_events", keptDays: 90, isOld: "at_millis < $1" },
	{
		table: "outbox",
		keptDays: 30,
		// What an authority has ordered stays: the audit compares it with the chain.
		isOld: "state = 'done' AND topic <> 'authority' AND done_at < to_timestamp($1::float8 / 1000)",
	},
];
const LOG_KEPT_DAYS = 90;
/** Of one file of the input log, before compression. */
const LOG_FILE_BYTES = 8_000_000;

export type RetentionOptions = {
	pool: pg.Pool;
	/** Market time: ages count from delivery. */
	clock: Pick<Clock, "nowMillis">;
	/** Where rows go that leave the database; without it they stay. */
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
 * after its copy has been written, synced and read back, and in the transaction that notes the file in the manifest; a
 * round that is cut short is repeated under the same file name. Of the input log goes what is older than every snapshot
 * and than the readable tables: a start never needs it.
 */
export class RetentionJob {
	private readonly options: Required<RetentionOptions>;
	private readonly archive: ArchiveFolder | null;
	private readonly abort = new AbortController();
	private loop: Promise<void> = Promise.resolve();
	/** Whether the last round has left something old behind. */
	private isBehind = false;

	constructor(options: RetentionOptions) {
		this.options = { batchRows: 1_000, batchesPerRound: 50, pauseMillis: PAUSE_MILLIS, ...options };
		this.archive = options.archiveFolder === null ? null : new ArchiveFolder(options.archiveFolder);
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
		const { archive } = this;
		const removed: Record<string, number> = {};
		this.isBehind = false;
		for (const rule of BY_AGE) removed[rule.table] = await this.repeat(() => this.deleteOld(rule));
		if (archive === null) return removed;
		for (const rule of BY_WINDOW) removed[rule.table] = await this.repeat(() => this.archiveWindow(archive, rule));
		removed.input_log = await this.repeat(() => this.archiveLog(archive));
		return removed;
	}

	private async run(): Promise<void> {
		while (!this.abort.signal.aborted) {
			await this.round().catch((error: Error) => {
				this.isBehind = false;
				this.options.onError(`retention: ${error.message}`);
			});
			const pauseMillis = this.isBehind ? SHORT_PAUSE_MILLIS : this.options.pauseMillis;
			await sleepMillis(Math.min(pauseMillis, this.options.pauseMillis), this.abort.signal);
		}
	}

	private async repeat(batch: () => Promise<number>): Promise<number> {
		let total = 0;
		for (let count = 0; count < this.options.batchesPerRound && !this.abort.signal.aborted; count++) {
			const rows = await batch();
			if (rows === 0) return total;
			total += rows;
		}
		this.isBehind = true;
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
	private archiveWindow(archive: ArchiveFolder, rule: (typeof BY_WINDOW)[number]): Promise<number> {
		const { table, keptDays, key, isFree = "true" } = rule;
		const beforeWindow = Math.floor(this.cutoffSeconds(keptDays) / WINDOW_SECONDS);
		return transaction(this.options.pool, async (client) => {
			const { rows } = await client.query<OldRow>(
				`SELECT window_id AS first_key, window_id AS last_key, ctid::text, to_jsonb(old)::text AS row FROM ${table} AS old
				WHERE window_id = (
					SELECT ended.window_id FROM ${table} AS ended
					WHERE ended.window_id < $1 AND NOT EXISTS (
						SELECT FROM window_pipelines AS unfinished WHERE unfinished.window_id = ended.window_id
							AND stage IN ('closed', 'planned', 'committed', 'settled', 'certified'))
					ORDER BY ended.window_id LIMIT 1) AND ${isFree}
				ORDER BY ${key} LIMIT $2 FOR UPDATE`,
				[beforeWindow, this.options.batchRows],
			);
			return moveRows(client, archive, table, rows);
		});
	}

	/** The oldest groups of the log, as many as make one file. */
	private archiveLog(archive: ArchiveFolder): Promise<number> {
		return transaction(this.options.pool, async (client) => {
			const { rows } = await client.query<OldRow>(
				`WITH portion AS MATERIALIZED (
					SELECT last_sequence, sum(length(inputs) + length(events)) OVER (ORDER BY first_sequence) AS bytes,
						row_number() OVER (ORDER BY first_sequence) AS place
					FROM (SELECT * FROM input_log ORDER BY first_sequence LIMIT $2) AS oldest
					WHERE at_millis < $1 AND last_sequence <= (SELECT min(sequence) FROM engine_snapshots)
						AND last_sequence <= (SELECT sequence FROM projection_cursor))
				SELECT first_sequence AS first_key, last_sequence AS last_key, ctid::text, to_jsonb(old)::text AS row
				FROM input_log AS old
				WHERE last_sequence <= (SELECT max(last_sequence) FROM portion WHERE bytes <= $3 OR place = 1)
				ORDER BY first_sequence FOR UPDATE`,
				[this.cutoffSeconds(LOG_KEPT_DAYS) * 1000, this.options.batchRows, LOG_FILE_BYTES],
			);
			return moveRows(client, archive, "input_log", rows);
		});
	}

	private cutoffSeconds(keptDays: number): number {
		return Math.floor(this.options.clock.nowMillis() / 1000) - keptDays * DAY_SECONDS;
	}
}

type OldRow = { first_key: number; last_key: number; ctid: string; row: string };

/** To the archive and into its manifest, then out of the table. */
async function moveRows(
	client: pg.ClientBase,
	archive: ArchiveFolder,
	table: string,
	rows: readonly OldRow[],
): Promise<number> {
	const first = rows[0];
	const last = rows.at(-1);
	if (first === undefined || last === undefined) return 0;
	const label = first.first_key === last.last_key ? `${first.first_key}` : `${first.first_key}-${last.last_key}`;
	const lines = rows.map(({ row }) => row);
	const { file, rowCount, contentHash } = await archive.write(table, label, lines);
	await client.query(
		`INSERT INTO archived_files (file, table_name, first_key, last_key, row_count, content_hash)
		VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (file) DO NOTHING`,
		[file, table, first.first_key, last.last_key, rowCount, contentHash],
	);
	await client.query(`DELETE FROM ${table} WHERE ctid = ANY ($1::tid[])`, [rows.map(({ ctid }) => ctid)]);
	return rows.length;
}
