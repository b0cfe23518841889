import { createPublicClient, http } from "viem";
import { GridTokenXClient } from "../client/GridTokenXClient.ts";
import { orderDomain } from "../domain/orders/orderTypedData.ts";
import type { Deployment } from "../infrastructure/chain/Deployment.ts";
import { MarketRulesReader } from "../infrastructure/chain/MarketRulesReader.ts";
import { ConfigError } from "../infrastructure/config/ConfigError.ts";
import type { Config } from "../infrastructure/config/configSchema.ts";
import { readKeyFile } from "../infrastructure/config/readKeyFile.ts";
import { InProcessEngineQueries } from "../infrastructure/engine/InProcessEngineQueries.ts";
import { HighsLinearProgramSolver } from "../infrastructure/grid/HighsLinearProgramSolver.ts";
import { loadThaiNetwork } from "../infrastructure/grid/loadThaiNetwork.ts";
import { readReserves } from "../infrastructure/grid/readReserves.ts";
import { readControlRooms } from "../infrastructure/telemetry/readControlRooms.ts";
import { computeGridLimits } from "./computeGridLimits.ts";
import { connectEngine } from "./connectEngine.ts";
import { apiDesk } from "./roles/apiDesk.ts";
import { type BalancingRole, type BalancingRoleOptions, startBalancingRole } from "./roles/balancingRole.ts";
import { startGridDesk } from "./roles/gridDesk.ts";
import { startGridRole } from "./roles/gridRole.ts";
import { readDeployment, runRole } from "./runRole.ts";

await runRole({
	name: "grid",
	what: "Keeps trading in step with grid and regulator: limits follow the control rooms' telemetry, charges follow congestion, bands follow the rules on chain. Start one; while it is away the last ones hold.",
	required: ["DEPLOYMENT_FILE"],
	optional: [
		"RPC_URL",
		"CONTROL_ROOMS_FILE",
		"RESERVES_FILE",
		"SYSTEM_OPERATOR_KEY_FILE",
		"GRIDTOKENX_URL",
		"TELEMETRY_STALE_SECONDS",
		"REDIS_URL",
		"DATABASE_POOL_SIZE",
		"MAX_QUEUED_INPUTS",
		"LOG_LEVEL",
	],
	async start({ config, pool, clock, logger, say, fatal }) {
		const network = loadThaiNetwork();
		const solver = await HighsLinearProgramSolver.load();
		const limits = await computeGridLimits();
		const connection = await connectEngine({
			pool,
			databaseUrl: config.DATABASE_URL,
			redisUrl: config.REDIS_URL,
			maxQueuedInputs: config.MAX_QUEUED_INPUTS,
			onFatal: fatal,
			onChange: (isHealthy, cause) =>
				logger.warn(isHealthy ? "follows the log again" : `cannot follow the log: ${cause}`),
		});
		const { engine } = connection;
		const deployment = readDeployment(config.DEPLOYMENT_FILE as string);
		const chain = createPublicClient({ transport: http(config.RPC_URL), cacheTime: 0 });
		const rules = new MarketRulesReader(chain, deployment.addresses.MarketRules);
		const onNotice = (line: string): void => logger.warn(line);
		const desk = await startGridDesk({
			pool,
			databaseUrl: config.DATABASE_URL,
			chainId: deployment.chainId,
			clock,
			network,
			solver,
			telemetryKeys: readControlRooms(config.CONTROL_ROOMS_FILE),
			staleAfterSeconds: config.TELEMETRY_STALE_SECONDS,
			onNotice,
		});
		const role = startGridRole({
			pool,
			clock,
			engine,
			queries: new InProcessEngineQueries(engine),
			telemetry: desk.telemetry,
			rulesAt: (windowId) => rules.at(windowId),
			network,
			solver,
			limits,
			onNotice,
		});
		const balancing = startBalancing(config, deployment, {
			pool,
			clock,
			queries: new InProcessEngineQueries(engine),
			telemetry: desk.telemetry,
			rulesAt: (windowId) => rules.at(windowId),
			limits,
			onNotice,
		});
		say({ state: "working" });
		return async () => {
			await balancing?.stop();
			await role.stop();
			await desk.stop();
			await connection.close();
		};
	},
});

/** Only where the area and its reserves are told. */
function startBalancing(
	config: Config,
	deployment: Deployment,
	options: Omit<BalancingRoleOptions, "roster" | "points" | "areaMw" | "desk">,
): BalancingRole | null {
	if (config.RESERVES_FILE === undefined) return null;
	const { areaMw, points, offers } = readReserves(config.RESERVES_FILE);
	const privateKey = readKeyFile("SYSTEM_OPERATOR_KEY_FILE", config.SYSTEM_OPERATOR_KEY_FILE);
	if (privateKey === undefined) throw new ConfigError(["SYSTEM_OPERATOR_KEY_FILE must be set with RESERVES_FILE."]);
	const domain = orderDomain(deployment.chainId, deployment.addresses.WindowSettlement);
	const client = new GridTokenXClient(config.GRIDTOKENX_URL);
	const desk = apiDesk(privateKey, domain, () => client);
	return startBalancingRole({ ...options, areaMw, points, roster: { offers: async () => offers }, desk });
}
