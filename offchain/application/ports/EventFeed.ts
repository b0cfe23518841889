import type { EngineEvent } from "../../domain/engine/EngineEvent.ts";

/** Events of one input, in log order, released after the commit. `atMillis` is the engine clock's time. */
export type CommittedEvents = { sequence: number; atMillis: number; events: EngineEvent[] };

export interface EventFeed {
	/** Delivers every committed input after `afterSequence`, in order, then live ones. Returns the unsubscribe function. */
	subscribe(afterSequence: number, deliver: (committed: CommittedEvents) => void): () => void;
}
