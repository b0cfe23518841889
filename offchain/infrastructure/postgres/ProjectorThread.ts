import { Worker } from "node:worker_threads";
import type { InputLog } from "./InputLog.ts";
import { CAUGHT_UP_FIRST_INPUTS, Projector } from "./Projector.ts";
import type { AppliedInput } from "./projectGroup.ts";
import type { ReadableTables } from "./ReadableTables.ts";

/** What the thread is told when it starts; then every last input committed, and it answers with every last one written. */
export type ProjectorThreadData = { databaseUrl: string; applicationName: string; lastSequence: number };

/**
 * A `Projector` in a thread of its own, which reads from the log what it writes: making the rows costs as much as
 * matching, and the engine's own thread, and its collector of garbage, are left to those who wait for an answer.
 */
export class ProjectorThread implements ReadableTables {
	private readonly log: Pick<InputLog, "appliedAfter" | "projectedSequence" | "project">;
	private readonly onFatal: (error: Error) => void;
	private readonly start: Omit<ProjectorThreadData, "lastSequence">;
	private worker: Worker | null = null;
	private written = 0;
	private added = 0;
	private isOver = false;
	private moved = Promise.withResolvers<void>();

	constructor(
		log: Pick<InputLog, "appliedAfter" | "projectedSequence" | "project">,
		onFatal: (error: Error) => void,
		start: Omit<ProjectorThreadData, "lastSequence">,
	) {
		this.log = log;
		this.onFatal = onFatal;
		this.start = start;
	}

	async begin(lastSequence: number): Promise<void> {
		// Here, since a thread takes a moment to start and somebody waits for the new leader.
		await new Projector(this.log).catchUp(CAUGHT_UP_FIRST_INPUTS);
		this.written = await this.log.projectedSequence();
		this.added = Math.max(this.written, lastSequence);
		const workerData: ProjectorThreadData = { ...this.start, lastSequence: this.added };
		this.worker = new Worker(new URL("./tablesThread.ts", import.meta.url), { workerData });
		this.worker.unref();
		this.worker.on("message", (written: number) => {
			this.written = written;
			this.wake();
		});
		this.worker.once("error", (error) => this.fail(error as Error));
		this.worker.once("exit", () => this.fail(new Error("the thread of the readable tables has ended")));
	}

	add(group: readonly AppliedInput[]): void {
		this.added = group.at(-1)?.sequence ?? this.added;
		this.worker?.postMessage(this.added);
	}

	async whenAtMost(inputs: number): Promise<void> {
		while (this.added - this.written > inputs && !this.isOver) await this.moved.promise;
	}

	async stop(): Promise<void> {
		await this.whenAtMost(0);
		this.isOver = true;
		await this.worker?.terminate();
	}

	private fail(error: Error): void {
		if (this.isOver) return;
		this.isOver = true;
		this.wake();
		this.onFatal(error);
	}

	private wake(): void {
		this.moved.resolve();
		this.moved = Promise.withResolvers<void>();
	}
}
