/** The one source of time. Production: the machine's clock; the local demo: an accelerated one that also stamps blocks. */
export interface Clock {
	/** Milliseconds since the Unix epoch, in market time. */
	nowMillis(): number;
	/** Resolves when market time has reached `millis`, or at once when aborted. */
	sleepUntil(millis: number, signal?: AbortSignal): Promise<void>;
}
