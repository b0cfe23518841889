import type { GridLimits } from "../../domain/grid/GridLimits.ts";

/**
 * Proves the limits of a network with lines out of service, off the caller's thread: some seconds of linear programs, in
 * which the caller goes on. Rejects where the network is not known or the work was stopped.
 */
export interface LimitsProver {
	prove(outages: readonly string[]): Promise<GridLimits>;
}
