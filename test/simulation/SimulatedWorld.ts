import { EnergyTradingApplicationService } from "../../offchain/application/services/EnergyTradingApplicationService.ts";
import type { ChainFactBody, EngineInput } from "../../offchain/domain/engine/EngineInput.ts";
import type { Address } from "../../offchain/domain/units/Address.ts";
import { windowAt, windowEnd } from "../../offchain/domain/units/window.ts";
import type { Canary } from "./Canary.ts";
import { EngineNetwork } from "./EngineNetwork.ts";
import { EngineNode } from "./EngineNode.ts";
import { FAULT_KINDS, type FaultKind, type FaultTally } from "./faults.ts";
import { History } from "./History.ts";
import { MemoryDatabase } from "./MemoryDatabase.ts";
import { memoryOrders, memoryReadings } from "./memoryStores.ts";
import { type FaultRates, ProcessPorts, type Weather } from "./ProcessPorts.ts";
import { Scheduler, type SimulatedProcess } from "./Scheduler.ts";
import { CONFIRMATIONS, SettlementNode } from "./SettlementNode.ts";
import { calldata, hashOf, SimulatedChain } from "./SimulatedChain.ts";
import { type Api, simulatedOrderHash, Trader } from "./Trader.ts";

/** 2026-04-21 14:50 in Bangkok. */
const START_SECONDS = Date.UTC(2026, 3, 21, 7, 50) / 1000;
const TRADERS = 6;
const BLOCK_SECONDS = 15;
/** Faults end here; what is left has to come right by itself until the last moment. */
const QUIET_SECONDS = START_SECONDS + 42 * 60;
const LAST_SECONDS = START_SECONDS + 120 * 60;
const REGISTRAR: Address = `0x${"0f".repeat(20)}`;
const DEPOSIT_MSAT = 40_000_000;

/** At full strength; a run has a random part of the kinds, each at a random part of its strength. */
const STRENGTHS: FaultRates = {
	crash: 0.004,
	crashDuringWrite: 1,
	freeze: 0.001,
	lostAnswer: 0.004,
	failedWrite: 0.01,
	failedRead: 0.01,
	slowDisk: 0.03,
	databaseGone: 0.006,
	lostMessage: 0.05,
	repeatedMessage: 0.05,
	lateMessage: 0.05,
	lostTransaction: 0.2,
	silentNode: 0.01,
	failedNodeCall: 0.02,
	reorganisation: 0.12,
	feeSpike: 0.02,
	slowBlocks: 0.03,
	repeatedJob: 0.2,
	lostJob: 0.2,
	impatientClient: 0.2,
};

/** One market with everything around it, under one seed. */
export class SimulatedWorld {
	readonly database = new MemoryDatabase();
	readonly history = new History();
	readonly chain = new SimulatedChain(START_SECONDS);
	readonly windows = [1, 2].map((later) => windowAt(START_SECONDS) + later);
	readonly scheduler: Scheduler;
	private readonly canary: Canary | null;
	private readonly rates: FaultRates;
	private readonly weather: Weather = { databaseGoneUntil: 0, nodeSilentUntil: 0, feeSpikeUntil: 0 };
	private readonly engines: EngineNode[] = [];
	private readonly traders: Trader[] = [];
	private apiNow: Api | null = null;
	private requests = 0;
	private registrarNonce = 0;

	constructor(seed: number, canary: Canary | null) {
		this.canary = canary;
		this.scheduler = new Scheduler(seed, START_SECONDS * 1000);
		this.rates = this.drawRates();
	}

	get tally(): FaultTally {
		return this.scheduler.tally;
	}

	/** The node that leads now, if any. */
	leader = (): EngineNode | null => this.engines.find((node) => node.isLeading) ?? null;

	async run(): Promise<void> {
		this.register();
		this.spawnEngine(0);
		this.spawnEngine(1);
		this.spawnWorker();
		this.spawnApi();
		const outside = this.ports("outside");
		for (let index = 0; index < TRADERS; index++) {
			const { history, database, windows } = this;
			const trader = new Trader(index, { ports: outside, history, database, windows, api: () => this.apiNow });
			this.traders.push(trader);
			void trader.run();
		}
		for (const windowId of this.windows) void this.meter(outside, windowId);
		this.produceBlocks();
		this.changeWeather();
		await this.scheduler.runUntil(() => false, QUIET_SECONDS * 1000);
		this.scheduler.isFaulty = false;
		this.weather.databaseGoneUntil = 0;
		this.weather.nodeSilentUntil = 0;
		await this.scheduler.runUntil(() => this.isAtRest, LAST_SECONDS * 1000);
	}

