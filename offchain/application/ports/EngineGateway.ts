import type { EngineEvent } from "../../domain/engine/EngineEvent.ts";
import type { EngineInput } from "../../domain/engine/EngineInput.ts";

/** What became of an input once it is on disk. `sequence` is its place in the log. */
export type EngineReply = { status: "applied"; sequence: number; events: EngineEvent[] } | { status: "busy" };

/** Hands inputs to the engine's single writer and resolves after they are durable. */
export interface EngineGateway {
	submit(input: EngineInput): Promise<EngineReply>;
	/** Several at once, in order, one reply each; either all are taken or all are answered busy. */
	submitMany(inputs: EngineInput[]): Promise<EngineReply[]>;
}
