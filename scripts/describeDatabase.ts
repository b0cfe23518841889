/**
 * Writes docs/reference/database.md from the live schema of a fresh database: every table and column with its
 * description, rules, indexes, growth and retention. `node scripts/describeDatabase.ts [--check]` only compares.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { EmbeddedPostgres } from "../offchain/infrastructure/local/EmbeddedPostgres.ts";
import { freePort } from "../offchain/infrastructure/local/freePort.ts";
import { migrate } from "../offchain/infrastructure/postgres/migrate.ts";
import { openPool } from "../offchain/infrastructure/postgres/openPool.ts";
import { describeSchema } from "./database/describeSchema.ts";

const page = join(import.meta.dirname, "..", "docs", "reference", "database.md");
const stateDir = mkdtempSync(join(tmpdir(), "gridtokenx-schema-"));
const postgres = await EmbeddedPostgres.start(stateDir, await freePort());
const pool = openPool(postgres.databaseUrl, "describe database", 1);
let text: string;
try {
	await migrate(pool);
	text = await describeSchema(pool);
} finally {
	await pool.end();
	await postgres.stop();
	rmSync(stateDir, { recursive: true, force: true });
}
if (process.argv.includes("--check")) {
	const isCurrent = existsSync(page) && readFileSync(page, "utf8") === text;
	console.log(isCurrent ? "docs/reference/database.md is current" : "docs/reference/database.md is out of date");
	process.exit(isCurrent ? 0 : 1);
}
writeFileSync(page, text);
console.log(`wrote ${page}`);