	/** Everything has been done that will ever be. */
	get isAtRest(): boolean {
		const { database, chain } = this;
		const FINAL = ["reconciled", "empty", "missed", "expired"];
		return (
			this.leader() !== null &&
			database.projectedSequence === database.lastSequence &&
			this.windows.every((windowId) => FINAL.includes(database.pipelines.get(windowId)?.stage ?? "")) &&
			[...database.outbox.values()].every(({ topic, state }) => topic !== "session" || state === "done") &&
			database.transactions.every(({ state }) => state !== "queued" && state !== "sent") &&
			database.cursor?.blockHash === chain.head.hash &&
			chain.blocks.slice(-CONFIRMATIONS).every(({ transactions }) => transactions.length === 0)
		);
	}

	private drawRates(): FaultRates {
		const { random } = this.scheduler;
		const rates = {} as FaultRates;
		for (const kind of Object.keys(FAULT_KINDS) as FaultKind[]) {
			const isPresent = random.chance(0.7);
			rates[kind] = isPresent ? STRENGTHS[kind] * 10 ** -random.unit() : 0;
		}
		return rates;
	}

	// ── processes ────────────────────────────────────────────────────────────────────────────────────────────

	private ports(name: string, onDeath: () => void = () => undefined): ProcessPorts {
		const process = this.scheduler.process(name, onDeath);
		const rates = { ...this.rates };
		// The outside world neither crashes nor freezes; the worker has the fewest steps and the most to lose in each.
		if (name === "outside") Object.assign(rates, { crash: 0, freeze: 0 });
		if (name === "worker") rates.crash *= 6;
		return new ProcessPorts(this.scheduler, process, rates, this.weather);
	}

	/** Starts again a while after it died. */
	private restart(start: () => void): () => void {
		return () => this.scheduler.after(this.scheduler.random.integer(500, 6_000), start);
	}

	private supervise(process: SimulatedProcess, running: Promise<unknown>): void {
		running.catch((error: Error) => {
			this.history.deaths.push(`${process.name}: ${error.message}`);
			this.scheduler.kill(process);
		});
	}

	private spawnEngine(index: number): void {
		const ports = this.ports(
			`engine ${index + 1}`,
			this.restart(() => this.spawnEngine(index)),
		);
		const node = new EngineNode(ports, this.database, this.history, this.canary, SET_UP);
		this.engines[index] = node;
		this.supervise(ports.process, node.run());
	}

	private spawnWorker(): void {
		const ports = this.ports(
			"worker",
			this.restart(() => this.spawnWorker()),
		);
		const { database, chain, history, canary, leader } = this;
		const network = this.network(ports);
		const worker = new SettlementNode({ ports, database, chain, network, history, canary, leader });
		this.supervise(ports.process, worker.run());
	}

	private spawnApi(): void {
		const ports = this.ports("api", () => {
			this.apiNow = null;
			this.scheduler.after(this.scheduler.random.integer(500, 6_000), () => this.spawnApi());
		});
		const network = this.network(ports);
		const service = new EnergyTradingApplicationService({
			engine: this.canary?.gateway?.(network, this.database, ports) ?? network,
			verifier: {
				orderHash: simulatedOrderHash,
				verifyOrder: async (_order, signature) => ({ verdict: "VALID", signature }),
				verifyCancel: async (_message, signature) => ({ verdict: "VALID", signature }),
				verifyCancelAll: async (_message, signature) => ({ verdict: "VALID", signature }),
				readingsSigner: () => REGISTRAR,
			},
			orders: memoryOrders(this.database, ports) as never,
			readings: memoryReadings(this.database, ports),
			attesters: {
				licenseeOfAttester: async () => "PEA",
				zonesOf: async (meterIds) => meterIds.map(() => 2),
			},
			clock: { nowMillis: () => this.scheduler.nowMillis, sleepUntil: async () => undefined },
		});
		this.apiNow = { ports, service };
	}

	private network(ports: ProcessPorts): EngineNetwork {
		return new EngineNetwork(ports, this.database, this.leader, () => {
			this.requests += 1;
			return this.requests;
		});
	}

	// ── the world outside ────────────────────────────────────────────────────────────────────────────────────

