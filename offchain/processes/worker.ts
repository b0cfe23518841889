import { readFileSync } from "node:fs";
import { ClosingChecks } from "../domain/grid/closing/ClosingChecks.ts";
import type { Hex } from "../domain/units/Address.ts";
import { ConfigError } from "../infrastructure/config/ConfigError.ts";
import type { Config } from "../infrastructure/config/configSchema.ts";
import { InProcessEngineQueries } from "../infrastructure/engine/InProcessEngineQueries.ts";
import { loadThaiNetwork } from "../infrastructure/grid/loadThaiNetwork.ts";
import { readNotificationTargets } from "../infrastructure/notifications/NotificationTargets.ts";
import { readReportedOutages } from "../infrastructure/telemetry/readReportedOutages.ts";
import { connectEngine } from "./connectEngine.ts";
import { readDeployment, runRole } from "./runRole.ts";
import { THAI_LIMIT_OPTIONS } from "./thaiMarket.ts";
import { startWorkerRole } from "./workerRole.ts";

await runRole({
	name: "worker",
	what: "Follows the chain, commits and settles windows, issues certificates, reconciles. Start two or more: one sends.",
	required: ["DEPLOYMENT_FILE"],
	optional: [
		"OPERATOR_PRIVATE_KEY_FILE",
		"OPERATOR_PRIVATE_KEY",
		"RPC_URL",
		"REDIS_URL",
		"FINALITY_BLOCKS",
		"NOTIFICATION_TARGETS_FILE",
		"ARCHIVE_FOLDER",
		"DATABASE_POOL_SIZE",
		"MAX_QUEUED_INPUTS",
		"LOG_LEVEL",
	],
	async start({ config, pool, clock, logger, say, fatal }) {
		const connection = await connectEngine({
			pool,
			databaseUrl: config.DATABASE_URL,
			redisUrl: config.REDIS_URL,
			maxQueuedInputs: config.MAX_QUEUED_INPUTS,
			onFatal: fatal,
			onChange: (isHealthy, cause) =>
				logger.warn(isHealthy ? "follows the log again" : `cannot follow the log: ${cause}`),
		});
		const queries = new InProcessEngineQueries(connection.engine);
		const closing = new ClosingChecks(loadThaiNetwork(), THAI_LIMIT_OPTIONS);
		say({ state: "waiting" });
		const role = await startWorkerRole({
			pool,
			databaseUrl: config.DATABASE_URL,
			redisUrl: config.REDIS_URL,
			rpcUrl: config.RPC_URL,
			deployment: readDeployment(config.DEPLOYMENT_FILE as string),
			operatorKey: operatorKey(config),
			confirmations: Math.max(1, config.FINALITY_BLOCKS),
			notificationTargets: readNotificationTargets(config.NOTIFICATION_TARGETS_FILE),
			retention: { clock, archiveFolder: config.ARCHIVE_FOLDER ?? null },
			engine: connection.engine,
			ledger: () => queries.ledger(),
			engineAccount: (account) => queries.account(account),
			closingCheck: async (trades) => closing.for(await readReportedOutages(pool)).check(trades),
			onAlarm: (message) => logger.warn(message),
			onStage: (windowId, stage) => say({ state: "stage", windowId, stage }),
			onHalt: fatal,
		});
		say({ state: "working" });
		return async () => {
			await role.stop();
			await connection.close();
		};
	},
});

function operatorKey(config: Config): Hex {
	if (config.OPERATOR_PRIVATE_KEY !== undefined) return config.OPERATOR_PRIVATE_KEY;
	const file = config.OPERATOR_PRIVATE_KEY_FILE;
	if (file === undefined) throw new ConfigError(["OPERATOR_PRIVATE_KEY_FILE or OPERATOR_PRIVATE_KEY must be set."]);
	const key = readKey(file);
	if (!/^0x[0-9a-fA-F]{64}$/.test(key)) throw new ConfigError([`OPERATOR_PRIVATE_KEY_FILE: ${file} holds no key.`]);
	return key as Hex;
}

function readKey(file: string): string {
	try {
		return readFileSync(file, "utf8").trim();
	} catch (error) {
		throw new ConfigError([`OPERATOR_PRIVATE_KEY_FILE: ${(error as Error).message}`]);
	}
}
