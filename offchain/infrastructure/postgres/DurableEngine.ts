import type pg from "pg";
import type { EngineGateway, EngineReply } from "../../application/ports/EngineGateway.ts";
import type { EngineState } from "../../application/ports/EngineState.ts";
import type { CommittedEvents, EventFeed } from "../../application/ports/EventFeed.ts";
import type { EngineInput } from "../../domain/engine/EngineInput.ts";
import { CommittedFeed } from "./CommittedFeed.ts";
import { EMPTY_LOG_HASH, EngineLog } from "./EngineLog.ts";
import type { AppliedInput } from "./projectGroup.ts";

export type DurableEngineOptions<State extends EngineState> = {
	pool: pg.Pool;
	/** The leader's epoch, see `LeaderLock`. */
	epoch: number;
	create: () => State;
	restore: (snapshot: Uint8Array) => State;
	/** Told once when the engine has stopped because a commit failed or an invariant broke: end the process. */
	onFatal: (error: Error) => void;
	/** More waiting inputs than this are answered "busy". */
	maxQueuedInputs?: number;
	/** Largest group of one commit. */
	maxGroupInputs?: number;
	/** Inputs between snapshots. */
	snapshotEveryInputs?: number;
};

type Waiting = { input: EngineInput; resolve: (reply: EngineReply) => void; reject: (error: Error) => void };

/**
 * The matching engine behind a durable log. Whatever arrives during a commit becomes the next group; a group's log
 * row, readable rows and outbox are one statement, fenced by the epoch; an answer leaves only after it. State is a
 * function of the log: a start is the newest snapshot plus the inputs behind it. A failed commit stops the engine for
 * good, since its memory is then ahead of the disk.
 */
export class DurableEngine<State extends EngineState> implements EngineGateway, EventFeed {
	private readonly log: EngineLog;
	private readonly options: Required<DurableEngineOptions<State>>;
	private readonly feed: CommittedFeed;
	private readonly state: State;
	private sequence: number;
	private logHash: Buffer;
	private atMillis: number;
	private snapshotSequence: number;
	private waiting: Waiting[] = [];
	private committing: Promise<void> | null = null;
	private stopped: Error | null = null;

	private constructor(options: Required<DurableEngineOptions<State>>, log: EngineLog, recovered: Recovered<State>) {
		this.options = options;
		this.log = log;
		this.state = recovered.state;
		this.sequence = recovered.sequence;
		this.logHash = recovered.logHash;
		this.atMillis = recovered.atMillis;
		this.snapshotSequence = recovered.snapshotSequence;
		this.feed = new CommittedFeed(log, recovered.sequence);
	}

	static async start<State extends EngineState>(options: DurableEngineOptions<State>): Promise<DurableEngine<State>> {
		const complete = { maxQueuedInputs: 50_000, maxGroupInputs: 2_000, snapshotEveryInputs: 200_000, ...options };
		const log = new EngineLog(options.pool);
		return new DurableEngine(complete, log, await recover(log, options));
	}

	submit(input: EngineInput): Promise<EngineReply> {
		if (this.stopped !== null) return Promise.reject(this.stopped);
		if (this.waiting.length >= this.options.maxQueuedInputs) return Promise.resolve({ status: "busy" });
		return new Promise((resolve, reject) => {
			this.waiting.push({ input, resolve, reject });
			this.committing ??= this.commitWaiting();
		});
	}

	submitMany(inputs: EngineInput[]): Promise<EngineReply[]> {
		if (this.waiting.length + inputs.length > this.options.maxQueuedInputs) {
			return Promise.resolve(inputs.map(() => ({ status: "busy" as const })));
		}
		return Promise.all(inputs.map((input) => this.submit(input)));
	}

	subscribe(afterSequence: number, deliver: (committed: CommittedEvents) => void): () => void {
		return this.feed.subscribe(afterSequence, deliver);
	}

