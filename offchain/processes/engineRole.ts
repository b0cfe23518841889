import { hostname } from "node:os";
import type pg from "pg";
import type { Clock } from "../application/ports/Clock.ts";
import type { EngineInput } from "../domain/engine/EngineInput.ts";
import { createEngine, type RunningEngine, restoreEngine } from "../infrastructure/engine/RunningEngine.ts";
import { DurableEngine } from "../infrastructure/postgres/DurableEngine.ts";
import { LeaderLock } from "../infrastructure/postgres/LeaderLock.ts";

const TICK_MILLIS = 200;

export type EngineRole = { engine: DurableEngine<RunningEngine>; stop(): Promise<void> };

export type EngineRoleOptions = {
	databaseUrl: string;
	pool: pg.Pool;
	clock: Clock;
	/** Inputs of a new market, before anything else. */
	genesis: () => EngineInput[];
	maxQueuedInputs: number;
	/** The engine cannot go on: end the process. */
	onFatal: (error: Error) => void;
};

/** The one writer: leads, recovers, and tells the engine the time. */
export async function startEngineRole(options: EngineRoleOptions): Promise<EngineRole> {
	const { databaseUrl, pool, clock, onFatal, maxQueuedInputs } = options;
	const lock = await LeaderLock.acquire({ databaseUrl, holder: `${hostname()} ${process.pid}` });
	if (lock === null) throw new Error("invariant: acquiring was not aborted");
	let isStopping = false;
	const fatal = (error: Error): void => {
		if (!isStopping) onFatal(error);
	};
	void lock.whenLost().then(fatal);
	const engine = await DurableEngine.start<RunningEngine>({
		pool,
		epoch: lock.epoch,
		create: createEngine,
		restore: restoreEngine,
		onFatal: fatal,
		maxQueuedInputs,
	});
	if (engine.lastSequence === 0) await engine.submitMany([clockInput(clock), ...options.genesis()]);
	const timer = setInterval(() => void engine.submit(clockInput(clock)).catch(() => undefined), TICK_MILLIS);
	return {
		engine,
		async stop() {
			isStopping = true;
			clearInterval(timer);
			await engine.stop();
			await lock.release();
		},
	};
}

function clockInput(clock: Clock): EngineInput {
	return { type: "AdvanceClock", nowSeconds: Math.floor(clock.nowMillis() / 1000) };
}
