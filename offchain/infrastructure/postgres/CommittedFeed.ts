import type { CommittedEvents } from "../../application/ports/EventFeed.ts";
import type { InputLog } from "./InputLog.ts";

/** Inputs kept in memory for subscribers that are nearly up to date; older ones come from the log. */
const RECENT_INPUTS = 20_000;
const RETRY_MILLIS = 500;

type Subscriber = {
	cursor: number;
	deliver: (committed: CommittedEvents) => void;
	isReading: boolean;
	isClosed: boolean;
};

/** Committed events to any number of subscribers, each in log order and without gaps, from wherever it left off. */
export class CommittedFeed {
	private readonly log: InputLog;
	private readonly subscribers = new Set<Subscriber>();
	/** Consecutive; the last one is `committedSequence`. */
	private recent: CommittedEvents[] = [];
	private committed: number;

	constructor(log: InputLog, committedSequence: number) {
		this.log = log;
		this.committed = committedSequence;
	}

	get committedSequence(): number {
		return this.committed;
	}

	publish(group: CommittedEvents[]): void {
		for (const { sequence, atMillis, events } of group) this.recent.push({ sequence, atMillis, events });
		if (this.recent.length > 2 * RECENT_INPUTS) this.recent = this.recent.slice(-RECENT_INPUTS);
		this.committed = group.at(-1)?.sequence ?? this.committed;
		for (const subscriber of this.subscribers) this.advance(subscriber);
	}

	subscribe(afterSequence: number, deliver: (committed: CommittedEvents) => void): () => void {
		const subscriber = { cursor: afterSequence, deliver, isReading: false, isClosed: false };
		this.subscribers.add(subscriber);
		// Never before `subscribe` has returned.
		queueMicrotask(() => this.advance(subscriber));
		return () => this.unsubscribe(subscriber);
	}

	close(): void {
		for (const subscriber of this.subscribers) this.unsubscribe(subscriber);
	}

	private unsubscribe(subscriber: Subscriber): void {
		subscriber.isClosed = true;
		this.subscribers.delete(subscriber);
	}

	private advance(subscriber: Subscriber): void {
		if (subscriber.isReading || subscriber.isClosed || subscriber.cursor >= this.committed) return;
		const oldest = this.recent[0]?.sequence ?? this.committed + 1;
		if (subscriber.cursor + 1 < oldest) {
			void this.catchUp(subscriber);
			return;
		}
		this.hand(subscriber, this.recent.slice(subscriber.cursor + 1 - oldest));
	}

	private hand(subscriber: Subscriber, list: CommittedEvents[]): void {
		for (const committed of list) {
			if (subscriber.isClosed || committed.sequence > this.committed) return;
			subscriber.cursor = committed.sequence;
			try {
				subscriber.deliver(committed);
			} catch (error) {
				// A subscriber's mistake is its own: it gets no more, and the process hears of it; the engine goes on.
				this.unsubscribe(subscriber);
				queueMicrotask(() => {
					throw error;
				});
			}
		}
	}

	private async catchUp(subscriber: Subscriber): Promise<void> {
		subscriber.isReading = true;
		try {
			this.hand(subscriber, await this.log.eventsAfter(subscriber.cursor));
		} catch {
			// The database is away for a moment; the subscriber waits, it never misses anything.
			await new Promise((resolve) => setTimeout(resolve, RETRY_MILLIS));
		} finally {
			subscriber.isReading = false;
		}
		this.advance(subscriber);
	}
}
