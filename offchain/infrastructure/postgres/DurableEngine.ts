import type pg from "pg";
import type { EngineGateway, EngineReply } from "../../application/ports/EngineGateway.ts";
import type { EngineState } from "../../application/ports/EngineState.ts";
import type { CommittedEvents, EventFeed } from "../../application/ports/EventFeed.ts";
import type { EngineInput } from "../../domain/engine/EngineInput.ts";
import { CommittedFeed } from "./CommittedFeed.ts";
import { EngineLog } from "./EngineLog.ts";
import type { EngineReader } from "./EngineReader.ts";
import type { InputLog, PreparedGroup } from "./InputLog.ts";
import { canonicalInput } from "./inputCodec.ts";
import { Projector } from "./Projector.ts";
import { ProjectorThread } from "./ProjectorThread.ts";
import type { AppliedInput } from "./projectGroup.ts";
import type { ReadableTables } from "./ReadableTables.ts";
import { type EngineFactory, type RecoveredEngine, replay, restoreSnapshot } from "./recoverEngine.ts";
import { isSnapshotDue, takeSnapshot } from "./takeSnapshot.ts";

/** From so many waiting inputs on, a group is applied while the one before is still being written. */
const APPLY_AHEAD_INPUTS = 256;

/** The readable tables may wait so long for more to write. */
const LINGER_MILLIS = 10;

const DEFAULT_LIMITS: Required<DurableEngineLimits> = {
	maxQueuedInputs: 50_000,
	maxGroupInputs: 1_000,
	snapshotEveryInputs: 200_000,
	maxUnprojectedInputs: 100_000,
};

export type DurableEngineLimits = {
	/** More waiting inputs than this are answered "busy". */
	maxQueuedInputs?: number;
	/** Largest group of one commit. */
	maxGroupInputs?: number;
	/** Inputs after which a snapshot is written, unless a standby has written one. */
	snapshotEveryInputs?: number;
	/** The readable tables never lag behind by more than this and a group: the next group waits for them. */
	maxUnprojectedInputs?: number;
};

/** A log in Postgres, or any other. */
type LogSource = { pool: pg.Pool; log?: never } | { log: InputLog; pool?: never };

export type DurableEngineOptions = DurableEngineLimits &
	LogSource & {
		/** The leader's epoch, see `LeaderLock`. */
		epoch: number;
		/** The readable tables are written by a thread of their own, over connections of its own to this database. */
		tablesThread?: { databaseUrl: string; applicationName: string };
		/** Told once when the engine has stopped because a commit failed or an invariant broke: end the process. */
		onFatal: (error: Error) => void;
	};

type CompleteOptions = DurableEngineOptions & Required<DurableEngineLimits>;

type Waiting = {
	input: EngineInput;
	requestId: string | null;
	resolve: (reply: EngineReply) => void;
	reject: (error: Error) => void;
};

/**
 * The matching engine behind a durable log. Whatever arrives during a commit becomes the next group; a group is one row
 * and one statement, fenced by the epoch; an answer leaves only after it. Readable rows and outbox follow from the log
 * right behind it, exactly once. State is a function of the log: a start is the newest snapshot plus the inputs behind
 * it. A failed commit or projection stops the engine for good, since its memory is then ahead of the disk.
 */
export class DurableEngine<State extends EngineState> implements EngineGateway, EventFeed, EngineReader<State> {
	private readonly log: InputLog;
	private readonly options: CompleteOptions;
	private readonly feed: CommittedFeed;
	private readonly at: RecoveredEngine<State>;
	private readonly tables: ReadableTables;
	private waiting: Waiting[] = [];
	/** Applied, and not yet on disk. */
	private unreleased: Waiting[] = [];
	/** Ids in `waiting` and `unreleased`. */
	private readonly pendingRequests = new Map<string, Promise<EngineReply>>();
	private committing: Promise<void> | null = null;
	private readers = 0;
	/** Of the group released next. */
	private released = Promise.withResolvers<void>();
	private stopped: Error | null = null;

	private constructor(options: CompleteOptions, log: InputLog, recovered: RecoveredEngine<State>) {
		this.options = options;
		this.log = log;
		this.at = recovered;
		this.feed = new CommittedFeed(log, recovered.sequence);
		const onFatal = (error: Error): void => this.fail(error);
		this.tables =
			options.tablesThread === undefined
				? new Projector(log, onFatal, options.log === undefined ? LINGER_MILLIS : 0)
				: new ProjectorThread(log, onFatal, options.tablesThread);
	}

	static async start<State extends EngineState>(
		options: DurableEngineOptions & EngineFactory<State>,
	): Promise<DurableEngine<State>> {
		return DurableEngine.resume(options, await restoreSnapshot(logOf(options), options));
	}

	/** Continues from a state that a standby has kept up to date; applies what it has not seen yet. */
	static async resume<State extends EngineState>(
		options: DurableEngineOptions,
		recovered: RecoveredEngine<State>,
	): Promise<DurableEngine<State>> {
		const complete = { ...DEFAULT_LIMITS, ...options };
		const log = logOf(options);
		await replay(log, recovered);
		const engine = new DurableEngine(complete, log, recovered);
		await engine.tables.begin(recovered.sequence);
		return engine;
	}

