import type { EngineEvent } from "../../domain/engine/EngineEvent.ts";
import type { EngineInput } from "../../domain/engine/EngineInput.ts";

/** What the durable engine asks of the matching engine: a deterministic state machine. */
export interface EngineState {
	/** Applies the input with this place in the log; throws only when an invariant is broken. */
	apply(sequence: number, input: EngineInput): EngineEvent[];
	/** The whole state; `restore` of the same program takes it back. */
	snapshot(): Uint8Array;
	/** The same for the same log, on any machine. */
	stateHash(): string;
}
