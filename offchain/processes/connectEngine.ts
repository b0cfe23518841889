import type pg from "pg";
import { createEngine, type RunningEngine, restoreEngine } from "../infrastructure/engine/RunningEngine.ts";
import { PostgresRequestTransport } from "../infrastructure/ingress/PostgresEngineIngress.ts";
import { RemoteEngine } from "../infrastructure/ingress/RemoteEngine.ts";
import { FollowingEngine } from "../infrastructure/postgres/FollowingEngine.ts";
import { RedisRequestTransport } from "../infrastructure/redis/RedisEngineIngress.ts";

export type EngineConnection = { engine: RemoteEngine<RunningEngine>; close(): Promise<void> };

export type ConnectEngineOptions = {
	pool: pg.Pool;
	databaseUrl: string;
	/** Carries the inputs where it is given; else the database does. */
	redisUrl: string | undefined;
	maxQueuedInputs: number;
	onFatal: (error: Error) => void;
	onChange: (isHealthy: boolean, cause: string) => void;
};

/** The engine for a process of its own: inputs to whichever engine leads, everything else from a copy of its state. */
export async function connectEngine(options: ConnectEngineOptions): Promise<EngineConnection> {
	const { pool, databaseUrl, redisUrl, maxQueuedInputs, onFatal, onChange } = options;
	const follower = await FollowingEngine.start<RunningEngine>({
		pool,
		databaseUrl,
		create: createEngine,
		restore: restoreEngine,
		onFatal,
		onChange,
	});
	const transport =
		redisUrl === undefined
			? new PostgresRequestTransport(pool, maxQueuedInputs)
			: new RedisRequestTransport(redisUrl, maxQueuedInputs);
	const engine = new RemoteEngine({ follower, transport, maxPendingRequests: maxQueuedInputs });
	return {
		engine,
		async close() {
			await engine.close();
			await follower.stop();
		},
	};
}
