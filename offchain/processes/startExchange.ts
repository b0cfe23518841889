import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createPublicClient, createWalletClient, http } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import type { BalancingQueries } from "../application/ports/Balancing.ts";
import type { Clock } from "../application/ports/Clock.ts";
import { BalancingStatements } from "../application/queries/BalancingStatements.ts";
import { GridTokenXClient } from "../client/GridTokenXClient.ts";
import { TelemetrySigner } from "../client/TelemetrySigner.ts";
import { ClosingChecks } from "../domain/grid/closing/ClosingChecks.ts";
import { zoneCode } from "../domain/grid/zones.ts";
import { orderDomain } from "../domain/orders/orderTypedData.ts";
import { formatWindow, type WindowId } from "../domain/units/window.ts";
import { MarketRulesReader } from "../infrastructure/chain/MarketRulesReader.ts";
import { AcceleratedClock } from "../infrastructure/clock/AcceleratedClock.ts";
import { BlockProducer } from "../infrastructure/clock/BlockProducer.ts";
import { SystemClock } from "../infrastructure/clock/SystemClock.ts";
import type { Config } from "../infrastructure/config/configSchema.ts";
import { InProcessEngineQueries } from "../infrastructure/engine/InProcessEngineQueries.ts";
import { HighsLinearProgramSolver } from "../infrastructure/grid/HighsLinearProgramSolver.ts";
import { loadThaiNetwork } from "../infrastructure/grid/loadThaiNetwork.ts";
import { type LocalServices, resetLocalState, startLocalServices } from "../infrastructure/local/startLocalServices.ts";
import { createLogger } from "../infrastructure/observability/createLogger.ts";
import { Health } from "../infrastructure/observability/Health.ts";
import { migrate } from "../infrastructure/postgres/migrate.ts";
import { openPool } from "../infrastructure/postgres/openPool.ts";
import { PostgresBalancingRecord } from "../infrastructure/postgres/PostgresBalancingRecord.ts";
import { PostgresMarketDataRepository } from "../infrastructure/postgres/PostgresMarketDataRepository.ts";
import { PostgresOrderRepository } from "../infrastructure/postgres/PostgresOrderRepository.ts";
import { readReportedOutages } from "../infrastructure/telemetry/readReportedOutages.ts";
import { SafeDesk } from "../simulators/authorities/SafeDesk.ts";
import { firstTradableWindow } from "../simulators/market/firstTradableWindow.ts";
import { DatabaseReportSource } from "../simulators/report/DatabaseReportSource.ts";
import type { PayoutFigures } from "../simulators/report/DemoReport.ts";
import { payoutFigures } from "../simulators/report/payoutFigures.ts";
import { createScenario, type Scenario } from "../simulators/scenario/createScenario.ts";
import { marketStart } from "../simulators/scenario/marketStart.ts";
import { Simulation } from "../simulators/scenario/Simulation.ts";
import { apiDesk } from "./apiDesk.ts";
import { startApiRole } from "./apiRole.ts";
import { startBalancingRole } from "./balancingRole.ts";
import { computeGridLimits } from "./computeGridLimits.ts";
import { startEngineRole } from "./engineRole.ts";
import { startGridDesk } from "./gridDesk.ts";
import { startGridRole } from "./gridRole.ts";
import { type LocalRun, LocalState, requireSameMarket } from "./LocalState.ts";
import { localKey } from "./localKeys.ts";
import type { LocalOptions } from "./localOptions.ts";
import { LOCAL_CHAIN_ID, SAFE_THRESHOLD } from "./localParameters.ts";
import { startPayoutRole } from "./payoutRole.ts";
import { prepareChain } from "./prepareChain.ts";
import { genesisInputs } from "./thaiMarket.ts";
import { startWorkerRole, type WorkerRole } from "./workerRole.ts";

/** A whole exchange in one process, with its services and its simulated surroundings. */
export type Exchange = {
	url: string;
	clock: Clock;
	scenario: Scenario;
	simulation: Simulation;
	client: GridTokenXClient;
	balancing: BalancingQueries;
	payouts: () => Promise<PayoutFigures>;
	reports: DatabaseReportSource;
	marketData: PostgresMarketDataRepository;
	worker: WorkerRole;
	state: LocalState;
	run: LocalRun;
	firstWindow: WindowId;
	/** The latest remarkable events, newest last. */
	notices: string[];
	/** Rejects with the cause when the exchange cannot go on. */
	failure: Promise<never>;
	/** Runs the simulated surroundings until aborted or, with a last window, done. */
	simulate(signal: AbortSignal): Promise<void>;
	stop(): Promise<void>;
};

