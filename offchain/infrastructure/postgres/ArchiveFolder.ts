import { createHash, randomBytes } from "node:crypto";
import { mkdir, open, readFile, rename } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { gunzip, gzip } from "node:zlib";

/** A file as the manifest has it. */
export type ArchivedFile = { file: string; rowCount: number; contentHash: string };

/** Rows that leave the database, as compressed lines of JSON, one file a portion. */
export class ArchiveFolder {
	private readonly path: string;

	constructor(path: string) {
		this.path = path;
	}

	/** Resolves after the file is on disk and has been read back. Named by its content: the same rows are the same file. */
	async write(table: string, label: string, rows: readonly string[]): Promise<ArchivedFile> {
		const lines = `${rows.join("\n")}\n`;
		const contentHash = hashOf(lines);
		const file = join(table, `${label}-${contentHash.slice(0, 16)}.jsonl.gz`);
		const path = join(this.path, file);
		await mkdir(join(this.path, table), { recursive: true });
		const partial = `${path}.${randomBytes(4).toString("hex")}.partial`;
		const handle = await open(partial, "w");
		try {
			await handle.writeFile(await promisify(gzip)(lines));
			await handle.sync();
		} finally {
			await handle.close();
		}
		await rename(partial, path);
		const directory = await open(join(this.path, table), "r");
		await directory.sync().finally(() => directory.close());
		const archived = { file, rowCount: rows.length, contentHash };
		await this.read(archived);
		return archived;
	}

	/** The rows of a file; throws when they are not what the manifest says. */
	async read({ file, rowCount, contentHash }: ArchivedFile): Promise<string[]> {
		const lines = (await promisify(gunzip)(await readFile(join(this.path, file)))).toString();
		const rows = lines.split("\n").slice(0, -1);
		if (hashOf(lines) !== contentHash || rows.length !== rowCount) throw new Error(`the copy in ${file} is damaged`);
		return rows;
	}
}

function hashOf(lines: string): string {
	return createHash("sha256").update(lines).digest("hex");
}
