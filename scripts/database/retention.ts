/** How each table grows and how long its rows stay; `describeDatabase.ts` refuses a table without an entry. */
export type Retention = { grows: string; keeps: string; how: string };

const BY_WINDOW = "range partitions of 2,880 windows (30 days) on window_id, dropped whole";

const ARCHIVED =
	"by itself where there is `ARCHIVE_FOLDER`, in batches of 1,000 rows of one window: copied, synced, read back, noted in `archived_files`, deleted";

export const RETENTION: Record<string, Retention> = {
	schema_migrations: { grows: "one row a migration", keeps: "for ever", how: "never deleted" },
	leadership: { grows: "one row", keeps: "for ever", how: "updated in place" },
	key_owners: { grows: "one row a key", keeps: "for ever", how: "updated in place" },
	input_log: {
		grows: "one row a commit; some 250 bytes an input",
		keeps: "10 years in an archive; 90 days in the database",
		how: "by itself where there is `ARCHIVE_FOLDER`: older than 90 days, below the oldest snapshot and below the readable tables; in files of 8 MB with their hash chain, as orders; later range partitions of 100 million inputs on first_sequence",
	},
	archived_files: {
		grows: "a row a window and table, and per 8 MB of the log",
		keeps: "for ever",
		how: "goes when its rows are restored",
	},
	projection_cursor: { grows: "one row", keeps: "for ever", how: "updated in place" },
	engine_snapshots: {
		grows: "one row per 100,000 inputs, from a standby; without one, per 200,000",
		keeps: "the newest three",
		how: "deleted as new ones are written",
	},
	engine_requests: {
		grows: "only while inputs wait",
		keeps: "until they are committed",
		how: "deleted at once; not logged",
	},
	orders: {
		grows: "one row an order",
		keeps: "90 days after delivery, then in the archive",
		how: `${ARCHIVED}; later ${BY_WINDOW}`,
	},
	order_events: {
		grows: "about two rows an order",
		keeps: "90 days",
		how: "by itself, deleted in batches; the input log gives them again; later range partitions of 100 million inputs on sequence, dropped whole",
	},
	trades: { grows: "one row a fill", keeps: "5 years, then in the archive", how: "as orders" },
	windows: { grows: "96 rows a day", keeps: "for ever", how: "35,040 rows a year: never deleted" },
	accounts: { grows: "one row an account", keeps: "for ever", how: "updated in place" },
	trade_trims: { grows: "one row a trimmed trade", keeps: "5 years, then in the archive", how: "as orders" },
	grid_violations: { grows: "one row a trimmed fill", keeps: "1 year, then in the archive", how: "as orders" },
	outbox: {
		grows: "some rows a window and directive",
		keeps: "30 days after it is done",
		how: "by itself, deleted in batches by done_at; what an authority ordered stays for the audit, dead rows until an operator has looked",
	},
	chain_blocks: {
		grows: "one row a block",
		keeps: "the newest 128 and those with events",
		how: "empty blocks below twice the reorganisation depth are deleted in batches",
	},
	chain_events: {
		grows: "one row a log of the protocol",
		keeps: "for ever",
		how: "range partitions of a million blocks on block_number; the chain gives them again",
	},
	chain_balance_changes: { grows: "one row a changed balance", keeps: "for ever", how: "as chain_events" },
	certificate_transfers: { grows: "one row a transfer", keeps: "for ever", how: "as chain_events" },
	chain_cursor: { grows: "one row a chain", keeps: "for ever", how: "updated in place" },
	chain_reorgs: { grows: "one row a reorganisation", keeps: "for ever", how: "never deleted" },
	chain_senders: { grows: "one row a key", keeps: "for ever", how: "updated in place" },
	chain_transactions: {
		grows: "some ten rows a window",
		keeps: "5 years",
		how: "deleted in batches once final and older",
	},
	chain_transaction_attempts: {
		grows: "one row a signed version",
		keeps: "as its transaction",
		how: "with its transaction",
	},
	reading_batches: {
		grows: "one row a licensee and window or more",
		keeps: "5 years, then in the archive",
		how: "as orders",
	},
	readings: { grows: "one row a meter and window", keeps: "5 years, then in the archive", how: "as orders" },
	window_pipelines: { grows: "96 rows a day", keeps: "for ever", how: "35,040 rows a year: never deleted" },
	window_chunks: { grows: "one row per 250 trades", keeps: "1 year, then in the archive", how: "as orders" },
	notifications: {
		grows: "three rows a window and some a directive",
		keeps: "5 years (proof of delivery)",
		how: "range partitions of a year on created_at, dropped whole",
	},
	notification_attempts: { grows: "one row a request", keeps: "as its notification", how: "with its notification" },
	window_reports: { grows: "96 rows a day", keeps: "10 years", how: BY_WINDOW },
	telemetry_sources: { grows: "one row a control room", keeps: "for ever", how: "updated in place" },
	telemetry_scans: { grows: "one row a scan", keeps: "some days", how: "deleted in batches by stored_at" },
	zone_prices: { grows: "one row a window", keeps: "2 years, then in the archive", how: "as orders" },
	payouts: {
		grows: "some rows a window",
		keeps: "for ever",
		how: "what is owed is their sum less the payments: never deleted",
	},
	payout_payments: { grows: "a row an account some times a day", keeps: "for ever", how: "as payouts" },
	balancing_windows: { grows: "one row a window, some 5 kB", keeps: "10 years", how: BY_WINDOW },
	maker_scores: { grows: "one row a maker and window", keeps: "1 year, then in the archive", how: "as orders" },
	maker_windows: { grows: "96 rows a day", keeps: "10 years", how: BY_WINDOW },
	curtailments: { grows: "one row a curtailed trade", keeps: "10 years", how: BY_WINDOW },
};
