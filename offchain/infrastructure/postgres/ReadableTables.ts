import type { AppliedInput } from "./projectGroup.ts";

/** Whoever keeps the readable tables and the outbox right behind the log, for the engine that leads. */
export interface ReadableTables {
	/** Goes on behind a log that ends here; the first ones are written when it resolves, the rest follows. */
	begin(lastSequence: number): Promise<void>;
	/** The group committed after the last one handed over. */
	add(group: readonly AppliedInput[]): void;
	/** Resolves when at most so many inputs are not written yet, or nothing will be written any more. */
	whenAtMost(inputs: number): Promise<void>;
	/** Writes what it was handed, unless it has failed, and ends. */
	stop(): Promise<void>;
}
