import { createPublicClient, http } from "viem";
import { windowAt } from "../domain/units/window.ts";
import { MarketRulesReader } from "../infrastructure/chain/MarketRulesReader.ts";
import { computeGridLimits } from "./computeGridLimits.ts";
import { startEngineRole } from "./engineRole.ts";
import { genesisInputs } from "./localMarket.ts";
import { readDeployment, runRole } from "./runRole.ts";

await runRole({
	name: "engine",
	what: "The matching engine. Start as many as you like: one leads, the others follow the log and take over by themselves.",
	required: ["DEPLOYMENT_FILE"],
	optional: ["RPC_URL", "REDIS_URL", "DATABASE_POOL_SIZE", "MAX_QUEUED_INPUTS", "LOG_LEVEL"],
	async start({ config, pool, clock, logger, signal, say, fatal }) {
		const role = await startEngineRole({
			databaseUrl: config.DATABASE_URL,
			pool,
			clock,
			genesis: async () => {
				const chain = createPublicClient({ transport: http(config.RPC_URL) });
				const { addresses } = readDeployment(config.DEPLOYMENT_FILE as string);
				const firstWindow = windowAt(clock.nowMillis() / 1000);
				const rules = await new MarketRulesReader(chain, addresses.MarketRules).at(firstWindow);
				return genesisInputs(await computeGridLimits(), rules, firstWindow);
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
