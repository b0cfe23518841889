import { sleepMillis } from "../clock/sleepMillis.ts";
import type { InputLog } from "./InputLog.ts";
import { type AppliedInput, projectGroup } from "./projectGroup.ts";
import type { ReadableTables } from "./ReadableTables.ts";

/** Inputs of one transaction: many enough to share its cost, few enough not to hold up the engine's own thread. */
const BATCH_INPUTS = 500;

/** From so many on the tables are behind: they get all the server gives. */
const RUSHED_INPUTS = 5_000;

/** So many inputs wait in memory; what comes beyond is read from the log when its turn comes. */
const HELD_INPUTS = 10_000;

/** What a new leader writes of its predecessor's before it answers: a second's work at most. */
export const CAUGHT_UP_FIRST_INPUTS = 10_000;

/** A batch on its way; false when the cursor was elsewhere. */
type Writing = { inputs: number; done: Promise<boolean> };

/**
 * Writes what committed inputs have done into the readable tables and the outbox, each input exactly once: the cursor
 * moves with the rows. What it is handed it also finds in the log, so a process that ends loses nothing and whoever comes
 * next goes on from the cursor, two at a time included.
 */
export class Projector implements ReadableTables {
	private readonly log: Pick<InputLog, "appliedAfter" | "projectedSequence" | "project">;
	private readonly onFatal: (error: Error) => void;
	private readonly lingerMillis: number;
	/** Consecutive, from the first one that is not written yet. */
	private waiting: AppliedInput[] = [];
	/** Last input that is written, as far as is known here. */
	private written = 0;
	/** Last input handed over, in memory or not. */
	private added = 0;
	private running: Promise<void> | null = null;
	private failure: Error | null = null;
	private moved = Promise.withResolvers<void>();

	constructor(
		log: Pick<InputLog, "appliedAfter" | "projectedSequence" | "project">,
		onFatal: (error: Error) => void = () => undefined,
		lingerMillis = 0,
	) {
		this.log = log;
		this.onFatal = onFatal;
		this.lingerMillis = lingerMillis;
	}

	/** What the log has behind the cursor: all of it, or until so many inputs are written. */
	async catchUp(mostInputs = Number.POSITIVE_INFINITY): Promise<void> {
		for (let count = 0; count < mostInputs; ) {
			const applied = await this.log.appliedAfter(await this.log.projectedSequence());
			if (applied.length === 0) return;
			for (let from = 0; from < applied.length; from += BATCH_INPUTS) {
				if (!(await this.write(applied.slice(from, from + BATCH_INPUTS)))) break;
			}
			count += applied.length;
		}
	}

	/** Goes on behind a log that ends here; the first ones are written when it resolves, the rest follows. */
	async begin(lastSequence: number): Promise<void> {
		await this.catchUp(CAUGHT_UP_FIRST_INPUTS);
		this.written = await this.log.projectedSequence();
		this.added = Math.max(this.written, lastSequence);
		if (this.written < this.added) this.running ??= this.run();
	}

	/** The group committed after the last one handed over. */
	add(group: readonly AppliedInput[]): void {
		const first = group[0]?.sequence ?? 0;
		if (this.held === first - 1 && this.waiting.length < HELD_INPUTS) {
			for (const applied of group) this.waiting.push(applied);
		}
		this.reach(first + group.length - 1);
	}

	/** The log ends here now; what is not in memory is read from it. */
	reach(lastSequence: number): void {
		this.added = Math.max(this.added, lastSequence);
		// Somebody else may have written it already.
		if (this.failure === null && this.written < this.added) this.running ??= this.run();
	}

	async whenAtMost(inputs: number): Promise<void> {
		while (this.added - this.written > inputs && this.failure === null) await this.moved.promise;
	}

	/** The last input written, as soon as it is behind this one; fails when nothing will be written any more. */
	async writtenBehind(sequence: number): Promise<number> {
		while (this.written <= sequence && this.failure === null) await this.moved.promise;
		if (this.failure !== null) throw this.failure;
		return this.written;
	}

	async stop(): Promise<void> {
		await this.whenAtMost(0);
	}

	/** Last input that is written or waits in memory. */
	private get held(): number {
		return this.waiting.at(-1)?.sequence ?? this.written;
	}

	private async run(): Promise<void> {
		try {
			while (this.written < this.added) {
				if (this.waiting.length === 0) this.waiting = await this.readBack();
				if (this.added - this.written > RUSHED_INPUTS) await this.rush();
				else await this.stroll();
			}
		} catch (error) {
			this.failure = error instanceof Error ? error : new Error(String(error));
			this.onFatal(this.failure);
		} finally {
			this.running = null;
			this.wake();
		}
	}

	/**
	 * One batch, then a pause as long as it took: commits, which somebody waits for, find the server and its disk free half
	 * of the time. Small batches grow meanwhile, a transaction costs as much as some fifty inputs.
	 */
	private async stroll(): Promise<void> {
		const startedAt = performance.now();
		const { inputs, done } = this.launch(0);
		if (await done) this.forget(inputs);
		else await this.forgetProjected();
		this.wake();
		if (this.lingerMillis === 0 || this.written >= this.added) return;
		await sleepMillis(Math.max(this.lingerMillis, performance.now() - startedAt));
	}

	/**
	 * Batch after batch; the next one is on its way while the database still writes the one before, and waits there for the
	 * cursor. Returns when no whole batch is left in memory.
	 */
	private async rush(): Promise<void> {
		let next: Writing | null = this.launch(0);
		while (next !== null) {
			const current: Writing = next;
			next = this.waiting.length >= current.inputs + BATCH_INPUTS ? this.launch(current.inputs) : null;
			if (await current.done) this.forget(current.inputs);
			else {
				await next?.done;
				next = null;
				await this.forgetProjected();
			}
			this.wake();
			if (this.waiting.length >= BATCH_INPUTS) next ??= this.launch(0);
		}
	}

	private launch(from: number): Writing {
		const batch = this.waiting.slice(from, from + BATCH_INPUTS);
		const done = this.write(batch);
		// Its failure is met when it is awaited, or goes unheard behind that of the batch before.
		done.catch(() => undefined);
		return { inputs: batch.length, done };
	}

	private write(batch: AppliedInput[]): Promise<boolean> {
		const [first, last] = [batch[0], batch.at(-1)] as [AppliedInput, AppliedInput];
		return this.log.project(first.sequence - 1, last.sequence, projectGroup(batch));
	}

	private async readBack(): Promise<AppliedInput[]> {
		const applied = await this.log.appliedAfter(this.written);
		if (applied[0]?.sequence !== this.written + 1) throw new Error(`input ${this.written + 1} is not in the log`);
		return applied;
	}

	private forget(inputs: number): void {
		this.waiting.splice(0, inputs);
		this.written += inputs;
	}

	/** Somebody else has written some of what waits here. */
	private async forgetProjected(): Promise<void> {
		const projected = await this.log.projectedSequence();
		if (projected < this.written)
			throw new Error(`the readable tables end at input ${projected}, before ${this.written}`);
		this.forget(projected - this.written);
	}

	private wake(): void {
		this.moved.resolve();
		this.moved = Promise.withResolvers<void>();
	}
}