const WINDOW_SECONDS = 900;
const MAX_NOTICES = 50;
/** The simulated control room reports once a market minute, and market time runs fast: a whole window without it is silence. */
const STALE_AFTER_SECONDS = WINDOW_SECONDS;

type Stoppable = () => Promise<void> | void;

/**
 * Starts everything in the order of its dependencies; a failure half-way stops what was started. `windows` 0 trades
 * until stopped.
 */
export async function startExchange(
	options: LocalOptions,
	config: Config,
	progress: (line: string) => void,
): Promise<Exchange> {
	const stops: Stoppable[] = [];
	const stop = async (): Promise<void> => {
		for (const next of stops.splice(0).reverse()) {
			try {
				await next();
			} catch (error) {
				progress(`while stopping: ${(error as Error).message}`);
			}
		}
	};
	try {
		return await start(options, config, progress, stops, stop);
	} catch (error) {
		await stop();
		throw error;
	}
}

async function start(
	options: LocalOptions,
	config: Config,
	progress: (line: string) => void,
	stops: Stoppable[],
	stop: () => Promise<void>,
): Promise<Exchange> {
	const state = new LocalState(options.stateDir);
	let run = await beginOrContinue(options, state);
	const network = loadThaiNetwork();
	progress("finding what limits trade on the grid");
	const solver = await HighsLinearProgramSolver.load();
	const gridLimits = await computeGridLimits();
	const controlRoom = new TelemetrySigner(localKey("EGAT control room"));
	const scenario = createScenario({
		seed: run.seed,
		participants: run.participants,
		feederNodes: gridLimits.nodes,
		operatorKey: localKey("system operator"),
	});
	const failure = Promise.withResolvers<never>();
	failure.promise.catch(() => undefined);
	const notices: string[] = [];
	const logger = createLogger("local", config.LOG_LEVEL);
	const notice = (line: string): void => {
		logger.warn(line);
		notices.push(line);
		if (notices.length > MAX_NOTICES) notices.shift();
	};

	progress("starting PostgreSQL and the local chain");
	const services = await startServices(options, run, progress);
	stops.push(() => services.stop());
	services.onFailure(failure.reject);
	const { rpcUrl, databaseUrl } = services;
	const publicClient = createPublicClient({ transport: http(rpcUrl), pollingInterval: 100, cacheTime: 0 });
	const head = await publicClient.getBlock();
	const clock = startClock(options, run, Number(head.timestamp), stops, failure.reject);
	const blocks = new BlockProducer({
		rpcUrl,
		clock,
		intervalMillis: 150,
		onChange: (isAnswering, cause) =>
			notice(isAnswering ? "the chain answers again" : `the chain does not answer: ${cause}`),
	});
	await blocks.start();
	stops.push(() => blocks.stop());

	const pool = openPool(databaseUrl, "gridtokenx local", config.DATABASE_POOL_SIZE);
	stops.push(() => pool.end());
	await migrate(pool);

	const nowSeconds = () => Math.floor(clock.nowMillis() / 1000);
	if (run.deployment === undefined) {
		const deployment = await prepareChain({ rpcUrl, nowSeconds, registration: scenario.registration, progress });
		run = { ...run, deployment, firstWindow: firstTradableWindow(nowSeconds()) };
		state.write(run);
	}
	const { deployment, firstWindow } = run;
	if (deployment === undefined || firstWindow === undefined) throw new Error("invariant: the chain is prepared");

	progress("starting engine, worker and API");
	const rules = new MarketRulesReader(publicClient, deployment.addresses.MarketRules);
	const engineRole = await startEngineRole({
		databaseUrl,
		pool,
		clock,
		genesis: async () => genesisInputs(gridLimits, await rules.at(firstWindow), firstWindow),
		maxQueuedInputs: config.MAX_QUEUED_INPUTS,
		onFatal: failure.reject,
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
		onHalt: failure.reject,
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
		onLost: failure.reject,
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
		telemetryKeys: { EGAT: controlRoom.publicKey },
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
		lastWindow: options.windows === 0 ? null : firstWindow + options.windows - 1,
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
		port: options.port,
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
	const marketData = new PostgresMarketDataRepository(pool);
	const relayer = createWalletClient({ account: privateKeyToAccount(localKey("relayer")), transport: http(rpcUrl) });
	const simulation = new Simulation({
		scenario,
		clock,
		client,
		domain,
		attesterKeys: { EGAT: localKey("EGAT attester"), MEA: localKey("MEA attester"), PEA: localKey("PEA attester") },
		desk: new SafeDesk({
			deployment,
			authority: "EGAT",
			ownerKeys: Array.from({ length: SAFE_THRESHOLD }, (_, index) => localKey(`EGAT owner ${index + 1}`)),
			publicClient,
			walletClient: relayer,
		}),
		firstWindow,
		lastWindow: options.windows === 0 ? null : firstWindow + options.windows - 1,
		submitForecasts: async (forecasts) => {
			await engine.submitMany(forecasts);
		},
		tradedNetExportWh: async (windowId) => {
			const net = new Map<ReturnType<typeof zoneCode>, number>();
			for (const { sellZoneId, buyZoneId, energyWh } of await marketData.zoneFlows(windowId)) {
				net.set(zoneCode(sellZoneId), (net.get(zoneCode(sellZoneId)) ?? 0) + energyWh);
				net.set(zoneCode(buyZoneId), (net.get(zoneCode(buyZoneId)) ?? 0) - energyWh);
			}
			return net;
		},
		publishTelemetry: async (scan) => {
			const reply = await client.submitTelemetry(controlRoom.sign(scan));
			if (reply.status === "refused") throw new Error(`${reply.code}: ${reply.detail}`);
		},
		onHalted: ({ zone, windowId }, transactionHash) =>
			notice(`EGAT's Safe halted ${zone} for ${formatWindow(windowId)} (${transactionHash.slice(0, 18)}…)`),
	});
	return {
		url,
		clock,
		scenario,
		simulation,
		client,
		balancing: new BalancingStatements(new PostgresBalancingRecord(pool), new PostgresOrderRepository(pool)),
		payouts: () => payoutFigures(pool, deployment.chainId),
		reports: new DatabaseReportSource({
			pool,
			chainId: deployment.chainId,
			chargeAccounts: Object.values(deployment.chargeAccounts),
			reconciliation: worker.reconciliation,
		}),
		marketData,
		worker,
		state,
		run,
		firstWindow,
		notices,
		failure: failure.promise,
		simulate: (signal) => simulation.run(signal),
		stop,
	};
}

async function beginOrContinue(options: LocalOptions, state: LocalState): Promise<LocalRun> {
	const { seed, participants, realTime, stateDir } = options;
	const earlier = options.reset ? null : state.read();
	if (earlier !== null && earlier.isFinished !== true) {
		requireSameMarket(earlier, { seed, participants, realTime });
		return earlier;
	}
	await resetLocalState(stateDir);
	mkdirSync(stateDir, { recursive: true });
	const now = Math.floor(Date.now() / 1000);
	const calendar = createScenario({ seed, participants }).profiles.calendar;
	const run: LocalRun = {
		seed,
		participants,
		realTime,
		genesisSeconds: realTime ? now - WINDOW_SECONDS : marketStart(now, "now", calendar),
	};
	state.write(run);
	return run;
}

function startServices(options: LocalOptions, run: LocalRun, log: (line: string) => void): Promise<LocalServices> {
	const { stateDir } = options;
	return startLocalServices({ stateDir, chainId: LOCAL_CHAIN_ID, genesisSeconds: run.genesisSeconds, log });
}

function startClock(
	options: LocalOptions,
	run: LocalRun,
	headSeconds: number,
	stops: Stoppable[],
	onSaveFailed: (error: Error) => void,
): Clock {
	if (run.realTime) return new SystemClock();
	const clock = AcceleratedClock.resume({
		file: join(options.stateDir, "clock.json"),
		factor: WINDOW_SECONDS / options.secondsPerWindow,
		startMillis: run.genesisSeconds * 1000,
		atLeastMillis: (headSeconds + 1) * 1000,
		onSaveFailed,
	});
	stops.push(() => clock.stop());
	return clock;
}

function packageVersion(): string {
	const file = join(import.meta.dirname, "..", "..", "package.json");
	return existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as { version: string }).version : "0.0.0";
}
