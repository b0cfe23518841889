import { sleepMillis } from "../clock/sleepMillis.ts";
import type { Outbox, OutboxMessage } from "../postgres/Outbox.ts";

const MESSAGES_PER_ROUND = 100;

export type OutboxRelayOptions = {
	outbox: Pick<Outbox, "take" | "done" | "failed">;
	/** By topic; a handler may see a message twice. */
	handlers: Record<string, (payload: never) => Promise<void>>;
	pollMillis: number;
	onError: (message: string) => void;
};

/** Hands outbox messages to their handlers until stopped; a message whose handler throws comes again later. */
export class OutboxRelay {
	private readonly options: OutboxRelayOptions;
	private readonly abort = new AbortController();
	private loop: Promise<void> = Promise.resolve();

	constructor(options: OutboxRelayOptions) {
		this.options = options;
	}

	start(): void {
		this.loop = this.run();
	}

	async stop(): Promise<void> {
		this.abort.abort();
		await this.loop;
	}

	/** One round; returns how many messages there were. */
	async round(): Promise<number> {
		const { outbox, handlers } = this.options;
		const messages = await outbox.take(Object.keys(handlers), MESSAGES_PER_ROUND);
		for (const message of messages) await this.handle(message);
		return messages.length;
	}

	private async run(): Promise<void> {
		while (!this.abort.signal.aborted) {
			const count = await this.round().catch((error: Error) => {
				this.options.onError(`outbox: ${error.message}`);
				return 0;
			});
			if (count < MESSAGES_PER_ROUND) await sleepMillis(this.options.pollMillis, this.abort.signal);
		}
	}

	private async handle(message: OutboxMessage): Promise<void> {
		const { outbox, handlers, onError } = this.options;
		try {
			await handlers[message.topic]?.(message.payload as never);
			await outbox.done(message.outboxId);
		} catch (error) {
			const cause = error instanceof Error ? error.message : String(error);
			const isDead = await outbox.failed(message, cause);
			if (isDead) onError(`outbox: ${message.topic} message ${message.outboxId} is given up: ${cause}`);
		}
	}
}
