import { readFileSync } from "node:fs";
import { join } from "node:path";
import { InProcessEngineQueries } from "../infrastructure/engine/InProcessEngineQueries.ts";
import { Health } from "../infrastructure/observability/Health.ts";
import { startApiRole } from "./apiRole.ts";
import { connectEngine } from "./connectEngine.ts";
import { readDeployment, runRole } from "./runRole.ts";

await runRole({
	name: "api",
	what: "The public API, the stream and the web page. Start as many as you like behind a load balancer.",
	required: ["DEPLOYMENT_FILE"],
	optional: [
		"RPC_URL",
		"PUBLIC_RPC_URL",
		"REDIS_URL",
		"HTTP_HOST",
		"HTTP_PORT",
		"RATE_LIMIT_PER_MINUTE",
		"TRUSTED_PROXIES",
		"SATOSHI_PER_THB",
		"DATABASE_POOL_SIZE",
		"MAX_QUEUED_INPUTS",
		"LOG_LEVEL",
	],
	async start({ config, pool, clock, logger, say, fatal }) {
		let logProblem: string | null = null;
		const connection = await connectEngine({
			pool,
			databaseUrl: config.DATABASE_URL,
			redisUrl: config.REDIS_URL,
			maxQueuedInputs: config.MAX_QUEUED_INPUTS,
			onFatal: fatal,
			onChange: (isHealthy, cause) => {
				logProblem = isHealthy ? null : cause;
				logger.warn(isHealthy ? "follows the log again" : `cannot follow the log: ${cause}`);
			},
		});
		const { engine } = connection;
		const health = new Health();
		health.register("database", async () => {
			await pool.query("SELECT 1");
			return { status: "ok", detail: "answers" };
		});
		health.register("engine", () =>
			logProblem === null
				? { status: "ok", detail: `input ${engine.lastSequence} of the log` }
				: { status: "degraded", detail: logProblem },
		);
		const api = await startApiRole({
			pool,
			clock,
			deployment: readDeployment(config.DEPLOYMENT_FILE as string),
			rpcUrl: config.RPC_URL,
			publicRpcUrl: config.PUBLIC_RPC_URL ?? null,
			engine,
			queries: new InProcessEngineQueries(engine),
			logger,
			health,
			host: config.HTTP_HOST,
			port: config.HTTP_PORT,
			version: packageVersion(),
			satoshiPerThb: config.SATOSHI_PER_THB,
			rateLimitPerMinute: config.RATE_LIMIT_PER_MINUTE,
			trustedProxies: config.TRUSTED_PROXIES,
		});
		say({ state: "serving", url: `http://${config.HTTP_HOST}:${api.port}` });
		return async () => {
			await api.stop();
			await connection.close();
		};
	},
});

function packageVersion(): string {
	const file = join(import.meta.dirname, "..", "..", "package.json");
	return (JSON.parse(readFileSync(file, "utf8")) as { version: string }).version;
}
