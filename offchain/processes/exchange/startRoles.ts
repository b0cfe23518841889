import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { EngineGateway } from "../../application/ports/EngineGateway.ts";
import { GridTokenXClient } from "../../client/GridTokenXClient.ts";
import { ClosingChecks } from "../../domain/grid/closing/ClosingChecks.ts";
import type { GridLimits } from "../../domain/grid/GridLimits.ts";
import type { LinearProgramSolver } from "../../domain/grid/opf/LinearProgram.ts";
import type { ThaiNetwork } from "../../domain/grid/thai/ThaiNetwork.ts";
import { orderDomain } from "../../domain/orders/orderTypedData.ts";
import type { Hash32 } from "../../domain/units/Address.ts";
import { MarketRulesReader } from "../../infrastructure/chain/MarketRulesReader.ts";
import type { Config } from "../../infrastructure/config/configSchema.ts";
import { InProcessEngineQueries } from "../../infrastructure/engine/InProcessEngineQueries.ts";
import type { Logger } from "../../infrastructure/observability/createLogger.ts";
import { Health } from "../../infrastructure/observability/Health.ts";
import { readReportedOutages } from "../../infrastructure/telemetry/readReportedOutages.ts";
import type { Scenario } from "../../simulators/scenario/createScenario.ts";
import { apiDesk } from "../roles/apiDesk.ts";
import { startApiRole } from "../roles/apiRole.ts";
import { startBalancingRole } from "../roles/balancingRole.ts";
import { startEngineRole } from "../roles/engineRole.ts";
import { startGridDesk } from "../roles/gridDesk.ts";
import { startGridRole } from "../roles/gridRole.ts";
import { startPayoutRole } from "../roles/payoutRole.ts";
import { startWorkerRole, type WorkerRole } from "../roles/workerRole.ts";
import { genesisInputs } from "../thaiMarket.ts";
import { localKey } from "./localKeys.ts";
import type { LocalOptions } from "./localOptions.ts";
import type { Stops } from "./Stops.ts";
import type { Surroundings } from "./startSurroundings.ts";

/** The simulated control room reports once a market minute, and market time runs fast: a whole window without it is silence. */
const STALE_AFTER_SECONDS = 900;

export type RolesOptions = Surroundings & {
	local: LocalOptions;
	config: Config;
	scenario: Scenario;
	gridLimits: GridLimits;
	network: ThaiNetwork;
	solver: LinearProgramSolver;
	/** Control rooms and their public keys. */
	telemetryKeys: Record<string, Hash32>;
	stops: Stops;
	logger: Logger;
	notice: (line: string) => void;
	fail: (error: Error) => void;
};

export type Roles = { engine: EngineGateway; worker: WorkerRole; client: GridTokenXClient; url: string };

/** Every role of the exchange in this process, in the order of their dependencies. */
export async function startRoles(options: RolesOptions): Promise<Roles> {
	const { local, config, scenario, gridLimits, network, solver, stops, logger, notice, fail } = options;
	const { pool, databaseUrl, rpcUrl, publicClient, clock, deployment, firstWindow } = options;
	const rules = new MarketRulesReader(publicClient, deployment.addresses.MarketRules);
	const engineRole = await startEngineRole({
		databaseUrl,
		pool,
		clock,
		genesis: async () => genesisInputs(gridLimits, await rules.at(firstWindow), firstWindow),
		maxQueuedInputs: config.MAX_QUEUED_INPUTS,
		onFatal: fail,
	});
	if (engineRole === null) throw new Error("invariant: waiting for the lead was not aborted");
	stops.push(() => engineRole.stop());
	const { engine } = engineRole;
	const queries = new InProcessEngineQueries(engine);
	const closing = new ClosingChecks(network);
	const worker = await startWorkerRole({
		pool,
		databaseUrl,
		redisUrl: config.REDIS_URL,
		rpcUrl,
		deployment,
		operatorKey: localKey("operator"),
		confirmations: 1,
		engine,
		ledger: () => queries.ledger(),
		engineAccount: (account) => queries.account(account),
		closingCheck: async (trades) => closing.for(await readReportedOutages(pool)).check(trades),
		onAlarm: notice,
		onHalt: fail,
	});
	stops.push(() => worker.stop());
	const payouts = startPayoutRole({
		pool,
		databaseUrl,
		rpcUrl,
		deployment,
		confirmations: 1,
		payoutKey: localKey("payouts"),
		queries,
		rulesAt: (windowId) => rules.at(windowId),
		onAlarm: notice,
		onLost: fail,
	});
	stops.push(() => payouts.stop());
	const health = new Health();
	health.register("database", async () => {
		await pool.query("SELECT 1");
		return { status: "ok", detail: "answers" };
	});
	health.register("chain", () => {
		const { silentMillis, haltedCause, indexedBlock } = worker.indexer.status();
		if (haltedCause !== null) return { status: "down", detail: haltedCause };
		return { status: silentMillis > 10_000 ? "degraded" : "ok", detail: `indexed to block ${indexedBlock}` };
	});
	const gridDesk = await startGridDesk({
		pool,
		databaseUrl,
		chainId: deployment.chainId,
		clock,
		network,
		solver,
		telemetryKeys: options.telemetryKeys,
		staleAfterSeconds: STALE_AFTER_SECONDS,
		onNotice: notice,
	});
	stops.push(() => gridDesk.stop());
	const gridRole = startGridRole({
		pool,
		clock,
		engine,
		queries,
		telemetry: gridDesk.telemetry,
		rulesAt: (windowId) => rules.at(windowId),
		network,
		solver,
		limits: gridLimits,
		onNotice: notice,
	});
	stops.push(() => gridRole.stop());
	health.register("telemetry", () => gridDesk.health());
	let client: GridTokenXClient | null = null;
	const domain = orderDomain(deployment.chainId, deployment.addresses.WindowSettlement);
	const { reserves } = scenario;
	if (reserves === null) throw new Error("invariant: the local market has reserves");
	const balancing = startBalancingRole({
		pool,
		clock,
		queries,
		telemetry: gridDesk.telemetry,
		roster: { offers: async () => reserves.offers },
		points: reserves.points,
		areaMw: scenario.peakLoadMw,
		rulesAt: (windowId) => rules.at(windowId),
		limits: gridLimits,
		desk: apiDesk(reserves.operator.privateKey, domain, () => client),
		firstWindow,
		lastWindow: local.windows === 0 ? null : firstWindow + local.windows - 1,
		onNotice: notice,
	});
	stops.push(() => balancing.stop());
	const api = await startApiRole({
		pool,
		clock,
		deployment,
		rpcUrl,
		publicRpcUrl: rpcUrl,
		engine,
		queries,
		logger,
		health,
		host: config.HTTP_HOST,
		port: local.port,
		version: packageVersion(),
		satoshiPerThb: config.SATOSHI_PER_THB,
		rateLimitPerMinute: 0,
		trustedProxies: config.TRUSTED_PROXIES,
		telemetry: gridDesk.telemetry,
		emergencies: gridDesk.emergencies,
		zonePrices: gridDesk.zonePrices,
	});
	stops.push(() => api.stop());
	const url = `http://${config.HTTP_HOST}:${api.port}`;

	client = new GridTokenXClient(url);
	return { engine, worker, client, url };
}

function packageVersion(): string {
	const file = join(import.meta.dirname, "..", "..", "..", "package.json");
	return existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as { version: string }).version : "0.0.0";
}
