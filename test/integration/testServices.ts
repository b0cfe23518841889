import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type pg from "pg";
import {
	type LocalServices,
	resetLocalState,
	startLocalServices,
} from "../../offchain/infrastructure/local/startLocalServices.ts";
import { migrate } from "../../offchain/infrastructure/postgres/migrate.ts";
import { openPool } from "../../offchain/infrastructure/postgres/openPool.ts";

export const TEST_CHAIN = { chainId: 31_337, genesisSeconds: 1_800_000_000 };

const stateDir = mkdtempSync(join(tmpdir(), "gridtokenx-test-"));
let services: Promise<LocalServices> | null = null;

/** One PostgreSQL and one chain for all suites of a test process. */
export function testServices(): Promise<LocalServices> {
	services ??= startLocalServices({ stateDir, ...TEST_CHAIN });
	return services;
}

export type TestDatabase = { databaseUrl: string; pool: pg.Pool; drop: () => Promise<void> };

/** A fresh, migrated database of its own for one suite. */
export async function testDatabase(): Promise<TestDatabase> {
	const { databaseUrl: adminUrl } = await testServices();
	const name = `test_${randomBytes(6).toString("hex")}`;
	const admin = openPool(adminUrl, "test", 1);
	await admin.query(`CREATE DATABASE ${name}`);
	const databaseUrl = adminUrl.replace(/\/[^/]*$/, `/${name}`);
	const pool = openPool(databaseUrl, "test");
	await migrate(pool);
	return {
		databaseUrl,
		pool,
		drop: async () => {
			await pool.end();
			await admin.query(`DROP DATABASE ${name} WITH (FORCE)`);
			await admin.end();
		},
	};
}

export async function rpcCall(rpcUrl: string, method: string, params: unknown[] = []): Promise<unknown> {
	const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method, params });
	const response = await fetch(rpcUrl, { method: "POST", headers: { "content-type": "application/json" }, body });
	const answer = (await response.json()) as { result?: unknown; error?: { message: string } };
	if (answer.error !== undefined) throw new Error(`${method}: ${answer.error.message}`);
	return answer.result;
}

after(async () => {
	if (services !== null) await services.then((running) => running.stop());
	await resetLocalState(stateDir);
	rmSync(stateDir, { recursive: true, force: true });
});
