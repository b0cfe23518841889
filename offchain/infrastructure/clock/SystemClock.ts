import type { Clock } from "../../application/ports/Clock.ts";
import { sleepMillis } from "./sleepMillis.ts";

/** The machine's clock: production and `--real-time`. */
export class SystemClock implements Clock {
	nowMillis(): number {
		return Date.now();
	}

	async sleepUntil(millis: number, signal?: AbortSignal): Promise<void> {
		while (signal?.aborted !== true) {
			const remaining = millis - Date.now();
			if (remaining <= 0) return;
			await sleepMillis(remaining, signal);
		}
	}
}
