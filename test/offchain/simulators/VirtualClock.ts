import type { Clock } from "../../../offchain/application/ports/Clock.ts";

/** Time that jumps to whatever is waited for, in order: hours of market in milliseconds of test. */
export class VirtualClock implements Clock {
	#nowMillis: number;
	readonly #sleepers: { millis: number; wake: () => void }[] = [];
	#isScheduled = false;

	constructor(nowMillis: number) {
		this.#nowMillis = nowMillis;
	}

	nowMillis(): number {
		return this.#nowMillis;
	}

	sleepUntil(millis: number, signal?: AbortSignal): Promise<void> {
		if (signal?.aborted === true || millis <= this.#nowMillis) return Promise.resolve();
		return new Promise((resolve) => {
			signal?.addEventListener("abort", () => resolve(), { once: true });
			this.#sleepers.push({ millis, wake: resolve });
			this.#schedule();
		});
	}

	/** Everything that can run now runs before time moves on. */
	#schedule(): void {
		if (this.#isScheduled) return;
		this.#isScheduled = true;
		setImmediate(() => {
			this.#isScheduled = false;
			const next = Math.min(...this.#sleepers.map(({ millis }) => millis));
			if (!Number.isFinite(next)) return;
			this.#nowMillis = Math.max(this.#nowMillis, next);
			const due = this.#sleepers.filter(({ millis }) => millis <= this.#nowMillis);
			for (const sleeper of due) this.#sleepers.splice(this.#sleepers.indexOf(sleeper), 1);
			for (const { wake } of due) wake();
			if (this.#sleepers.length > 0) this.#schedule();
		});
	}
}
