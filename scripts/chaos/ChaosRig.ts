import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type pg from "pg";
import { TelemetrySigner } from "../../offchain/client/TelemetrySigner.ts";
import { windowStart } from "../../offchain/domain/units/window.ts";
import type { Deployment } from "../../offchain/infrastructure/chain/Deployment.ts";
import { BlockProducer } from "../../offchain/infrastructure/clock/BlockProducer.ts";
import { RehearsalClock, type RehearsalTime } from "../../offchain/infrastructure/clock/RehearsalClock.ts";
import { EmbeddedPostgres } from "../../offchain/infrastructure/local/EmbeddedPostgres.ts";
import { freePort } from "../../offchain/infrastructure/local/freePort.ts";
import { LocalChain } from "../../offchain/infrastructure/local/LocalChain.ts";
import { whenExited } from "../../offchain/infrastructure/local/processLife.ts";
import { migrate } from "../../offchain/infrastructure/postgres/migrate.ts";
import { openPool } from "../../offchain/infrastructure/postgres/openPool.ts";
import { localKey } from "../../offchain/processes/exchange/localKeys.ts";
import { LOCAL_CHAIN_ID } from "../../offchain/processes/exchange/localParameters.ts";
import { prepareChain } from "../../offchain/processes/exchange/prepareChain.ts";
import { ChaosMarket } from "./ChaosMarket.ts";
import { childrenOf } from "./childrenOf.ts";
import { RoleProcess } from "./RoleProcess.ts";

const GENESIS_SECONDS = 1_800_000_000;
const ENGINES = 2;
const WORKERS = 2;
const APIS = 2;
const RESTART_MILLIS = 400;

type RoleName = "api" | "engine" | "grid" | "worker";
type Slot = { role: RoleName; environment: Record<string, string>; process: RoleProcess };

/** The whole exchange as real processes on a real PostgreSQL and a real chain, restarted by a supervisor when they end. */
export class ChaosRig {
	readonly clock: RehearsalClock;
	readonly deployment: Deployment;
	readonly urls: string[];
	readonly rpcUrl: string;
	readonly databaseUrl: string;
	readonly pool: pg.Pool;
	restarts = 0;
	private readonly stateDir: string;
	private readonly time: RehearsalTime;
	private postgres: EmbeddedPostgres;
	private chain: LocalChain;
	private producer: BlockProducer;
	private readonly slots: Slot[] = [];
	private readonly supervising = new Set<Promise<void>>();
	private isStopping = false;

	private readonly gridSettings: Record<string, string>;

	private constructor(parts: {
		stateDir: string;
		time: RehearsalTime;
		postgres: EmbeddedPostgres;
		chain: LocalChain;
		producer: BlockProducer;
		deployment: Deployment;
		pool: pg.Pool;
		apiPorts: number[];
	}) {
		this.stateDir = parts.stateDir;
		this.time = parts.time;
		this.clock = new RehearsalClock(parts.time);
		this.postgres = parts.postgres;
		this.chain = parts.chain;
		this.producer = parts.producer;
		this.deployment = parts.deployment;
		this.pool = parts.pool;
		this.rpcUrl = parts.chain.rpcUrl;
		this.databaseUrl = parts.postgres.databaseUrl;
		this.urls = parts.apiPorts.map((port) => `http://127.0.0.1:${port}`);
		const deploymentFile = join(parts.stateDir, "deployment.json");
		writeFileSync(deploymentFile, JSON.stringify(parts.deployment));
		const common = { DATABASE_URL: this.databaseUrl, DATABASE_POOL_SIZE: "8" };
		const chainSettings = { ...common, RPC_URL: this.rpcUrl, DEPLOYMENT_FILE: deploymentFile };
		const controlRoomsFile = join(parts.stateDir, "control-rooms.json");
		const { publicKey } = new TelemetrySigner(localKey("EGAT control room"));
		writeFileSync(controlRoomsFile, JSON.stringify({ EGAT: publicKey }));
		this.gridSettings = { ...chainSettings, CONTROL_ROOMS_FILE: controlRoomsFile };
		for (let index = 0; index < ENGINES; index++) this.launch("engine", chainSettings);
		for (let index = 0; index < WORKERS; index++) {
			const keys = { OPERATOR_PRIVATE_KEY: localKey("operator"), FINALITY_BLOCKS: "1" };
			this.launch("worker", { ...chainSettings, ...keys });
		}
		for (let index = 0; index < APIS; index++) {
			const port = String(parts.apiPorts[index]);
			this.launch("api", { ...this.gridSettings, HTTP_PORT: port, RATE_LIMIT_PER_MINUTE: "0" });
		}
	}

	/** `secondsPerWindow`: wall-clock seconds of one delivery window. */
	static async start(stateDir: string, secondsPerWindow: number): Promise<ChaosRig> {
		const postgres = await EmbeddedPostgres.start(stateDir, await freePort());
		const chain = await LocalChain.start(stateDir, await freePort(), LOCAL_CHAIN_ID, GENESIS_SECONDS - 10);
		const time = { epochMillis: Date.now(), startMillis: GENESIS_SECONDS * 1000, factor: 900 / secondsPerWindow };
		const clock = new RehearsalClock(time);
		const producer = newProducer(chain.rpcUrl, clock);
		await producer.start();
		const pool = openPool(postgres.databaseUrl, "gridtokenx chaos", 4);
		await migrate(pool);
		const deployment = await prepareChain({
			rpcUrl: chain.rpcUrl,
			nowSeconds: () => Math.floor(clock.nowMillis() / 1000),
			registration: ChaosMarket.registration(),
			progress: () => undefined,
		});
		const apiPorts = [];
		for (let index = 0; index < APIS; index++) apiPorts.push(await freePort());
		return new ChaosRig({ stateDir, time, postgres, chain, producer, deployment, pool, apiPorts });
	}

