import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type pg from "pg";
import { transaction } from "./transaction.ts";

const MIGRATION_LOCK = 0x67_74_78_01;

/**
 * Brings the schema up to date: numbered files, forward only, each once, in one transaction each. Several processes
 * may start at once. Throws when an applied file was changed afterwards or the database is newer than the program.
 */
export async function migrate(pool: pg.Pool): Promise<number[]> {
	const files = migrationFiles();
	return transaction(pool, async (client) => {
		await client.query("SELECT pg_advisory_xact_lock($1)", [MIGRATION_LOCK]);
		await client.query(`CREATE TABLE IF NOT EXISTS schema_migrations (
			version integer PRIMARY KEY, name text NOT NULL, checksum text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now());
			COMMENT ON TABLE schema_migrations IS 'Migrations applied to this database.';
			COMMENT ON COLUMN schema_migrations.version IS 'Number of the file.';
			COMMENT ON COLUMN schema_migrations.name IS 'Name of the file.';
			COMMENT ON COLUMN schema_migrations.checksum IS 'SHA-256 of the file when it was applied.';
			COMMENT ON COLUMN schema_migrations.applied_at IS 'When.';`);
		const { rows } = await client.query<{ version: number; checksum: string }>(
			"SELECT version, checksum FROM schema_migrations",
		);
		const applied = new Map(rows.map((row) => [row.version, row.checksum]));
		const unknown = [...applied.keys()].find((version) => !files.some((file) => file.version === version));
		if (unknown !== undefined)
			throw new Error(`the database has migration ${unknown}, which this program does not know`);
		const versions: number[] = [];
		for (const file of files) {
			const checksum = applied.get(file.version);
			if (checksum === file.checksum) continue;
			if (checksum !== undefined) throw new Error(`migration ${file.name} was changed after it was applied`);
			await client.query(file.sql);
			await client.query("INSERT INTO schema_migrations (version, name, checksum) VALUES ($1, $2, $3)", [
				file.version,
				file.name,
				file.checksum,
			]);
			versions.push(file.version);
		}
		return versions;
	});
}

function migrationFiles() {
	const folder = join(import.meta.dirname, "migrations");
	return readdirSync(folder)
		.filter((name) => name.endsWith(".sql"))
		.sort()
		.map((name) => {
			const sql = readFileSync(join(folder, name), "utf8");
			return {
				version: Number.parseInt(name, 10),
				name,
				sql,
				checksum: createHash("sha256").update(sql).digest("hex"),
			};
		});
}
