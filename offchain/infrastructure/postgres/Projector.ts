import { sleepMillis } from "../clock/sleepMillis.ts";
import type { InputLog } from "./InputLog.ts";
import { type AppliedInput, projectGroup } from "./projectGroup.ts";

/** Inputs of one transaction: many enough to share its cost, few enough not to hold up the engine's own thread. */
const BATCH_INPUTS = 500;

/**
 * Writes what committed inputs have done into the readable tables and the outbox, each input exactly once: the cursor
 * moves with the rows. What it is handed it also finds in the log, so a process that ends loses nothing and whoever comes
 * next goes on from the cursor, two at a time included.
 */
export class Projector {
	private readonly log: Pick<InputLog, "appliedAfter" | "projectedSequence" | "project">;
	private readonly onFatal: (error: Error) => void;
	private readonly lingerMillis: number;
	private readonly waiting: AppliedInput[] = [];
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

	/** Everything the log has behind the cursor. */
	async catchUp(): Promise<void> {
		for (;;) {
			const applied = await this.log.appliedAfter(await this.log.projectedSequence());
			if (applied.length === 0) return;
			for (let from = 0; from < applied.length; from += BATCH_INPUTS) {
				if (!(await this.write(applied.slice(from, from + BATCH_INPUTS)))) break;
			}
		}
	}

	/** The group committed after the last one handed over. */
	add(group: readonly AppliedInput[]): void {
		for (const applied of group) this.waiting.push(applied);
		if (this.failure === null) this.running ??= this.run();
	}

	/** Resolves when at most so many inputs wait, or nothing will be written any more. */
	async whenAtMost(inputs: number): Promise<void> {
		while (this.waiting.length > inputs && this.failure === null) await this.moved.promise;
	}

	private async run(): Promise<void> {
		try {
			while (this.waiting.length > 0) {
				const batch = this.waiting.slice(0, BATCH_INPUTS);
				if (await this.write(batch)) this.waiting.splice(0, batch.length);
				else await this.forgetProjected();
				this.wake();
				// Under load small batches grow meanwhile: a transaction costs as much as some fifty inputs.
				const isSmall = this.waiting.length > 0 && this.waiting.length < BATCH_INPUTS;
				if (isSmall && this.lingerMillis > 0) await sleepMillis(this.lingerMillis);
			}
		} catch (error) {
			this.failure = error instanceof Error ? error : new Error(String(error));
			this.onFatal(this.failure);
		} finally {
			this.running = null;
			this.wake();
		}
	}

	private write(batch: AppliedInput[]): Promise<boolean> {
		const [first, last] = [batch[0], batch.at(-1)] as [AppliedInput, AppliedInput];
		return this.log.project(first.sequence - 1, last.sequence, projectGroup(batch));
	}

	/** Somebody else has written some of what waits here. */
	private async forgetProjected(): Promise<void> {
		const projected = await this.log.projectedSequence();
		const first = this.waiting[0]?.sequence ?? 0;
		if (projected < first - 1) throw new Error(`the readable tables end at input ${projected}, before ${first}`);
		this.waiting.splice(0, projected - first + 1);
	}

	private wake(): void {
		this.moved.resolve();
		this.moved = Promise.withResolvers<void>();
	}
}
