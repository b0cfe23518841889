import { hostname } from "node:os";
import type pg from "pg";
import type { Clock } from "../../application/ports/Clock.ts";
import type { EngineInput } from "../../domain/engine/EngineInput.ts";
import { createEngine, type RunningEngine, restoreEngine } from "../../infrastructure/engine/RunningEngine.ts";
import { PostgresRequestSource } from "../../infrastructure/ingress/PostgresEngineIngress.ts";
import { RequestIntake } from "../../infrastructure/ingress/RequestIntake.ts";
import { DurableEngine } from "../../infrastructure/postgres/DurableEngine.ts";
import { FollowingEngine } from "../../infrastructure/postgres/FollowingEngine.ts";
import { LeaderLock } from "../../infrastructure/postgres/LeaderLock.ts";
import { RedisRequestSource } from "../../infrastructure/redis/RedisEngineIngress.ts";

const TICK_MILLIS = 200;

/** A standby writes them twice as often as a leader would have to, so that the leader never stops for one. */
const STANDBY_SNAPSHOT_INPUTS = 100_000;

export type EngineRole = { engine: DurableEngine<RunningEngine>; epoch: number; stop(): Promise<void> };

export type EngineRoleOptions = {
	databaseUrl: string;
	pool: pg.Pool;
	clock: Clock;
	/** Inputs of a new market, before anything else. */
	genesis: () => EngineInput[] | Promise<EngineInput[]>;
	maxQueuedInputs: number;
	/** Takes inputs from other processes: always through the database, and through Redis where there is one. */
	requests?: { redisUrl: string | undefined; onError: (message: string) => void };
	/** Told that it has caught up with the log and stands by. */
	onStandby?: (sequence: number) => void;
	/** Gives up waiting for the lead. */
	signal?: AbortSignal;
	/** The engine cannot go on: end the process. */
	onFatal: (error: Error) => void;
};

/**
 * The one writer. Follows the log until it leads, continues from there, takes inputs from other processes and tells the
 * engine the time. Null when it was aborted before it led.
 */
export async function startEngineRole(options: EngineRoleOptions): Promise<EngineRole | null> {
	const { databaseUrl, pool, clock, onFatal, maxQueuedInputs, requests } = options;
	let isStopping = false;
	const fatal = (error: Error): void => {
		if (!isStopping) onFatal(error);
	};
	const standby = await FollowingEngine.start<RunningEngine>({
		pool,
		databaseUrl,
		create: createEngine,
		restore: restoreEngine,
		snapshotEveryInputs: STANDBY_SNAPSHOT_INPUTS,
		onFatal: fatal,
	});
	options.onStandby?.(standby.lastSequence);
	const lock = await LeaderLock.acquire({ databaseUrl, holder: `${hostname()} ${process.pid}` }, options.signal);
	const recovered = await standby.stop();
	if (lock === null) return null;
	void lock.whenLost().then(fatal);
	const engine = await DurableEngine.resume<RunningEngine>(
		{
			pool,
			tablesThread: { databaseUrl, applicationName: "gridtokenx tables" },
			epoch: lock.epoch,
			onFatal: fatal,
			maxQueuedInputs,
		},
		recovered,
	);
	if (engine.lastSequence === 0) await engine.submitMany([clockInput(clock), ...(await options.genesis())]);
	const intakes = requests === undefined ? [] : [new PostgresRequestSource(pool, databaseUrl)];
	const running = intakes.map((source) => new RequestIntake(source, engine, requests?.onError ?? (() => undefined)));
	if (requests?.redisUrl !== undefined) {
		running.push(new RequestIntake(new RedisRequestSource(requests.redisUrl), engine, requests.onError));
	}
	const timer = setInterval(() => void engine.submit(clockInput(clock)).catch(() => undefined), TICK_MILLIS);
	return {
		engine,
		epoch: lock.epoch,
		async stop() {
			isStopping = true;
			clearInterval(timer);
			for (const intake of running) await intake.stop();
			await engine.stop();
			await lock.release();
		},
	};
}

function clockInput(clock: Clock): EngineInput {
	return { type: "AdvanceClock", nowSeconds: Math.floor(clock.nowMillis() / 1000) };
}
