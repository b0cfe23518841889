import type { Clock } from "../../offchain/application/ports/Clock.ts";

/** A clock that stands still until somebody waits for a later time or sets it: tests never really wait. */
export class ManualClock implements Clock {
	private millis: number;

	constructor(seconds: number) {
		this.millis = seconds * 1000;
	}

	nowMillis(): number {
		return this.millis;
	}

	setSeconds(seconds: number): void {
		this.millis = Math.max(this.millis, seconds * 1000);
	}

	async sleepUntil(millis: number): Promise<void> {
		this.millis = Math.max(this.millis, millis);
	}
}
