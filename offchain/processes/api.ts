import { readFileSync } from "node:fs";
import { join } from "node:path";
import { InProcessEngineQueries } from "../infrastructure/engine/InProcessEngineQueries.ts";
import { HighsLinearProgramSolver } from "../infrastructure/grid/HighsLinearProgramSolver.ts";
import { loadThaiNetwork } from "../infrastructure/grid/loadThaiNetwork.ts";
import { Health } from "../infrastructure/observability/Health.ts";
import { readControlRooms } from "../infrastructure/telemetry/readControlRooms.ts";
import { connectEngine } from "./connectEngine.ts";
import { startApiRole } from "./roles/apiRole.ts";
import { startGridDesk } from "./roles/gridDesk.ts";
import { readDeployment, runRole } from "./runRole.ts";

await runRole({
	name: "api",
	what: "The public API, the stream and the web page. Start as many as you like behind a load balancer.",
	required: ["DEPLOYMENT_FILE"],
	optional: [
		"RPC_URL",
		"PUBLIC_RPC_URL",
		"REDIS_URL",
		"CONTROL_ROOMS_FILE",
		"TELEMETRY_STALE_SECONDS",
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
		const deployment = readDeployment(config.DEPLOYMENT_FILE as string);
		const telemetryKeys = readControlRooms(config.CONTROL_ROOMS_FILE);
		const desk = await startGridDesk({
			pool,
			databaseUrl: config.DATABASE_URL,
			chainId: deployment.chainId,
			clock,
			network: loadThaiNetwork(),
			solver: await HighsLinearProgramSolver.load(),
			telemetryKeys,
			staleAfterSeconds: config.TELEMETRY_STALE_SECONDS,
			onNotice: (line) => logger.warn(line),
		});
		const hasControlRooms = Object.keys(telemetryKeys).length > 0;
		if (hasControlRooms) health.register("telemetry", () => desk.health());
		const api = await startApiRole({
			pool,
			clock,
			deployment,
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
			...(hasControlRooms ? { telemetry: desk.telemetry, emergencies: desk.emergencies } : {}),
			zonePrices: desk.zonePrices,
		});
		say({ state: "serving", url: `http://${config.HTTP_HOST}:${api.port}` });
		return async () => {
			await api.stop();
			await desk.stop();
			await connection.close();
		};
	},
});

function packageVersion(): string {
	const file = join(import.meta.dirname, "..", "..", "package.json");
	return (JSON.parse(readFileSync(file, "utf8")) as { version: string }).version;
}
