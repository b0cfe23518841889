import type { GridLimits } from "../domain/grid/GridLimits.ts";
import { ThreadLimitsProver } from "../infrastructure/grid/ThreadLimitsProver.ts";

/**
 * The limits of the shipped network, proven in a thread of their own: some seconds of work, in which a leader must go on
 * showing its heartbeat, or a standby takes it for frozen.
 */
export function computeGridLimits(): Promise<GridLimits> {
	return new ThreadLimitsProver().prove([]);
}
