type Percentiles = { p50: number; p99: number; p999: number; worst: number };

/** Nanoseconds per operation, each one timed; includes the clock's own cost (some 30 ns). */
export function timeEach(count: number, operate: (at: number) => void): Percentiles {
	const nanoseconds = new Float64Array(count);
	for (let at = 0; at < count; at++) {
		const started = performance.now();
		operate(at);
		nanoseconds[at] = (performance.now() - started) * 1e6;
	}
	return percentiles(nanoseconds);
}

/** Sorts what it is given. */
export function percentiles(nanoseconds: Float64Array): Percentiles {
	nanoseconds.sort();
	const share = (part: number) =>
		Math.round(nanoseconds[Math.min(nanoseconds.length - 1, Math.floor(nanoseconds.length * part))] as number);
	return { p50: share(0.5), p99: share(0.99), p999: share(0.999), worst: share(1) };
}

/** Operations per second over all: by the wall clock, and by the processor time of this thread alone. */
export function timeAll(
	count: number,
	operate: (at: number) => void,
): { opsPerSecond: number; opsPerCpuSecond: number } {
	const before = process.threadCpuUsage();
	const started = performance.now();
	for (let at = 0; at < count; at++) operate(at);
	const seconds = (performance.now() - started) / 1000;
	const { user, system } = process.threadCpuUsage(before);
	return { opsPerSecond: count / seconds, opsPerCpuSecond: (count * 1e6) / (user + system) };
}
