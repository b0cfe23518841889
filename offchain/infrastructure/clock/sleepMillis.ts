/** Longest delay `setTimeout` takes. */
const LONGEST_TIMEOUT_MILLIS = 2_147_483_647;

/** Resolves after the wall-clock time (at most 24 days, callers loop) or at once when aborted; never rejects. */
export function sleepMillis(millis: number, signal?: AbortSignal): Promise<void> {
	if (signal?.aborted === true) return Promise.resolve();
	return new Promise((resolve) => {
		const done = (): void => {
			clearTimeout(timer);
			signal?.removeEventListener("abort", done);
			resolve();
		};
		const timer = setTimeout(done, Math.min(Math.max(millis, 0), LONGEST_TIMEOUT_MILLIS));
		signal?.addEventListener("abort", done, { once: true });
	});
}
