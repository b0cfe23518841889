import type { CommittedEvents } from "../../application/ports/EventFeed.ts";
import type { EngineInput } from "../../domain/engine/EngineInput.ts";
import type { AppliedInput, GroupProjection } from "./projectGroup.ts";

export type LoggedGroup = {
	firstSequence: number;
	lastSequence: number;
	atMillis: number;
	inputs: EngineInput[];
	/** What the inputs did, as the leader wrote it (`effectCodec.ts`); empty unless asked for. */
	events: Buffer;
	/** What each input's sender called it; null without any. */
	requestIds: (string | null)[] | null;
	logHash: Buffer;
};

/** A group ready to be written, with the log's hash after it. */
export type PreparedGroup = { values: unknown[]; logHash: Buffer };

export type StoredSnapshot = { sequence: number; state: Buffer; stateHash: string; logHash: Buffer; atMillis: number };

/** What the durable engine needs of its log; the deterministic simulation brings one without a server. */
export interface InputLog {
	/** Everything of a group's commit that needs no database, so that it can be done during the commit before. */
	prepare(epoch: number, previousHash: Buffer, group: AppliedInput[]): PreparedGroup;
	/** Fence and log row, all or nothing. Resolves after it is on disk. */
	commit(prepared: PreparedGroup): Promise<void>;
	/**
	 * Groups after `sequence`, in order, checked for gaps and for damage. Without events they are for an engine to apply
	 * and nobody else: the orders come without signatures too.
	 */
	groupsAfter(sequence: number, logHash: Buffer, withEvents: boolean): AsyncGenerator<LoggedGroup>;
	/** Events of committed inputs after `sequence`, at most some pages; empty at the end of the log. */
	eventsAfter(sequence: number): Promise<CommittedEvents[]>;
	/** Ids of the requests among the newest inputs up to and with `sequence`, oldest first. */
	requestsUpTo(sequence: number, inputs: number): Promise<{ requestId: string; sequence: number }[]>;
	/** Committed inputs after `sequence` with their effects, at most some pages; empty at the end of the log. */
	appliedAfter(sequence: number): Promise<AppliedInput[]>;
	/** Last input whose effects are in the readable tables and the outbox. */
	projectedSequence(): Promise<number>;
	/** Writes effects and moves the cursor, all or nothing; false when it does not stand at `afterSequence`. */
	project(afterSequence: number, lastSequence: number, rows: GroupProjection): Promise<boolean>;
	latestSnapshot(): Promise<StoredSnapshot | null>;
	/** Last input that the newest snapshot contains; 0 without one. */
	snapshotSequence(): Promise<number>;
	/** Keeps the newest few. */
	saveSnapshot(snapshot: StoredSnapshot): Promise<void>;
}
