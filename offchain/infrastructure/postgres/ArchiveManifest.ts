import type pg from "pg";
import { type ArchivedFile, ArchiveFolder } from "./ArchiveFolder.ts";
import { chainHash, EMPTY_LOG_HASH } from "./EngineLog.ts";
import { transaction } from "./transaction.ts";

type ManifestRow = ArchivedFile & { table: string; firstKey: number; lastKey: number };
type LogLine = { first_sequence: number; last_sequence: number; inputs: string; log_hash: string };

export type ArchiveCheck = { files: number; rows: number; problems: string[] };

/** What has left the database, held against the files: whether all of it is there and whole, and the way back. */
export class ArchiveManifest {
	private readonly pool: pg.Pool;
	private readonly folder: ArchiveFolder;

	constructor(pool: pg.Pool, archiveFolder: string) {
		this.pool = pool;
		this.folder = new ArchiveFolder(archiveFolder);
	}

	/** Reads every file; the input log's hash chain is followed from its first input to where the database goes on. */
	async verify(): Promise<ArchiveCheck> {
		const check: ArchiveCheck = { files: 0, rows: 0, problems: [] };
		const chain = { sequence: 0, hash: EMPTY_LOG_HASH };
		for (const archived of await this.files("true", [])) {
			try {
				const rows = await this.folder.read(archived);
				if (archived.table === "input_log") for (const row of rows) followChain(chain, JSON.parse(row) as LogLine);
				check.files += 1;
				check.rows += rows.length;
			} catch (error) {
				check.problems.push(`${archived.file}: ${(error as Error).message}`);
			}
		}
		const { rows } = await this.pool.query<LogLine>(
			`SELECT first_sequence, last_sequence, inputs::text, log_hash::text FROM input_log ORDER BY first_sequence LIMIT 1`,
		);
		try {
			if (rows[0] !== undefined) followChain(chain, rows[0]);
		} catch (error) {
			check.problems.push(`input_log in the database: ${(error as Error).message}`);
		}
		return check;
	}

	/** Brings rows back whose windows, or inputs of the log, overlap with `first` to `last`; how many there were. */
	async restore(table: string, first: number, last: number): Promise<number> {
		const files = await this.files("table_name = $1 AND first_key <= $3 AND last_key >= $2", [table, first, last]);
		let restored = 0;
		for (const archived of files) {
			const lines = await this.folder.read(archived);
			await transaction(this.pool, async (client) => {
				await client.query(
					`INSERT INTO ${client.escapeIdentifier(table)} OVERRIDING SYSTEM VALUE
					SELECT * FROM json_populate_recordset(NULL::${client.escapeIdentifier(table)}, $1) ON CONFLICT DO NOTHING`,
					[`[${lines.join(",")}]`],
				);
				await client.query("DELETE FROM archived_files WHERE file = $1", [archived.file]);
			});
			restored += lines.length;
		}
		return restored;
	}

	private async files(condition: string, values: unknown[]): Promise<ManifestRow[]> {
		const { rows } = await this.pool.query<ManifestRow>(
			`SELECT file, table_name AS "table", first_key AS "firstKey", last_key AS "lastKey", row_count AS "rowCount",
				content_hash AS "contentHash"
			FROM archived_files WHERE ${condition} ORDER BY table_name, first_key, file`,
			values,
		);
		return rows;
	}
}

function followChain(chain: { sequence: number; hash: Buffer }, line: LogLine): void {
	if (line.first_sequence !== chain.sequence + 1) {
		throw new Error(`input ${chain.sequence + 1} is missing before ${line.first_sequence}`);
	}
	const hash = chainHash(chain.hash, bytesOf(line.inputs));
	if (!hash.equals(bytesOf(line.log_hash))) throw new Error(`the hash chain is broken at input ${line.first_sequence}`);
	chain.sequence = line.last_sequence;
	chain.hash = hash;
}

function bytesOf(text: string): Buffer {
	return Buffer.from(text.slice(2), "hex");
}
