import { type FaultKind, FaultTally } from "./faults.ts";
import { SeededRandom } from "./SeededRandom.ts";

/** Something that lives, dies and starts again. What it had asked for when it died is never answered. */
export type SimulatedProcess = {
	readonly name: string;
	isDead: boolean;
	/** Stands still until then. */
	frozenUntilMillis: number;
	/** Told once when it dies. */
	onDeath: () => void;
};

type Event = {
	atMillis: number;
	order: number;
	process: SimulatedProcess | null;
	/** What the outside does, whether or not the asker still lives. */
	effect: () => void;
	/** What the asker does with it. */
	resume: () => void;
	isWrite: boolean;
};

/**
 * Virtual time, one event after another. Every call of a port is an event: the only places where another process may
 * run, a fault may strike, or the process may die. The same seed gives the same run, to the last event.
 */
export class Scheduler {
	readonly random: SeededRandom;
	readonly tally = new FaultTally();
	nowMillis: number;
	eventCount = 0;
	/** Faults happen only while true; the quiet end shows that everything mends by itself. */
	isFaulty = true;
	private readonly heap: Event[] = [];
	private order = 0;

	constructor(seed: number, startMillis: number) {
		this.random = new SeededRandom(seed);
		this.nowMillis = startMillis;
	}

	fault(kind: FaultKind, probability: number): boolean {
		if (!this.isFaulty) return false;
		return this.tally.note(kind, this.random.chance(probability));
	}

	process(name: string, onDeath: () => void): SimulatedProcess {
		return { name, isDead: false, frozenUntilMillis: 0, onDeath };
	}

	kill(process: SimulatedProcess): void {
		if (process.isDead) return;
		process.isDead = true;
		process.onDeath();
	}

	/** Runs later as part of the outside world. */
	after(delayMillis: number, effect: () => void): void {
		this.push({
			atMillis: this.nowMillis + delayMillis,
			process: null,
			effect,
			resume: () => undefined,
			isWrite: false,
		});
	}

	/** A pause of a process. */
	sleep(process: SimulatedProcess, millis: number, signal?: AbortSignal): Promise<void> {
		return new Promise((resolve) => {
			if (signal?.aborted === true) return resolve();
			signal?.addEventListener("abort", () => resolve(), { once: true });
			this.push({
				atMillis: this.nowMillis + Math.max(1, millis),
				process,
				effect: () => undefined,
				resume: resolve,
				isWrite: false,
			});
		});
	}

	/** One question to the outside: happens after a while; the answer reaches only a living process. */
	call<Answer>(
		process: SimulatedProcess,
		options: { delayMillis: number; isWrite: boolean },
		work: () => Answer,
	): Promise<Answer> {
		return new Promise((resolve, reject) => {
			let answer: Answer;
			let failure: unknown = null;
			this.push({
				atMillis: this.nowMillis + options.delayMillis,
				process,
				isWrite: options.isWrite,
				effect: () => {
					try {
						answer = work();
					} catch (error) {
						failure = error ?? new Error("failed");
					}
				},
				resume: () => (failure === null ? resolve(answer) : reject(failure)),
			});
		});
	}

	async runUntil(isDone: () => boolean, latestMillis: number): Promise<void> {
		while (!isDone()) {
			if ((this.heap[0]?.atMillis ?? Number.POSITIVE_INFINITY) > latestMillis) return;
			const event = this.pop() as Event;
			this.nowMillis = Math.max(this.nowMillis, event.atMillis);
			if (!this.run(event)) continue;
			this.eventCount += 1;
			// All that follows without asking the outside again happens before the next event.
			await new Promise((resolve) => setImmediate(resolve));
		}
	}

	/** False when nothing happened. */
	private run(event: Event): boolean {
		const { process } = event;
		if (process === null) {
			event.effect();
			return true;
		}
		if (process.isDead) {
			// What it had written before it died may have been on its way.
			if (!event.isWrite || !this.fault("crashDuringWrite", 0.5)) return false;
			event.effect();
			return true;
		}
		if (process.frozenUntilMillis > this.nowMillis) {
			if (event.isWrite) {
				// It was sent before the process froze; only the answer waits.
				event.effect();
				this.push({ ...event, atMillis: process.frozenUntilMillis, effect: () => undefined, isWrite: false });
			} else this.push({ ...event, atMillis: process.frozenUntilMillis });
			return true;
		}
		event.effect();
		event.resume();
		return true;
	}

	private push(event: Omit<Event, "order">): void {
		const { heap } = this;
		const added: Event = { ...event, order: this.order++ };
		heap.push(added);
		let at = heap.length - 1;
		while (at > 0) {
			const parent = (at - 1) >> 1;
			if (!isBefore(added, heap[parent] as Event)) break;
			heap[at] = heap[parent] as Event;
			at = parent;
		}
		heap[at] = added;
	}

	private pop(): Event | undefined {
		const { heap } = this;
		const first = heap[0];
		const last = heap.pop();
		if (first === undefined || last === undefined || heap.length === 0) return first;
		let at = 0;
		for (;;) {
			let child = 2 * at + 1;
			if (child >= heap.length) break;
			if (child + 1 < heap.length && isBefore(heap[child + 1] as Event, heap[child] as Event)) child += 1;
			if (!isBefore(heap[child] as Event, last)) break;
			heap[at] = heap[child] as Event;
			at = child;
		}
		heap[at] = last;
		return first;
	}
}

function isBefore(a: Event, b: Event): boolean {
	return a.atMillis !== b.atMillis ? a.atMillis < b.atMillis : a.order < b.order;
}
