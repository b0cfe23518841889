import type pg from "pg";

/**
 * Does one piece of work at a time, over all processes that name the same lock. Within a process they queue up here, so
 * that those who wait hold one connection and not all of the pool, which the work itself needs.
 */
export function exclusively(pool: pg.Pool, lock: number): <Result>(work: () => Promise<Result>) => Promise<Result> {
	let last: Promise<unknown> = Promise.resolve();
	return (work) => {
		const done = last.then(() => withLock(pool, lock, work));
		last = done.catch(() => undefined);
		return done;
	};
}

async function withLock<Result>(pool: pg.Pool, lock: number, work: () => Promise<Result>): Promise<Result> {
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