	/** Looks at the state between two groups: everything in it is on disk. */
	async read<T>(look: (state: State, sequence: number, atMillis: number) => T): Promise<T> {
		while (this.committing !== null) await this.committing;
		if (this.stopped !== null) throw this.stopped;
		return look(this.state, this.sequence, this.atMillis);
	}

	/** Input last committed. */
	get lastSequence(): number {
		return this.feed.committedSequence;
	}

	/** Finishes what is queued, writes a snapshot and refuses everything afterwards. */
	async stop(): Promise<void> {
		while (this.committing !== null) await this.committing;
		if (this.stopped !== null) return;
		this.stopped = new Error("the engine has been stopped");
		this.feed.close();
		if (this.sequence > this.snapshotSequence) await this.saveSnapshot();
	}

	private async commitWaiting(): Promise<void> {
		// One turn of the event loop, so that all that is ready now shares the first commit.
		await new Promise((resolve) => setImmediate(resolve));
		while (this.waiting.length > 0 && this.stopped === null) {
			const batch = this.waiting.splice(0, this.options.maxGroupInputs);
			try {
				const group = batch.map(({ input }) => this.apply(input));
				this.logHash = await this.log.commit(this.options.epoch, this.logHash, group);
				group.forEach((applied, index) => {
					batch[index]?.resolve({ status: "applied", sequence: applied.sequence, events: applied.events });
				});
				this.feed.publish(group);
				if (this.sequence - this.snapshotSequence >= this.options.snapshotEveryInputs) await this.saveSnapshot();
			} catch (error) {
				this.fail(error instanceof Error ? error : new Error(String(error)), batch);
			}
		}
		this.committing = null;
	}

	private apply(input: EngineInput): AppliedInput {
		const sequence = this.sequence + 1;
		const events = this.state.apply(sequence, input);
		if (input.type === "AdvanceClock") this.atMillis = Math.max(this.atMillis, input.nowSeconds * 1000);
		this.sequence = sequence;
		return { sequence, input, atMillis: this.atMillis, events };
	}

	/** The group may or may not be on disk: nobody is told either way, the log decides at the next start. */
	private fail(error: Error, batch: Waiting[]): void {
		this.stopped = error;
		this.feed.close();
		for (const { reject } of [...batch, ...this.waiting]) reject(error);
		this.waiting = [];
		this.options.onFatal(error);
	}

	private async saveSnapshot(): Promise<void> {
		await this.log.saveSnapshot({
			sequence: this.sequence,
			state: Buffer.from(this.state.snapshot()),
			stateHash: this.state.stateHash(),
			logHash: this.logHash,
			atMillis: this.atMillis,
		});
		this.snapshotSequence = this.sequence;
	}
}

type Recovered<State> = {
	state: State;
	sequence: number;
	logHash: Buffer;
	atMillis: number;
	snapshotSequence: number;
};

async function recover<State extends EngineState>(
	log: EngineLog,
	{ create, restore }: Pick<DurableEngineOptions<State>, "create" | "restore">,
): Promise<Recovered<State>> {
	const snapshot = await log.latestSnapshot();
	const state = snapshot === null ? create() : restore(snapshot.state);
	if (snapshot !== null && state.stateHash() !== snapshot.stateHash) {
		throw new Error(`the snapshot at input ${snapshot.sequence} does not restore to its own state hash`);
	}
	const snapshotSequence = snapshot?.sequence ?? 0;
	let sequence = snapshotSequence;
	let atMillis = snapshot?.atMillis ?? 0;
	let logHash = snapshot?.logHash ?? EMPTY_LOG_HASH;
	for await (const group of log.groupsAfter(sequence, logHash)) {
		for (const input of group.inputs) {
			sequence += 1;
			state.apply(sequence, input);
		}
		logHash = group.logHash;
		atMillis = group.atMillis;
	}
	return { state, sequence, logHash, atMillis, snapshotSequence };
}
