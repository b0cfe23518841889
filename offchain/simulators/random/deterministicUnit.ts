/**
 * Randomness for simulators: a pure function of the seed and the parts, so that the same meter and window always give
 * the same figure, on any machine and after any restart. Not for anything that must be unpredictable.
 */
export function deterministicUnit(seed: number, ...parts: number[]): number {
	let state = (seed ^ 0x9e3779b9) >>> 0;
	for (const part of parts) {
		state = mix(state ^ Math.imul(part | 0, 0x85ebca6b));
		state = mix((state + (Math.floor(part / 0x1_0000_0000) | 0) + 0x6d2b79f5) | 0);
	}
	return (mix(state) >>> 0) / 0x1_0000_0000;
}

/** A value between `low` and `high`, both included, as an integer. */
export function deterministicInteger(low: number, high: number, seed: number, ...parts: number[]): number {
	return low + Math.floor(deterministicUnit(seed, ...parts) * (high - low + 1));
}

function mix(value: number): number {
	let mixed = value | 0;
	mixed = Math.imul(mixed ^ (mixed >>> 16), 0x7feb352d);
	mixed = Math.imul(mixed ^ (mixed >>> 15), 0x846ca68b);
	return mixed ^ (mixed >>> 16);
}
