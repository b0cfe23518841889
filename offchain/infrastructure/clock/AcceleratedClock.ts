import { existsSync, readFileSync } from "node:fs";
import type { Clock } from "../../application/ports/Clock.ts";
import { replaceFile } from "../local/replaceFile.ts";
import { sleepMillis } from "./sleepMillis.ts";

const SAVE_EVERY_MILLIS = 500;

export type AcceleratedClockOptions = {
	/** Where market time is remembered, so that a restart continues where it stopped. */
	file: string;
	/** Market seconds per wall-clock second; > 0. */
	factor: number;
	/** Market time of the very first start, ms since the Unix epoch. */
	startMillis: number;
	/** Never begin earlier than this: the chain's latest block. */
	atLeastMillis?: number;
	/** Called when the time cannot be remembered, as on a full disk; the clock goes on. */
	onSaveFailed?: (error: Error) => void;
};

/**
 * Market time that runs `factor` times as fast as the wall and stands still while nothing runs. It never goes back,
 * not even after a crash: what was read before the last save is made up for by `atLeastMillis`.
 */
export class AcceleratedClock implements Clock {
	readonly factor: number;
	private readonly file: string;
	private readonly baseMillis: number;
	private readonly startedAt = performance.now();
	private readonly timer: NodeJS.Timeout;

	private constructor(options: AcceleratedClockOptions, baseMillis: number) {
		if (!(options.factor > 0)) throw new RangeError(`clock factor must be positive, got ${options.factor}`);
		this.factor = options.factor;
		this.file = options.file;
		this.baseMillis = baseMillis;
		this.save();
		this.timer = setInterval(() => {
			try {
				this.save();
			} catch (error) {
				options.onSaveFailed?.(error as Error);
			}
		}, SAVE_EVERY_MILLIS);
		this.timer.unref();
	}

	static resume(options: AcceleratedClockOptions): AcceleratedClock {
		const remembered = existsSync(options.file)
			? (JSON.parse(readFileSync(options.file, "utf8")) as { marketMillis: number }).marketMillis
			: options.startMillis;
		return new AcceleratedClock(options, Math.max(remembered, options.atLeastMillis ?? 0));
	}

	nowMillis(): number {
		return this.baseMillis + Math.floor((performance.now() - this.startedAt) * this.factor);
	}

	async sleepUntil(millis: number, signal?: AbortSignal): Promise<void> {
		while (signal?.aborted !== true) {
			const remaining = millis - this.nowMillis();
			if (remaining <= 0) return;
			await sleepMillis(Math.ceil(remaining / this.factor), signal);
		}
	}

	/** Remembers the time and stops doing so; the clock itself can still be read. */
	stop(): void {
		clearInterval(this.timer);
		this.save();
	}

	private save(): void {
		replaceFile(this.file, JSON.stringify({ marketMillis: this.nowMillis() }));
	}
}
