import { mkdirSync } from "node:fs";
import type { BalancingQueries } from "../../application/ports/Balancing.ts";
import type { Clock } from "../../application/ports/Clock.ts";
import { BalancingStatements } from "../../application/queries/BalancingStatements.ts";
import type { GridTokenXClient } from "../../client/GridTokenXClient.ts";
import { TelemetrySigner } from "../../client/TelemetrySigner.ts";
import type { WindowId } from "../../domain/units/window.ts";
import type { Config } from "../../infrastructure/config/configSchema.ts";
import { HighsLinearProgramSolver } from "../../infrastructure/grid/HighsLinearProgramSolver.ts";
import { loadThaiNetwork } from "../../infrastructure/grid/loadThaiNetwork.ts";
import { resetLocalState } from "../../infrastructure/local/startLocalServices.ts";
import { createLogger } from "../../infrastructure/observability/createLogger.ts";
import { PostgresBalancingRecord } from "../../infrastructure/postgres/PostgresBalancingRecord.ts";
import { PostgresMarketDataRepository } from "../../infrastructure/postgres/PostgresMarketDataRepository.ts";
import { PostgresOrderRepository } from "../../infrastructure/postgres/PostgresOrderRepository.ts";
import { DatabaseReportSource } from "../../simulators/report/DatabaseReportSource.ts";
import type { PayoutFigures } from "../../simulators/report/DemoReport.ts";
import { payoutFigures } from "../../simulators/report/payoutFigures.ts";
import { createScenario, type Scenario } from "../../simulators/scenario/createScenario.ts";
import { marketStart } from "../../simulators/scenario/marketStart.ts";
import type { Simulation } from "../../simulators/scenario/Simulation.ts";
import { computeGridLimits } from "../computeGridLimits.ts";
import type { WorkerRole } from "../roles/workerRole.ts";
import { createSimulation } from "./createSimulation.ts";
import { type LocalRun, LocalState, requireSameMarket } from "./LocalState.ts";
import { localKey } from "./localKeys.ts";
import type { LocalOptions } from "./localOptions.ts";
import type { Stops } from "./Stops.ts";
import { startRoles } from "./startRoles.ts";
import { startSurroundings } from "./startSurroundings.ts";

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

/**
 * Starts everything in the order of its dependencies; a failure half-way stops what was started. `windows` 0 trades
 * until stopped.
 */
export async function startExchange(
	options: LocalOptions,
	config: Config,
	progress: (line: string) => void,
): Promise<Exchange> {
	const stops: Stops = [];
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
	stops: Stops,
	stop: () => Promise<void>,
): Promise<Exchange> {
	const state = new LocalState(options.stateDir);
	const begun = await beginOrContinue(options, state);
	const network = loadThaiNetwork();
	progress("finding what limits trade on the grid");
	const solver = await HighsLinearProgramSolver.load();
	const gridLimits = await computeGridLimits();
	const controlRoom = new TelemetrySigner(localKey("EGAT control room"));
	const scenario = createScenario({
		seed: begun.seed,
		participants: begun.participants,
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
	const told = { stops, progress, notice, fail: failure.reject };

	const { registration } = scenario;
	const surroundings = await startSurroundings({ ...told, local: options, config, state, run: begun, registration });
	const { pool, clock, deployment, firstWindow, run } = surroundings;
	progress("starting engine, worker and API");
	const { engine, worker, client, url } = await startRoles({
		...surroundings,
		...told,
		local: options,
		config,
		scenario,
		gridLimits,
		network,
		solver,
		telemetryKeys: { EGAT: controlRoom.publicKey },
		logger,
	});
	const marketData = new PostgresMarketDataRepository(pool);
	const simulation = createSimulation({
		...surroundings,
		scenario,
		engine,
		client,
		marketData,
		controlRoom,
		lastWindow: options.windows === 0 ? null : firstWindow + options.windows - 1,
		notice,
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
