import type { EngineInput } from "../../offchain/domain/engine/EngineInput.ts";
import { createEngine, type RunningEngine, restoreEngine } from "../../offchain/infrastructure/engine/RunningEngine.ts";
import { DurableEngine } from "../../offchain/infrastructure/postgres/DurableEngine.ts";
import type { Canary } from "./Canary.ts";
import type { History } from "./History.ts";
import type { MemoryDatabase } from "./MemoryDatabase.ts";
import { memoryInputLog } from "./memoryStores.ts";
import type { ProcessPorts } from "./ProcessPorts.ts";

const PING_MILLIS = 5_000;
const STALE_MILLIS = 15_000;
const CLOCK_MILLIS = 30_000;
const SNAPSHOT_EVERY_INPUTS = 40;

/** An engine process: waits for the lead, recovers, follows the clock. Any failure ends it; it is started again. */
export class EngineNode {
	readonly ports: ProcessPorts;
	engine: DurableEngine<RunningEngine> | null = null;
	private readonly database: MemoryDatabase;
	private readonly history: History;
	private readonly canary: Canary | null;
	private readonly setUp: readonly { requestId: string; input: EngineInput }[];
	private epoch = 0;

	constructor(
		ports: ProcessPorts,
		database: MemoryDatabase,
		history: History,
		canary: Canary | null,
		setUp: readonly { requestId: string; input: EngineInput }[],
	) {
		this.ports = ports;
		this.database = database;
		this.history = history;
		this.canary = canary;
		this.setUp = setUp;
	}

	/** Leads with the newest epoch, as far as anybody can tell from outside. */
	get isLeading(): boolean {
		return this.engine !== null && !this.ports.process.isDead && this.epoch === this.database.leadership.epoch;
	}

	async run(): Promise<void> {
		await this.lead();
		const { ports, database, canary } = this;
		const log = memoryInputLog(database, ports);
		const wrapped = canary?.engine ?? (<State>(state: State) => state);
		const engine = await DurableEngine.start<RunningEngine>({
			log: canary?.log?.(log, database, ports) ?? log,
			epoch: this.epoch,
			create: () => wrapped(createEngine()),
			restore: (bytes) => wrapped(restoreEngine(bytes)),
			snapshotEveryInputs: SNAPSHOT_EVERY_INPUTS,
			maxQueuedInputs: 100,
			maxGroupInputs: 50,
			onFatal: (error) => this.die(error),
		});
		this.engine = engine;
		this.watch(engine);
		void this.ping();
		for (const { requestId, input } of this.setUp) await engine.submitRequest(requestId, input);
		for (;;) {
			const nowSeconds = Math.floor(ports.scheduler.nowMillis / 1000);
			await engine.submit({ type: "AdvanceClock", nowSeconds });
			await ports.sleep(CLOCK_MILLIS);
		}
	}

	/** As the advisory lock with its heartbeat: free when its holder is dead, taken over when it is silent. */
	private async lead(): Promise<void> {
		const { ports, database } = this;
		for (;;) {
			const epoch = await ports.write(() => {
				const { leadership } = database;
				const isHeld =
					leadership.holder !== null &&
					!leadership.holder.isDead &&
					ports.scheduler.nowMillis - leadership.heartbeatAt < STALE_MILLIS;
				if (isHeld) return null;
				leadership.epoch += 1;
				leadership.holder = ports.process;
				leadership.heartbeatAt = ports.scheduler.nowMillis;
				return leadership.epoch;
			});
			if (epoch !== null) {
				this.epoch = epoch;
				return;
			}
			await ports.sleep(PING_MILLIS);
		}
	}

	private async ping(): Promise<void> {
		const { ports, database } = this;
		try {
			for (;;) {
				await ports.sleep(PING_MILLIS);
				await ports.write(() => {
					if (database.leadership.epoch !== this.epoch) throw new Error("another process leads");
					database.leadership.heartbeatAt = ports.scheduler.nowMillis;
				});
			}
		} catch (error) {
			this.die(error);
		}
	}

	/** What leaves the engine must be on disk, in order, without gaps. */
	private watch(engine: DurableEngine<RunningEngine>): void {
		let last = engine.lastSequence;
		engine.subscribe(last, ({ sequence }) => {
			if (sequence !== last + 1) this.history.seen.push(`the feed went from input ${last} to ${sequence}`);
			if (sequence > this.database.lastSequence) this.history.seen.push(`input ${sequence} left before its commit`);
			last = sequence;
		});
	}

	private die(error: unknown): void {
		this.history.deaths.push(`${this.ports.process.name}: ${error instanceof Error ? error.message : String(error)}`);
		this.ports.scheduler.kill(this.ports.process);
	}
}
