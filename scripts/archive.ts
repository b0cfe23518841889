/**
 * The archive of rows that have left the database: is all of it there, and back with some of it.
 *
 *   node scripts/archive.ts verify
 *   node scripts/archive.ts restore --table trades --first WINDOW --last WINDOW
 *
 * DATABASE_URL and ARCHIVE_FOLDER as for the workers. `verify` reads every file of the manifest and follows the input
 * log's hash chain through them; it ends with 1 when something is missing or damaged. What is restored goes back into the
 * archive as soon as a worker with an archive folder looks: restore into a copy of the database to keep it.
 */
import { parseArgs } from "node:util";
import { ArchiveManifest } from "../offchain/infrastructure/postgres/ArchiveManifest.ts";
import { openPool } from "../offchain/infrastructure/postgres/openPool.ts";

const { values, positionals } = parseArgs({
	allowPositionals: true,
	options: { table: { type: "string" }, first: { type: "string" }, last: { type: "string" } },
});
const { DATABASE_URL: databaseUrl, ARCHIVE_FOLDER: archiveFolder } = process.env;
if (databaseUrl === undefined || archiveFolder === undefined) fail("set DATABASE_URL and ARCHIVE_FOLDER");

const pool = openPool(databaseUrl, "gridtokenx archive", 2);
const manifest = new ArchiveManifest(pool, archiveFolder);
if (positionals[0] === "verify") {
	const check = await manifest.verify();
	console.log(JSON.stringify(check));
	process.exitCode = check.problems.length === 0 ? 0 : 1;
} else if (positionals[0] === "restore") {
	const [first, last] = [Number(values.first), Number(values.last ?? values.first)];
	if (values.table === undefined || !Number.isSafeInteger(first) || !Number.isSafeInteger(last)) {
		fail("restore needs --table, --first and, for more than one, --last");
	}
	console.log(JSON.stringify({ restored: await manifest.restore(values.table, first, last) }));
} else fail("verify or restore?");
await pool.end();

function fail(message: string): never {
	console.error(message);
	process.exit(2);
}
