import { createPublicClient, http } from "viem";
import { ClosingChecks } from "../domain/grid/closing/ClosingChecks.ts";
import type { Hex } from "../domain/units/Address.ts";
import { MarketRulesReader } from "../infrastructure/chain/MarketRulesReader.ts";
import { ConfigError } from "../infrastructure/config/ConfigError.ts";
import type { Config } from "../infrastructure/config/configSchema.ts";
import { readKeyFile } from "../infrastructure/config/readKeyFile.ts";
import { InProcessEngineQueries } from "../infrastructure/engine/InProcessEngineQueries.ts";
import { loadThaiNetwork } from "../infrastructure/grid/loadThaiNetwork.ts";
import { readNotificationTargets } from "../infrastructure/notifications/NotificationTargets.ts";
import { readReportedOutages } from "../infrastructure/telemetry/readReportedOutages.ts";
import { connectEngine } from "./connectEngine.ts";
import { startPayoutRole } from "./roles/payoutRole.ts";
import { startWorkerRole } from "./roles/workerRole.ts";
import { readDeployment, runRole } from "./runRole.ts";

await runRole({
	name: "worker",
	what: "Follows the chain, commits and settles windows, issues certificates, reconciles. Start two or more: one sends.",
	required: ["DEPLOYMENT_FILE"],
	optional: [
		"OPERATOR_PRIVATE_KEY_FILE",
		"OPERATOR_PRIVATE_KEY",
		"PAYOUT_PRIVATE_KEY_FILE",
		"PAYOUT_PRIVATE_KEY",
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
		const closing = new ClosingChecks(loadThaiNetwork());
		const deployment = readDeployment(config.DEPLOYMENT_FILE as string);
		const confirmations = Math.max(1, config.FINALITY_BLOCKS);
		const onAlarm = (message: string): void => logger.warn(message);
		const privateKeys = { operator: operatorKey(config), payout: payoutKey(config) };
		say({ state: "waiting" });
		const role = await startWorkerRole({
			pool,
			databaseUrl: config.DATABASE_URL,
			redisUrl: config.REDIS_URL,
			rpcUrl: config.RPC_URL,
			deployment,
			operatorKey: privateKeys.operator,
			confirmations,
			notificationTargets: readNotificationTargets(config.NOTIFICATION_TARGETS_FILE),
			retention: { clock, archiveFolder: config.ARCHIVE_FOLDER ?? null },
			engine: connection.engine,
			ledger: () => queries.ledger(),
			engineAccount: (account) => queries.account(account),
			closingCheck: async (trades) => closing.for(await readReportedOutages(pool)).check(trades),
			onAlarm,
			onStage: (windowId, stage) => say({ state: "stage", windowId, stage }),
			onHalt: fatal,
		});
		const chain = createPublicClient({ transport: http(config.RPC_URL), cacheTime: 0 });
		const rules = new MarketRulesReader(chain, deployment.addresses.MarketRules);
		const payouts = startPayoutRole({
			pool,
			databaseUrl: config.DATABASE_URL,
			rpcUrl: config.RPC_URL,
			deployment,
			confirmations,
			payoutKey: privateKeys.payout,
			queries,
			rulesAt: (windowId) => rules.at(windowId),
			onAlarm,
			onLost: fatal,
		});
		say({ state: "working" });
		return async () => {
			await payouts.stop();
			await role.stop();
			await connection.close();
		};
	},
});

function operatorKey(config: Config): Hex {
	const file = config.OPERATOR_PRIVATE_KEY_FILE;
	const key = config.OPERATOR_PRIVATE_KEY ?? readKeyFile("OPERATOR_PRIVATE_KEY_FILE", file);
	if (key === undefined) throw new ConfigError(["OPERATOR_PRIVATE_KEY_FILE or OPERATOR_PRIVATE_KEY must be set."]);
	return key;
}

function payoutKey(config: Config): Hex | undefined {
	return config.PAYOUT_PRIVATE_KEY ?? readKeyFile("PAYOUT_PRIVATE_KEY_FILE", config.PAYOUT_PRIVATE_KEY_FILE);
}
