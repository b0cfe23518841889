import type pg from "pg";
import type { EngineReply } from "../../application/ports/EngineGateway.ts";
import type { EngineState } from "../../application/ports/EngineState.ts";
import type { CommittedEvents, EventFeed } from "../../application/ports/EventFeed.ts";
import { CommittedFeed } from "./CommittedFeed.ts";
import { DatabaseBell } from "./DatabaseBell.ts";
import { EngineLog } from "./EngineLog.ts";
import type { EngineReader } from "./EngineReader.ts";
import { type EngineFactory, follow, type RecoveredEngine, restoreSnapshot } from "./recoverEngine.ts";
import { isSnapshotDue, takeSnapshot } from "./takeSnapshot.ts";

/** Looked anyway after this long without a sign from the database. */
const LOOK_MILLIS = 100;
const RETRY_MILLIS = 250;

export type FollowingEngineOptions<State> = EngineFactory<State> & {
	pool: pg.Pool;
	databaseUrl: string;
	/** Inputs after which it writes a snapshot, so that the leader need not stop for one; without it, never. */
	snapshotEveryInputs?: number;
	/** The log does not fit this program: it is damaged, or the leader decides otherwise than this program would. */
	onFatal: (error: Error) => void;
	/** Told when the database stops answering and when it answers again. */
	onChange?: (isHealthy: boolean, cause: string) => void;
};

/** Told of every input that has an id, once it is on disk. */
export type RequestListener = (requestId: string, reply: EngineReply) => void;

/**
 * A copy of the engine that follows the log: a standby that can lead at once, and the memory an API or a worker reads
 * from. It holds nothing that is not on disk, and recomputes everything the leader says.
 */
export class FollowingEngine<State extends EngineState> implements EventFeed, EngineReader<State> {
	private readonly options: FollowingEngineOptions<State>;
	private readonly log: EngineLog;
	private readonly at: RecoveredEngine<State>;
	private readonly feed: CommittedFeed;
	private readonly bell: DatabaseBell;
	private readonly listeners = new Set<RequestListener>();
	private readonly loop: Promise<void>;
	private isStopping = false;
	private isHealthy = true;
	private failure: Error | null = null;

	private constructor(options: FollowingEngineOptions<State>, log: EngineLog, recovered: RecoveredEngine<State>) {
		this.options = options;
		this.log = log;
		this.at = recovered;
		this.feed = new CommittedFeed(log, recovered.sequence);
		this.bell = new DatabaseBell(options.databaseUrl, "input_log");
		this.loop = this.follow();
	}

	/** Resolves when it has caught up with the log for the first time. */
	static async start<State extends EngineState>(
		options: FollowingEngineOptions<State>,
	): Promise<FollowingEngine<State>> {
		const log = new EngineLog(options.pool);
		const recovered = await restoreSnapshot(log, options);
		await follow(log, recovered);
		return new FollowingEngine(options, log, recovered);
	}

	async read<T>(look: (state: State, sequence: number, atMillis: number) => T): Promise<T> {
		if (this.failure !== null) throw this.failure;
		return look(this.at.state, this.at.sequence, this.at.atMillis);
	}

	subscribe(afterSequence: number, deliver: (committed: CommittedEvents) => void): () => void {
		return this.feed.subscribe(afterSequence, deliver);
	}

	/** Returns the function that ends it. */
	watchRequests(listener: RequestListener): () => void {
		this.listeners.add(listener);
		return () => this.listeners.delete(listener);
	}

	/** Whether the input with this id is known to be on disk. */
	hasRequest(requestId: string): boolean {
		return this.at.requests.has(requestId);
	}

	/** Input last committed and applied here. */
	get lastSequence(): number {
		return this.feed.committedSequence;
	}

	/** Stops following and hands over the state, to lead from it. The copy must not be used afterwards. */
	async stop(): Promise<RecoveredEngine<State>> {
		this.isStopping = true;
		await this.bell.close();
		await this.loop;
		this.feed.close();
		return this.at;
	}

	private async follow(): Promise<void> {
		while (!this.isStopping) {
			const before = this.at.sequence;
			try {
				await follow(this.log, this.at, (group) => {
					this.feed.publish(group);
					for (const { requestId, sequence, events } of group) {
						if (requestId === null) continue;
						for (const listener of this.listeners) listener(requestId, { status: "applied", sequence, events });
					}
				});
				const { snapshotEveryInputs = Number.POSITIVE_INFINITY } = this.options;
				if (await isSnapshotDue(this.log, this.at, snapshotEveryInputs)) await takeSnapshot(this.log, this.at);
				this.report(true, "");
			} catch (error) {
				if (!isDatabaseError(error)) return this.fail(error as Error);
				this.report(false, (error as Error).message);
				await this.bell.wait(RETRY_MILLIS);
				continue;
			}
			if (this.at.sequence === before) await this.bell.wait(LOOK_MILLIS);
		}
	}

	private fail(error: Error): void {
		this.failure = error;
		this.feed.close();
		this.options.onFatal(error);
	}

	private report(isHealthy: boolean, cause: string): void {
		if (isHealthy === this.isHealthy) return;
		this.isHealthy = isHealthy;
		this.options.onChange?.(isHealthy, cause);
	}
}

/** What passes by itself: the server or the way to it is gone. Anything else is a disagreement with the log. */
function isDatabaseError(error: unknown): boolean {
	const { code, message } = error as { code?: unknown; message?: string };
	return typeof code === "string" || /connection|terminat|timeout/i.test(message ?? "");
}
