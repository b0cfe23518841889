import { Worker } from "node:worker_threads";
import type { GridLimits } from "../domain/grid/GridLimits.ts";

/**
 * The limits of the shipped network, proven in a thread of their own: some seconds of work, in which a leader must go on
 * showing its heartbeat, or a standby takes it for frozen.
 */
export function computeGridLimits(): Promise<GridLimits> {
	return new Promise((resolve, reject) => {
		const thread = new Worker(new URL("./gridLimitsThread.ts", import.meta.url));
		thread.once("message", resolve);
		thread.once("error", reject);
		thread.once("exit", (code) => reject(new Error(`the grid limits were not computed: exit code ${code}`)));
	});
}
