import { TradingEngine } from "../../domain/engine/TradingEngine.ts";
import { ZonalWindowHeadroom } from "../../domain/grid/ZonalWindowHeadroom.ts";

/** The engine this system runs, with the zonal grid model. */
export type RunningEngine = TradingEngine;

const HEADROOMS = {
	create: (limits: ConstructorParameters<typeof ZonalWindowHeadroom>[0]) => new ZonalWindowHeadroom(limits),
	restore: ZonalWindowHeadroom.restore,
};

export function createEngine(): RunningEngine {
	return new TradingEngine(HEADROOMS);
}

export function restoreEngine(snapshot: Uint8Array): RunningEngine {
	return TradingEngine.restore(snapshot, HEADROOMS);
}
