import type pg from "pg";

export type OutboxMessage = { outboxId: number; topic: string; payload: unknown; attempts: number };

/** A message taken by a process that died is taken again after this: a closed window has minutes until its delivery. */
const LEASE_MILLIS = 5_000;
const MAX_ATTEMPTS = 20;
const LONGEST_PAUSE_MILLIS = 3_600_000;

/** Messages written with the change that causes them, each to be handled at least once, by row state. */
export class Outbox {
	private readonly pool: pg.Pool;

	constructor(pool: pg.Pool) {
		this.pool = pool;
	}

	/** Takes waiting messages; nobody else gets them until the lease ends. */
	async take(topics: string[], limit: number): Promise<OutboxMessage[]> {
		const { rows } = await this.pool.query<OutboxMessage>(
			`UPDATE outbox SET attempts = attempts + 1, available_at = now() + $3 * interval '1 millisecond'
			WHERE outbox_id IN (
				SELECT outbox_id FROM outbox WHERE topic = ANY ($1) AND state = 'waiting' AND available_at <= now()
				ORDER BY available_at, outbox_id LIMIT $2 FOR UPDATE SKIP LOCKED)
			RETURNING outbox_id AS "outboxId", topic, payload, attempts`,
			[topics, limit, LEASE_MILLIS],
		);
		return rows.sort((a, b) => a.outboxId - b.outboxId);
	}

	async done(outboxId: number): Promise<void> {
		await this.pool.query("UPDATE outbox SET state = 'done', done_at = now(), last_error = NULL WHERE outbox_id = $1", [
			outboxId,
		]);
	}

	/** Tried again later, each time twice as late; dead after `MAX_ATTEMPTS`. Returns whether it is dead now. */
	async failed(message: OutboxMessage, error: string): Promise<boolean> {
		const isDead = message.attempts >= MAX_ATTEMPTS;
		const pauseMillis = Math.min(1_000 * 2 ** (message.attempts - 1), LONGEST_PAUSE_MILLIS);
		await this.pool.query(
			`UPDATE outbox SET state = $2, last_error = $3, available_at = now() + $4 * interval '1 millisecond'
			WHERE outbox_id = $1`,
			[message.outboxId, isDead ? "dead" : "waiting", error, pauseMillis],
		);
		return isDead;
	}
}
