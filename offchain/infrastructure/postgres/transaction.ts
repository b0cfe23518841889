import type pg from "pg";

/** Runs `work` in one transaction on one connection: all of it or nothing. */
export async function transaction<T>(pool: pg.Pool, work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
	const client = await pool.connect();
	let isBroken = false;
	try {
		await client.query("BEGIN");
		const result = await work(client);
		await client.query("COMMIT");
		return result;
	} catch (error) {
		await client.query("ROLLBACK").catch(() => {
			isBroken = true;
		});
		throw error;
	} finally {
		client.release(isBroken);
	}
}
