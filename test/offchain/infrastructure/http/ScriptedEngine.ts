import type { EngineGateway, EngineReply } from "../../../../offchain/application/ports/EngineGateway.ts";
import type { CommittedEvents, EventFeed } from "../../../../offchain/application/ports/EventFeed.ts";
import type { EngineEvent } from "../../../../offchain/domain/engine/EngineEvent.ts";
import type { EngineInput } from "../../../../offchain/domain/engine/EngineInput.ts";

/**
 * Stands at the engine's door and answers what a test tells it to, so that every answer an engine can give is seen at the
 * API. Whole-market tests use the real engine.
 */
export class ScriptedEngine implements EngineGateway, EventFeed {
	readonly inputs: EngineInput[] = [];
	answer: (input: EngineInput, sequence: number) => EngineEvent[] | "busy" | Error = () => [];
	private readonly log: CommittedEvents[] = [];
	private readonly subscribers = new Set<(committed: CommittedEvents) => void>();

	get sequence(): number {
		return this.log.length;
	}

	async submit(input: EngineInput): Promise<EngineReply> {
		const events = this.answer(input, this.sequence + 1);
		if (events instanceof Error) throw events;
		if (events === "busy") return { status: "busy" };
		this.inputs.push(input);
		this.publish(events);
		return { status: "applied", sequence: this.sequence, events };
	}

	async submitMany(inputs: EngineInput[]): Promise<EngineReply[]> {
		return Promise.all(inputs.map((input) => this.submit(input)));
	}

	publish(events: EngineEvent[]): void {
		const committed = { sequence: this.sequence + 1, atMillis: 1_700_000_000_000, events };
		this.log.push(committed);
		for (const deliver of this.subscribers) deliver(committed);
	}

	subscribe(afterSequence: number, deliver: (committed: CommittedEvents) => void): () => void {
		for (const committed of this.log) if (committed.sequence > afterSequence) queueMicrotask(() => deliver(committed));
		this.subscribers.add(deliver);
		return () => this.subscribers.delete(deliver);
	}
}
