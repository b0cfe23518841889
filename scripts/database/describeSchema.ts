import type pg from "pg";
import { RETENTION, type Retention } from "./retention.ts";

type Column = { name: string; type: string; isRequired: boolean; comment: string | null };
type Table = {
	name: string;
	kind: "table" | "view";
	comment: string | null;
	columns: Column[];
	rules: string[];
	indexes: string[];
};

/** docs/reference/database.md from the live schema. Throws when anything has no description or no retention. */
export async function describeSchema(pool: pg.Pool): Promise<string> {
	const tables = await readTables(pool);
	const functions = await readFunctions(pool);
	const missing = [
		...tables.flatMap(({ name, comment, columns }) => [
			...(comment === null ? [`table ${name}`] : []),
			...columns.filter((column) => column.comment === null).map((column) => `column ${name}.${column.name}`),
		]),
		...functions.filter(({ comment }) => comment === null).map(({ name }) => `function ${name}`),
	];
	if (missing.length > 0) throw new Error(`not described: ${missing.join(", ")}`);
	const kept = tables.filter(({ kind }) => kind === "table");
	const unplanned = kept.filter(({ name }) => RETENTION[name] === undefined).map(({ name }) => name);
	if (unplanned.length > 0) throw new Error(`no retention: ${unplanned.join(", ")}`);
	return [
		...introduction(),
		...retentionPlan(kept.map(({ name }) => [name, RETENTION[name] as Retention])),
		...tables.flatMap(describeTable),
		"## Functions",
		"",
		...functions.flatMap(({ name, comment }) => [`- \`${name}\`: ${comment}`]),
		"",
	].join("\n");
}

function introduction(): string[] {
	return [
		"# Database",
		"",
		"Printed from the live schema by `node scripts/describeDatabase.ts`; nothing in it may lack a description. It changes only",
		"forward, by the numbered files in `offchain/infrastructure/postgres/migrations/`.",
		"",
		"Truth is `input_log`: the readable tables follow it in order, each input exactly once (`projection_cursor` moves in the",
		"same transaction), and could be rebuilt from it. What is indexed from the chain can be read again from the chain. Energy is Wh, money msat,",
		"prices sat/kWh, all as integers; a window is `floor(unix seconds / 900)`.",
		"",
	];
}

function retentionPlan(tables: [string, Retention][]): string[] {
	return [
		"## Growth, retention and partitioning",
		"",
		"What follows is the plan for years of operation; nothing is deleted or partitioned by itself, except where it says so:",
		"workers look every ten minutes (`RetentionJob.ts`) and leave windows alone whose settlement is not finished. What leaves",
		"is noted in `archived_files`; `node scripts/archive.ts verify` holds the archive against it and follows the input log's",
		"hash chain through the files, `restore` brings rows back. The continuous audit leaves out windows whose trades have left.",
		"A year has 35,040 windows. Tables that grow with orders are partitioned before the first of them passes 100 million",
		"rows (some four months at 10 orders a second around the clock); until then one table each is faster. Partitioning is a",
		"forward migration: a partitioned table under the same name, the old one attached as its first partition after a",
		"`CHECK` on its range, keys extended by the partition column. Dropping a partition takes no time and leaves no gaps.",
		"",
		"| Table | Grows by | Kept | How |",
		"| --- | --- | --- | --- |",
		...tables.map(([name, { grows, keeps, how }]) => `| ${name} | ${grows} | ${keeps} | ${how} |`),
		"",
		"## Backup",
		"",
		"A base backup while the exchange runs, and the write-ahead log shipped continuously. `node scripts/backupDrill.ts`",
		"rehearses the loss of the whole server under load and prints the recovery point and time. With a synchronous",
		"standby server the recovery point is zero; without one it is the age of the last shipped piece of the log. After a",
		"restore the engines recover from the log, the indexer from the chain; a window committed on chain whose plan was",
		"lost is named and waits for an operator.",
		"",
	];
}

function describeTable({ name, kind, comment, columns, rules, indexes }: Table): string[] {
	return [
		`## ${name}`,
		"",
		`${kind === "view" ? "View. " : ""}${comment}`,
		"",
		"| Column | Type | Meaning |",
		"| --- | --- | --- |",
		...columns.map(
			(column) => `| ${column.name} | ${column.type}${column.isRequired ? "" : ", null"} | ${column.comment} |`,
		),
		"",
		...(rules.length > 0 ? ["Rules:", "", ...rules.map((rule) => `- \`${rule}\``), ""] : []),
		...(indexes.length > 0 ? ["Indexes:", "", ...indexes.map((index) => `- \`${index}\``), ""] : []),
	];
}

async function readTables(pool: pg.Pool): Promise<Table[]> {
	const { rows } = await pool.query<Omit<Table, "kind"> & { relkind: string }>(
		`SELECT relname AS name, relkind, obj_description(class.oid) AS comment,
			(SELECT json_agg(json_build_object(
				'name', attname, 'type', format_type(atttypid, atttypmod), 'isRequired', attnotnull,
				'comment', col_description(attrelid, attnum)) ORDER BY attnum)
			FROM pg_attribute WHERE attrelid = class.oid AND attnum > 0 AND NOT attisdropped) AS columns,
			(SELECT coalesce(json_agg(pg_get_constraintdef(con.oid) ORDER BY contype DESC, conname), '[]')
			FROM pg_constraint AS con WHERE conrelid = class.oid AND contype <> 'n') AS rules,
			(SELECT coalesce(json_agg(regexp_replace(pg_get_indexdef(indexrelid), '^CREATE (UNIQUE )?INDEX (\\S+) ON public\\.\\S+ USING ', '\\1\\2: ')
				ORDER BY indexrelid::regclass::text), '[]')
			FROM pg_index WHERE indrelid = class.oid AND NOT EXISTS (
				SELECT FROM pg_constraint WHERE conindid = indexrelid AND contype IN ('p', 'u'))) AS indexes
		FROM pg_class AS class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v')
		ORDER BY relname`,
	);
	return rows.map(({ relkind, ...table }) => ({ ...table, kind: relkind === "v" ? "view" : "table" }));
}

async function readFunctions(pool: pg.Pool): Promise<{ name: string; comment: string | null }[]> {
	const { rows } = await pool.query<{ name: string; comment: string | null }>(
		`SELECT proname AS name, obj_description(oid, 'pg_proc') AS comment FROM pg_proc
		WHERE pronamespace = 'public'::regnamespace ORDER BY proname`,
	);
	return rows;
}