	/** Licences, meters and deposits come from the chain. */
	private register(): void {
		for (let index = 0; index < TRADERS; index++) {
			const account: Address = `0x${(0xa0 + index).toString(16).repeat(20)}`;
			const validUntil = START_SECONDS + 365 * 86_400;
			this.announce({ kind: "ParticipantLicensed", account, tier: 1, validUntil });
			this.announce({
				kind: "MeterRegistered",
				meterId: index + 1,
				owner: account,
				zoneId: 2,
				source: "solarRooftop" as never,
				maxWindowWh: 60_000,
				nodeId: 0,
			});
			this.announce({ kind: "Deposited", account, amountMsat: DEPOSIT_MSAT });
		}
	}

	private announce(fact: ChainFactBody): void {
		const nonce = this.registrarNonce++;
		const data = calldata({ call: "fact", fact });
		this.chain.mempool.push({
			hash: hashOf(`${REGISTRAR}-${nonce}-${data}`),
			from: REGISTRAR,
			nonce,
			maxFeePerGas: 10n ** 15n,
			data,
		});
	}

	/** The licensee sends the readings until they are taken. */
	private async meter(ports: ProcessPorts, windowId: number): Promise<void> {
		const reporter = this.traders[0] as Trader;
		await ports.sleep(windowEnd(windowId) * 1000 - this.scheduler.nowMillis + 30_000);
		const readings = this.traders.map(({ meterId }) => ({ windowId, meterId, exportedWh: 60_000 }));
		for (;;) {
			const outcome = await reporter
				.request((api) => api.service.submitReadings({ windowId, licensee: "PEA", readings, signature: "0x00" }))
				.catch(() => null);
			if (outcome?.status === "stored" || outcome?.status === "known") return;
			await ports.sleep(20_000);
		}
	}

	private produceBlocks(): void {
		const { scheduler, chain, rates } = this;
		const isSlow = scheduler.fault("slowBlocks", rates.slowBlocks);
		const seconds = isSlow ? BLOCK_SECONDS * scheduler.random.integer(3, 8) : BLOCK_SECONDS;
		scheduler.after(seconds * 1000, () => {
			const depth = scheduler.random.integer(1, CONFIRMATIONS - 1);
			if (chain.head.number > depth && scheduler.fault("reorganisation", rates.reorganisation)) {
				// The registrar's own transactions are somebody else's concern; the operator's may be forgotten.
				chain.reorganise(depth, ({ from }) => from === REGISTRAR || scheduler.random.chance(0.5));
				for (let block = 0; block < depth; block++) this.mine();
			}
			this.mine();
			if (scheduler.random.chance(0.02) && scheduler.isFaulty) {
				const account = scheduler.random.pick(this.traders).account;
				this.announce({ kind: "Deposited", account, amountMsat: scheduler.random.integer(1, 5_000_000) });
			}
			this.produceBlocks();
		});
	}

	private mine(): void {
		const isSpike = this.weather.feeSpikeUntil > this.scheduler.nowMillis;
		this.chain.baseFee = isSpike ? 90_000_000_000n : 10_000_000_000n;
		this.chain.mine(Math.floor(this.scheduler.nowMillis / 1000));
	}

	private changeWeather(): void {
		const { scheduler, rates, weather } = this;
		scheduler.after(5_000, () => {
			const until = () => scheduler.nowMillis + scheduler.random.integer(2_000, 60_000);
			if (scheduler.fault("databaseGone", rates.databaseGone)) weather.databaseGoneUntil = until();
			if (scheduler.fault("silentNode", rates.silentNode)) weather.nodeSilentUntil = until();
			if (scheduler.fault("feeSpike", rates.feeSpike)) weather.feeSpikeUntil = until();
			this.changeWeather();
		});
	}
}

const SET_UP: { requestId: string; input: EngineInput }[] = [
	{
		requestId: "set-up-rules",
		input: {
			type: "SetMarketRules",
			fromWindow: 0,
			floorSatPerKwh: 10,
			ceilingSatPerKwh: 2_000,
			tickSatPerKwh: 1,
			shortfallMarginSatPerKwh: 100,
		},
	},
	{
		requestId: "set-up-charges",
		input: {
			type: "SetZoneCharges",
			charges: Array.from({ length: 16 }, () =>
				Array.from({ length: 16 }, () => ({
					lossSatPerKwh: 0,
					wheelingSatPerKwh: 0,
					congestionSatPerKwh: 0,
					platformSatPerKwh: 2,
				})),
			),
		},
	},
];