	submit(input: EngineInput): Promise<EngineReply> {
		return this.enqueue(input, null);
	}

	submitMany(inputs: EngineInput[]): Promise<EngineReply[]> {
		if (inputs.length > this.roomInputs) {
			return Promise.resolve(inputs.map(() => ({ status: "busy" as const })));
		}
		return Promise.all(inputs.map((input) => this.submit(input)));
	}

	/**
	 * An input that may arrive several times under the same id: applied once. Null when it was committed earlier, perhaps
	 * by another leader; whoever sent it finds the answer in the log. Never busy: an intake looks at `roomInputs` first.
	 */
	async submitRequest(requestId: string, input: EngineInput): Promise<EngineReply | null> {
		if (this.at.requests.has(requestId)) return null;
		const pending = this.pendingRequests.get(requestId);
		if (pending !== undefined) return pending;
		const reply = this.enqueue(input, requestId);
		this.pendingRequests.set(requestId, reply);
		try {
			return await reply;
		} finally {
			this.pendingRequests.delete(requestId);
		}
	}

	/** Inputs that may be submitted now without a "busy". */
	get roomInputs(): number {
		return this.options.maxQueuedInputs - this.waiting.length;
	}

	subscribe(afterSequence: number, deliver: (committed: CommittedEvents) => void): () => void {
		return this.feed.subscribe(afterSequence, deliver);
	}

	async read<T>(look: (state: State, sequence: number, atMillis: number) => T): Promise<T> {
		this.readers += 1;
		try {
			while (this.unreleased.length > 0) await this.released.promise;
			if (this.stopped !== null) throw this.stopped;
			return look(this.at.state, this.at.sequence, this.at.atMillis);
		} finally {
			this.readers -= 1;
		}
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
		await this.tables.stop();
		if (this.at.sequence > this.at.snapshotSequence) await takeSnapshot(this.log, this.at);
	}

	private enqueue(input: EngineInput, requestId: string | null): Promise<EngineReply> {
		if (this.stopped !== null) return Promise.reject(this.stopped);
		if (requestId === null && this.roomInputs <= 0) return Promise.resolve({ status: "busy" });
		return new Promise((resolve, reject) => {
			this.waiting.push({ input, requestId, resolve, reject });
			this.committing ??= this.commitWaiting();
		});
	}

	private async commitWaiting(): Promise<void> {
		// One turn of the event loop, so that all that is ready now shares the first commit.
		await new Promise((resolve) => setImmediate(resolve));
		let writing: Promise<void> = Promise.resolve();
		while (this.waiting.length > 0 && this.stopped === null) {
			try {
				// A small group waits for the one before, and grows meanwhile; so does every group while somebody reads.
				if (this.waiting.length < APPLY_AHEAD_INPUTS || this.readers > 0) await writing;
				await this.tables.whenAtMost(this.options.maxUnprojectedInputs);
				if (this.stopped !== null) break;
				const batch = this.waiting.splice(0, this.options.maxGroupInputs);
				this.unreleased.push(...batch);
				const group = batch.map((waiting) => this.apply(waiting));
				const prepared = this.log.prepare(this.options.epoch, this.at.logHash, group);
				this.at.logHash = prepared.logHash;
				await writing;
				writing = this.write(prepared, group, batch);
				// Its failure is met at the next await, never unhandled.
				writing.catch(() => undefined);
				const isDue = await isSnapshotDue(this.log, this.at, this.options.snapshotEveryInputs);
				if (this.waiting.length === 0 || isDue) await writing;
				if (isDue) await takeSnapshot(this.log, this.at);
			} catch (error) {
				await writing.catch(() => undefined);
				this.fail(error instanceof Error ? error : new Error(String(error)));
			}
		}
		this.committing = null;
	}

	private async write(prepared: PreparedGroup, group: AppliedInput[], batch: Waiting[]): Promise<void> {
		await this.log.commit(prepared);
		this.unreleased.splice(0, batch.length);
		for (const [index, { sequence, events, requestId }] of group.entries()) {
			if (requestId !== null) this.at.requests.add(requestId, sequence);
			batch[index]?.resolve({ status: "applied", sequence, events });
		}
		this.feed.publish(group);
		this.tables.add(group);
		this.wakeReaders();
	}

	private wakeReaders(): void {
		this.released.resolve();
		this.released = Promise.withResolvers<void>();
	}

	private apply({ input: given, requestId }: Waiting): AppliedInput {
		const { at } = this;
		const input = canonicalInput(given);
		const sequence = at.sequence + 1;
		const events = at.state.apply(sequence, input);
		if (input.type === "AdvanceClock") at.atMillis = Math.max(at.atMillis, input.nowSeconds * 1000);
		at.sequence = sequence;
		return { sequence, input, atMillis: at.atMillis, events, requestId };
	}

	/** What was taken may or may not be on disk: nobody is told either way, the log decides at the next start. */
	private fail(error: Error): void {
		if (this.stopped !== null) return;
		this.stopped = error;
		this.feed.close();
		for (const { reject } of [...this.unreleased, ...this.waiting]) reject(error);
		this.unreleased = [];
		this.waiting = [];
		this.wakeReaders();
		this.options.onFatal(error);
	}
}

function logOf(source: LogSource): InputLog {
	return source.log ?? new EngineLog(source.pool);
}
