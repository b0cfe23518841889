import { Worker } from "node:worker_threads";
import type { LimitsProver } from "../../application/ports/LimitsProver.ts";
import type { GridLimits } from "../../domain/grid/GridLimits.ts";
import type { ThaiLimitOptions } from "../../domain/grid/thai/thaiGridLimits.ts";

/** A proof that takes longer than this is given up: the machine cannot do it now. */
const LONGEST_PROOF_MILLIS = 180_000;

/** What the thread is asked; the solver is its own. */
export type LimitsQuestion = {
	outages: readonly string[];
	options: Omit<ThaiLimitOptions, "proofBy">;
	isProven: boolean;
};

/**
 * Computes limits of the shipped network in a thread of its own, one for each question: some seconds of work, in which a
 * leader goes on showing its heartbeat and an order book goes on trading.
 */
export class ThreadLimitsProver implements LimitsProver {
	readonly #options: LimitsQuestion["options"];

	constructor(options: LimitsQuestion["options"] = {}) {
		this.#options = options;
	}

	prove(outages: readonly string[]): Promise<GridLimits> {
		return this.#ask({ outages: [...outages], options: this.#options, isProven: true });
	}

	/** Without the proof: the rows that samples show to limit trade, in a fraction of the time. */
	compute(outages: readonly string[]): Promise<GridLimits> {
		return this.#ask({ outages: [...outages], options: this.#options, isProven: false });
	}

	#ask(question: LimitsQuestion): Promise<GridLimits> {
		const thread = new Worker(new URL("./limitsThread.ts", import.meta.url), { workerData: question });
		// A process that wants to end does not wait for a proof.
		thread.unref();
		return new Promise<GridLimits>((resolve, reject) => {
			const giveUp = setTimeout(() => {
				reject(new Error("the proof of the grid limits took too long"));
				void thread.terminate();
			}, LONGEST_PROOF_MILLIS);
			giveUp.unref();
			thread.once("message", resolve);
			thread.once("error", reject);
			thread.once("exit", (code) => {
				clearTimeout(giveUp);
				reject(new Error(`the grid limits were not computed: exit code ${code}`));
			});
		});
	}
}
