import { join } from "node:path";
import type pg from "pg";
import type { PublicClient } from "viem";
import { createPublicClient, http } from "viem";
import type { Clock } from "../../application/ports/Clock.ts";
import type { WindowId } from "../../domain/units/window.ts";
import type { Deployment } from "../../infrastructure/chain/Deployment.ts";
import { AcceleratedClock } from "../../infrastructure/clock/AcceleratedClock.ts";
import { BlockProducer } from "../../infrastructure/clock/BlockProducer.ts";
import { SystemClock } from "../../infrastructure/clock/SystemClock.ts";
import type { Config } from "../../infrastructure/config/configSchema.ts";
import { type LocalServices, startLocalServices } from "../../infrastructure/local/startLocalServices.ts";
import { migrate } from "../../infrastructure/postgres/migrate.ts";
import { openPool } from "../../infrastructure/postgres/openPool.ts";
import { firstTradableWindow } from "../../simulators/market/firstTradableWindow.ts";
import type { MarketRegistration } from "../../simulators/participants/marketRegistration.ts";
import type { LocalRun, LocalState } from "./LocalState.ts";
import type { LocalOptions } from "./localOptions.ts";
import { LOCAL_CHAIN_ID } from "./localParameters.ts";
import { prepareChain } from "./prepareChain.ts";
import type { Stops } from "./Stops.ts";

const WINDOW_SECONDS = 900;

/** What an exchange stands on: database, chain with blocks coming, market time, contracts deployed and people registered. */
export type Surroundings = {
	pool: pg.Pool;
	databaseUrl: string;
	rpcUrl: string;
	publicClient: PublicClient;
	clock: Clock;
	deployment: Deployment;
	firstWindow: WindowId;
	/** With deployment and first window: as written down for the next start. */
	run: LocalRun;
};

export type SurroundingsOptions = {
	local: LocalOptions;
	config: Config;
	state: LocalState;
	run: LocalRun;
	registration: MarketRegistration;
	stops: Stops;
	progress: (line: string) => void;
	notice: (line: string) => void;
	fail: (error: Error) => void;
};

/** Starts them, or carries on with those of an earlier run. */
export async function startSurroundings(options: SurroundingsOptions): Promise<Surroundings> {
	const { local, config, state, registration, stops, progress, notice, fail } = options;
	let { run } = options;
	progress("starting PostgreSQL and the local chain");
	const services = await startServices(local, run, progress);
	stops.push(() => services.stop());
	services.onFailure(fail);
	const { rpcUrl, databaseUrl } = services;
	const publicClient = createPublicClient({ transport: http(rpcUrl), pollingInterval: 100, cacheTime: 0 });
	const head = await publicClient.getBlock();
	const clock = startClock(local, run, Number(head.timestamp), stops, fail);
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
		const deployment = await prepareChain({ rpcUrl, nowSeconds, registration, progress });
		run = { ...run, deployment, firstWindow: firstTradableWindow(nowSeconds()) };
		state.write(run);
	}
	const { deployment, firstWindow } = run;
	if (deployment === undefined || firstWindow === undefined) throw new Error("invariant: the chain is prepared");

	return { pool, databaseUrl, rpcUrl, publicClient, clock, deployment, firstWindow, run };
}

function startServices(options: LocalOptions, run: LocalRun, log: (line: string) => void): Promise<LocalServices> {
	const { stateDir } = options;
	return startLocalServices({ stateDir, chainId: LOCAL_CHAIN_ID, genesisSeconds: run.genesisSeconds, log });
}

function startClock(
	options: LocalOptions,
	run: LocalRun,
	headSeconds: number,
	stops: Stops,
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
