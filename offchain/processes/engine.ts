import { createPublicClient, http } from "viem";
import type { MarketRulesVersion } from "../domain/settlement/SettlementRules.ts";
import { type WindowId, windowAt } from "../domain/units/window.ts";
import { MarketRulesReader } from "../infrastructure/chain/MarketRulesReader.ts";
import type { Config } from "../infrastructure/config/configSchema.ts";
import { computeGridLimits } from "./computeGridLimits.ts";
import { startEngineRole } from "./roles/engineRole.ts";
import { readDeployment, runRole } from "./runRole.ts";
import { genesisInputs } from "./thaiMarket.ts";

await runRole({
	name: "engine",
	what: "The matching engine. Start as many as you like: one leads, the others follow the log and take over by themselves.",
	required: [],
	optional: ["DEPLOYMENT_FILE", "RPC_URL", "REDIS_URL", "DATABASE_POOL_SIZE", "MAX_QUEUED_INPUTS", "LOG_LEVEL"],
	async start({ config, pool, clock, logger, signal, say, fatal }) {
		const role = await startEngineRole({
			databaseUrl: config.DATABASE_URL,
			pool,
			clock,
			genesis: async () => {
				const firstWindow = windowAt(clock.nowMillis() / 1000);
				return genesisInputs(await computeGridLimits(), await publishedRules(config, firstWindow), firstWindow);
			},
			maxQueuedInputs: config.MAX_QUEUED_INPUTS,
			requests: { redisUrl: config.REDIS_URL, onError: (message) => logger.warn(message) },
			onStandby: (sequence) => say({ state: "standby", sequence }),
			signal,
			onFatal: fatal,
		});
		if (role === null) return async () => undefined;
		say({ state: "leading", epoch: role.epoch, sequence: role.engine.lastSequence });
		return () => role.stop();
	},
});

/** Null without a deployment: nothing trades then until the grid's process has told the rules. */
async function publishedRules(config: Config, windowId: WindowId): Promise<MarketRulesVersion | null> {
	if (config.DEPLOYMENT_FILE === undefined) return null;
	const { addresses } = readDeployment(config.DEPLOYMENT_FILE);
	const chain = createPublicClient({ transport: http(config.RPC_URL) });
	return new MarketRulesReader(chain, addresses.MarketRules).at(windowId);
}