	async whenServing(): Promise<void> {
		await Promise.all(this.running("api").map((api) => api.whenState("serving", 60_000)));
		await Promise.any(this.running("engine").map((engine) => engine.whenState("leading", 60_000)));
		await Promise.any(this.running("worker").map((worker) => worker.whenState("working", 60_000)));
	}

	/** The node that keeps trading in step with the grid; without it the limits of the genesis hold. */
	async startGrid(more: Record<string, string> = {}): Promise<void> {
		this.launch("grid", { ...this.gridSettings, ...more });
		await Promise.all(this.running("grid").map((grid) => grid.whenState("working", 60_000)));
	}

	running(role: RoleName): RoleProcess[] {
		return this.slots.filter((slot) => slot.role === role).map((slot) => slot.process);
	}

	/** The engine that leads now, as far as the database knows. */
	async leader(): Promise<RoleProcess | null> {
		const { rows } = await this.pool.query<{ epoch: number }>("SELECT epoch FROM leadership");
		const leads = (engine: RoleProcess) => engine.states.some((state) => state.epoch === rows[0]?.epoch);
		return this.running("engine").find(leads) ?? null;
	}

	/** The worker whose key it is now. */
	async sendingWorker(): Promise<RoleProcess | null> {
		const { rows } = await this.pool.query<{ holder: string }>("SELECT holder FROM key_owners");
		const pid = Number(rows[0]?.holder.split(" ").at(-1));
		return this.running("worker").find((worker) => worker.pid === pid) ?? null;
	}

	/** SIGKILL to the server and every process it has started. */
	async killPostgres(): Promise<void> {
		const pids = this.postgresProcesses();
		const exit = whenExited(this.postgres.process);
		for (const pid of pids) signal(pid, "SIGKILL");
		await exit;
		for (let attempt = 0; ; attempt++) {
			try {
				this.postgres = await EmbeddedPostgres.start(this.stateDir, portOf(this.databaseUrl));
				return;
			} catch (error) {
				if (attempt > 40) throw error;
				await pause(250);
			}
		}
	}

	async freezePostgres(millis: number): Promise<void> {
		const pids = this.postgresProcesses();
		for (const pid of pids) signal(pid, "SIGSTOP");
		await pause(millis);
		for (const pid of pids) signal(pid, "SIGCONT");
	}

	/** SIGKILL of the node. Its blocks were on disk, its pool of waiting transactions was not. */
	async killChain(downMillis: number): Promise<void> {
		await this.producer.stop();
		await this.chain.save();
		this.chain.process.kill("SIGKILL");
		await whenExited(this.chain.process);
		await pause(downMillis);
		this.chain = await LocalChain.start(this.stateDir, portOf(this.rpcUrl), LOCAL_CHAIN_ID, GENESIS_SECONDS - 10);
		this.producer = newProducer(this.rpcUrl, this.clock);
		await this.producer.start();
	}

	async freezeChain(millis: number): Promise<void> {
		this.chain.process.kill("SIGSTOP");
		await pause(millis);
		this.chain.process.kill("SIGCONT");
	}

	async untilWindowSeconds(windowId: number, offsetSeconds: number): Promise<void> {
		await this.clock.sleepUntil((windowStart(windowId) + offsetSeconds) * 1000);
	}

	/** Wall-clock time at which market time is this. */
	wallMillisOf(marketMillis: number): number {
		const { epochMillis, startMillis, factor } = this.time;
		return epochMillis + (marketMillis - startMillis) / factor;
	}

	/** Ends everything it has started. */
	async stop(): Promise<void> {
		this.isStopping = true;
		await Promise.all(this.slots.map(({ process }) => process.kill()));
		await Promise.all(this.supervising);
		await this.producer.stop();
		await this.pool.end().catch(() => undefined);
		this.chain.process.kill("SIGKILL");
		await this.postgres.stop();
	}

	/** The last words of every role, for a report of what went wrong. */
	errors(): string {
		return this.slots.map(({ role, process }) => `${role} ${process.pid}: ${process.errors.slice(-600)}`).join("\n");
	}

	private launch(role: RoleName, environment: Record<string, string>): void {
		const slot: Slot = { role, environment, process: new RoleProcess(role, environment, this.time) };
		this.slots.push(slot);
		const supervised = this.supervise(slot).finally(() => this.supervising.delete(supervised));
		this.supervising.add(supervised);
	}

	private async supervise(slot: Slot): Promise<void> {
		while (!this.isStopping) {
			await slot.process.exit;
			if (this.isStopping) return;
			await pause(RESTART_MILLIS);
			if (this.isStopping) return;
			this.restarts += 1;
			slot.process = new RoleProcess(slot.role, slot.environment, this.time);
		}
	}

	private postgresProcesses(): number[] {
		const main = this.postgres.process.pid as number;
		return [main, ...childrenOf(main)];
	}
}

function newProducer(rpcUrl: string, clock: RehearsalClock): BlockProducer {
	return new BlockProducer({ rpcUrl, clock, intervalMillis: 100, heartbeatMillis: 1_000 });
}

function signal(pid: number, name: NodeJS.Signals): void {
	try {
		process.kill(pid, name);
	} catch {
		// It has just ended.
	}
}

function portOf(url: string): number {
	return Number(new URL(url).port);
}

function pause(millis: number): Promise<void> {
	return new Promise((resolve) => setTimeout(resolve, millis));
}
