import type { Clock } from "../../application/ports/Clock.ts";
import { sleepMillis } from "./sleepMillis.ts";

export type RehearsalTime = {
	/** Wall-clock ms at which market time was `startMillis`. */
	epochMillis: number;
	startMillis: number;
	/** Market seconds per wall-clock second. */
	factor: number;
};

/** Accelerated market time that several processes on one machine agree on without talking: a function of the wall clock. */
export class RehearsalClock implements Clock {
	private readonly time: RehearsalTime;

	constructor(time: RehearsalTime) {
		if (!(time.factor > 0)) throw new RangeError(`clock factor must be positive, got ${time.factor}`);
		this.time = time;
	}

	nowMillis(): number {
		const { epochMillis, startMillis, factor } = this.time;
		return Math.floor(startMillis + (Date.now() - epochMillis) * factor);
	}

	async sleepUntil(millis: number, signal?: AbortSignal): Promise<void> {
		while (signal?.aborted !== true) {
			const remaining = millis - this.nowMillis();
			if (remaining <= 0) return;
			await sleepMillis(Math.ceil(remaining / this.time.factor), signal);
		}
	}
}
