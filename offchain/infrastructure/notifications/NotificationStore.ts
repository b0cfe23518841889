import type pg from "pg";
import type { Notified } from "../../application/services/concernedAuthorities.ts";

/** Taken by a process that died, it is taken again after this. */
const LEASE_MILLIS = 60_000;

export type Notification = {
	notificationId: number;
	recipient: Notified;
	topic: string;
	payload: unknown;
	attempts: number;
};

export type NotificationAttempt = { url: string; httpStatus: number | null; detail: string; tookMillis: number };

export type NewNotification = { recipients: Notified[]; topic: string; messageKey: string; payload: object };

/** Notifications and their delivery record. */
export class NotificationStore {
	private readonly pool: pg.Pool;

	constructor(pool: pg.Pool) {
		this.pool = pool;
	}

	/** The same message again changes nothing. `addressed`: recipients with an address; the others are only recorded. */
	async add(
		{ recipients, topic, messageKey, payload }: NewNotification,
		addressed: ReadonlySet<string>,
	): Promise<void> {
		await this.pool.query(
			`INSERT INTO notifications (recipient, topic, message_key, payload, state)
			SELECT recipient, $2, $3, $4, CASE WHEN recipient = ANY ($5) THEN 'waiting' ELSE 'unaddressed' END
			FROM unnest($1::text[]) AS recipient
			ON CONFLICT (recipient, topic, message_key) DO NOTHING`,
			[recipients, topic, messageKey, JSON.stringify(payload), [...addressed]],
		);
	}

	/** An address was configured since: what only stood on record is sent after all. */
	async address(recipients: string[]): Promise<void> {
		await this.pool.query(
			"UPDATE notifications SET state = 'waiting', available_at = now() WHERE state = 'unaddressed' AND recipient = ANY ($1)",
			[recipients],
		);
	}

	async take(recipients: string[], limit: number): Promise<Notification[]> {
		const { rows } = await this.pool.query<Notification>(
			`UPDATE notifications SET attempts = attempts + 1, available_at = now() + $3 * interval '1 millisecond'
			WHERE notification_id IN (
				SELECT notification_id FROM notifications
				WHERE state = 'waiting' AND available_at <= now() AND recipient = ANY ($1)
				ORDER BY available_at, notification_id LIMIT $2 FOR UPDATE SKIP LOCKED)
			RETURNING notification_id AS "notificationId", recipient, topic, payload, attempts`,
			[recipients, limit, LEASE_MILLIS],
		);
		return rows.sort((a, b) => a.notificationId - b.notificationId);
	}

	/** Writes the attempt down and what follows from it; null for `retryMillis` gives the notification up. */
	async record(
		{ notificationId, attempts }: Notification,
		attempt: NotificationAttempt,
		outcome: "delivered" | { retryMillis: number | null },
	): Promise<void> {
		const state = outcome === "delivered" ? "delivered" : outcome.retryMillis === null ? "dead" : "waiting";
		const retryMillis = outcome === "delivered" ? 0 : (outcome.retryMillis ?? 0);
		await this.pool.query(
			`WITH attempt AS (
				INSERT INTO notification_attempts (notification_id, attempt, url, http_status, detail, took_millis)
				VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING)
			UPDATE notifications SET state = $7, available_at = now() + $8 * interval '1 millisecond',
				delivered_at = CASE WHEN $7 = 'delivered' THEN now() END
			WHERE notification_id = $1`,
			[
				notificationId,
				attempts,
				attempt.url,
				attempt.httpStatus,
				attempt.detail,
				attempt.tookMillis,
				state,
				retryMillis,
			],
		);
	}

	/** Sends again what was given up or delivered: the receiver knows it by its id. Returns how many. */
	async resend(recipient: Notified, topic: string, messageKey: string): Promise<number> {
		const { rowCount } = await this.pool.query(
			`UPDATE notifications SET state = 'waiting', available_at = now(), delivered_at = NULL
			WHERE recipient = $1 AND topic = $2 AND message_key = $3 AND state IN ('dead', 'delivered')`,
			[recipient, topic, messageKey],
		);
		return rowCount ?? 0;
	}
}
