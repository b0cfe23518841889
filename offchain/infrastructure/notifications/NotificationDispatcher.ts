import type { Notified } from "../../application/services/concernedAuthorities.ts";
import { sleepMillis } from "../clock/sleepMillis.ts";
import type { Notification, NotificationAttempt, NotificationStore } from "./NotificationStore.ts";
import type { NotificationTarget, NotificationTargets } from "./NotificationTargets.ts";
import { webhookHeaders } from "./signWebhook.ts";

const PER_ROUND = 32;
/** Some 38 hours in all: 1 s, 2 s, 4 s … then every hour. */
const MAX_ATTEMPTS = 48;
const LONGEST_PAUSE_MILLIS = 3_600_000;
const LONGEST_DETAIL = 300;

export type NotificationDispatcherOptions = {
	store: NotificationStore;
	targets: NotificationTargets;
	/** One line for the operator when a message is given up. */
	onAlarm: (message: string) => void;
	pollMillis?: number;
	timeoutMillis?: number;
	/** Pause after the first failure; doubles with each further one. */
	firstRetryMillis?: number;
};

/**
 * Posts notifications as signed webhooks until each receiver has answered 2xx, and records every attempt. At least
 * once, oldest first, under an id that stays the same: receivers drop what they have. A silent receiver delays nobody
 * else.
 */
export class NotificationDispatcher {
	private readonly options: Required<NotificationDispatcherOptions>;
	private readonly abort = new AbortController();
	private readonly loop: Promise<unknown>;

	constructor(options: NotificationDispatcherOptions) {
		this.options = { pollMillis: 500, timeoutMillis: 10_000, firstRetryMillis: 1_000, ...options };
		const recipients = Object.keys(options.targets) as Notified[];
		this.loop = this.run(recipients);
	}

	async stop(): Promise<void> {
		this.abort.abort();
		await this.loop;
	}

	private async run(recipients: Notified[]): Promise<void> {
		const { store, onAlarm } = this.options;
		let isAddressed = recipients.length === 0;
		while (!isAddressed && !this.abort.signal.aborted) {
			isAddressed = await store.address(recipients).then(
				() => true,
				() => false,
			);
			if (!isAddressed) await sleepMillis(this.options.pollMillis, this.abort.signal);
		}
		await Promise.all(
			recipients.map(async (recipient) => {
				while (!this.abort.signal.aborted) {
					const count = await this.round(recipient).catch((error: Error) => {
						if (!this.abort.signal.aborted) onAlarm(`notifications to ${recipient}: ${error.message}`);
						return 0;
					});
					if (count < PER_ROUND) await sleepMillis(this.options.pollMillis, this.abort.signal);
				}
			}),
		);
	}

	private async round(recipient: Notified): Promise<number> {
		const target = this.options.targets[recipient];
		if (target === undefined) return 0;
		const taken = await this.options.store.take([recipient], PER_ROUND);
		for (const notification of taken) {
			if (this.abort.signal.aborted) break;
			await this.deliver(notification, target);
		}
		return taken.length;
	}

	private async deliver(notification: Notification, target: NotificationTarget): Promise<void> {
		const { store, onAlarm, firstRetryMillis } = this.options;
		const { recipient, topic, notificationId, attempts } = notification;
		const attempt = await this.post(notification, target);
		const isDelivered = attempt.httpStatus !== null && attempt.httpStatus >= 200 && attempt.httpStatus < 300;
		if (isDelivered) return store.record(notification, attempt, "delivered");
		const isGivenUp = attempts >= MAX_ATTEMPTS;
		const retryMillis = isGivenUp ? null : Math.min(firstRetryMillis * 2 ** (attempts - 1), LONGEST_PAUSE_MILLIS);
		await store.record(notification, attempt, { retryMillis });
		if (isGivenUp) onAlarm(`${topic} notification ${notificationId} to ${recipient} is given up: ${attempt.detail}`);
	}

	private async post(notification: Notification, { url, secret }: NotificationTarget): Promise<NotificationAttempt> {
		const { notificationId, topic, payload, recipient } = notification;
		const id = `gridtokenx-${notificationId}`;
		const body = JSON.stringify({ type: topic, recipient, data: payload });
		const startedAt = performance.now();
		const shown = new URL(url);
		shown.username = "";
		shown.password = "";
		shown.search = "";
		const attempt = { url: String(shown), httpStatus: null as number | null, detail: "", tookMillis: 0 };
		try {
			const response = await fetch(url, {
				method: "POST",
				body,
				// A redirect would carry the message to somebody who was never configured.
				redirect: "manual",
				headers: {
					"content-type": "application/json",
					...webhookHeaders(secret, id, Math.floor(Date.now() / 1000), body),
				},
				signal: AbortSignal.timeout(this.options.timeoutMillis),
			});
			attempt.httpStatus = response.status;
			attempt.detail = (await response.text()).slice(0, LONGEST_DETAIL);
		} catch (error) {
			// Node's fetch hides the reason one level down.
			const inner = (error as { cause?: { code?: string; message?: string } }).cause;
			attempt.detail = (inner?.code ?? inner?.message ?? (error as Error).message).slice(0, LONGEST_DETAIL);
		}
		attempt.tookMillis = Math.round(performance.now() - startedAt);
		return attempt;
	}
}
