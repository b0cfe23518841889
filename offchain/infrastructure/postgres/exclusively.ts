import type pg from "pg";

/** Does the work while no other process that names the same lock does its own; they wait for one another. */
export async function exclusively<Result>(pool: pg.Pool, lock: number, work: () => Promise<Result>): Promise<Result> {
	const client = await pool.connect();
	try {
		await client.query("SELECT pg_advisory_lock($1)", [lock]);
		try {
			return await work();
		} finally {
			await client.query("SELECT pg_advisory_unlock($1)", [lock]);
		}
	} finally {
		client.release();
	}
}
