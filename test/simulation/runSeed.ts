import type { Canary } from "./Canary.ts";
import { checkHistory } from "./checkHistory.ts";
import type { FaultTally } from "./faults.ts";
import { SimulatedWorld } from "./SimulatedWorld.ts";

export type SeedResult = {
	seed: number;
	/** Empty when everything is as it must be. */
	problems: string[];
	events: number;
	tally: FaultTally;
	/** What happened, to see that it was worth looking. */
	facts: {
		inputs: number;
		acknowledged: number;
		trades: number;
		trims: number;
		settledWindows: number;
		reorganisations: number;
		restarts: number;
	};
};

/** Runs and checks one seed. The same seed gives the same result. */
export async function runSeed(seed: number, canary: Canary | null = null): Promise<SeedResult> {
	const world = new SimulatedWorld(seed, canary);
	await world.run();
	const { database, history, scheduler } = world;
	return {
		seed,
		problems: await checkHistory(world),
		events: scheduler.eventCount,
		tally: world.tally,
		facts: {
			inputs: database.lastSequence,
			acknowledged: history.orders.length,
			trades: database.trades.size,
			trims: database.trims,
			settledWindows: [...database.pipelines.values()].filter(({ stage }) => stage === "reconciled").length,
			reorganisations: database.reorgs,
			restarts: database.leadership.epoch,
		},
	};
}
