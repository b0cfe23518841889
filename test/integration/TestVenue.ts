import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createPublicClient, createWalletClient, http, type PublicClient } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import { ReconciliationService } from "../../offchain/application/services/ReconciliationService.ts";
import {
	type WindowPipelineOptions,
	WindowPipelineService,
} from "../../offchain/application/services/WindowPipelineService.ts";
import { LocalKeySigner } from "../../offchain/client/LocalKeySigner.ts";
import { TradingEngine } from "../../offchain/domain/engine/TradingEngine.ts";
import type { EnergySource } from "../../offchain/domain/grid/energySource.ts";
import type { Licensee } from "../../offchain/domain/grid/zones.ts";
import type { Order } from "../../offchain/domain/orders/Order.ts";
import { orderHash } from "../../offchain/domain/orders/orderHash.ts";
import { type OrderDomain, orderDomain } from "../../offchain/domain/orders/orderTypedData.ts";
import type { Hash32 } from "../../offchain/domain/units/Address.ts";
import { energyWh, priceSatPerKwh } from "../../offchain/domain/units/units.ts";
import type { WindowId } from "../../offchain/domain/units/window.ts";
import { type ContractCall, contractCalls } from "../../offchain/infrastructure/chain/contractCalls.ts";
import type { Deployment } from "../../offchain/infrastructure/chain/Deployment.ts";
import { deploySystem } from "../../offchain/infrastructure/chain/deploySystem.ts";
import { BlockProducer } from "../../offchain/infrastructure/clock/BlockProducer.ts";
import { freePort } from "../../offchain/infrastructure/local/freePort.ts";
import { LocalChain } from "../../offchain/infrastructure/local/LocalChain.ts";
import { DurableEngine } from "../../offchain/infrastructure/postgres/DurableEngine.ts";
import { LeaderLock } from "../../offchain/infrastructure/postgres/LeaderLock.ts";
import { Outbox } from "../../offchain/infrastructure/postgres/Outbox.ts";
import { PostgresReadingRepository } from "../../offchain/infrastructure/postgres/PostgresReadingRepository.ts";
import { PostgresTradeRepository } from "../../offchain/infrastructure/postgres/PostgresTradeRepository.ts";
import { PostgresWindowPipelineRepository } from "../../offchain/infrastructure/postgres/PostgresWindowPipelineRepository.ts";
import type { JobBackend } from "../../offchain/infrastructure/queue/JobQueue.ts";
import { SettlementWorker } from "../../offchain/infrastructure/queue/SettlementWorker.ts";
import { ChainIndexer } from "../../offchain/infrastructure/reconciliation/ChainIndexer.ts";
import { RpcChainSource } from "../../offchain/infrastructure/reconciliation/ChainSource.ts";
import { LedgerReader } from "../../offchain/infrastructure/reconciliation/LedgerReader.ts";
import { OperatorSettlementChain } from "../../offchain/infrastructure/reconciliation/OperatorSettlementChain.ts";
import { protocolLogDecoder } from "../../offchain/infrastructure/reconciliation/protocolLogDecoder.ts";
import { TransactionSender } from "../../offchain/infrastructure/reconciliation/TransactionSender.ts";
import { ManualClock } from "./ManualClock.ts";
import { type TestKey, testKey } from "./testKeys.ts";
import { rpcCall, TEST_CHAIN, type TestDatabase, testDatabase } from "./testServices.ts";

const DEPLOYER = testKey("deployer");
const OPERATOR = testKey("operator");
const REGISTRAR = testKey("registrar");
const ATTESTER = testKey("attester");
export const SHORTFALL_MARGIN = 300;

export type Trader = TestKey & { meterId: number; zoneId: number };

/** Engine, indexer, sender and worker on a real PostgreSQL and a real chain, with contracts deployed. */
export class TestVenue {
	readonly database: TestDatabase;
	readonly chain: LocalChain;
	readonly clock: ManualClock;
	readonly producer: BlockProducer;
	readonly deployment: Deployment;
	readonly domain: OrderDomain;
	readonly publicClient: PublicClient;
	readonly alarms: string[] = [];
	private readonly stateDir: string;
	private nextMeterId = 1;
	private nextSequence = 1;

	private constructor(parts: {
		database: TestDatabase;
		chain: LocalChain;
		clock: ManualClock;
		producer: BlockProducer;
		deployment: Deployment;
		stateDir: string;
	}) {
		this.database = parts.database;
		this.chain = parts.chain;
		this.clock = parts.clock;
		this.producer = parts.producer;
		this.deployment = parts.deployment;
		this.stateDir = parts.stateDir;
		this.domain = orderDomain(TEST_CHAIN.chainId, parts.deployment.addresses.WindowSettlement);
		this.publicClient = createPublicClient({ transport: http(parts.chain.rpcUrl), cacheTime: 0, pollingInterval: 20 });
	}

	static async create(): Promise<TestVenue> {
		const stateDir = mkdtempSync(join(tmpdir(), "gridtokenx-venue-"));
		const database = await testDatabase();
		const chain = await LocalChain.start(stateDir, await freePort(), TEST_CHAIN.chainId, TEST_CHAIN.genesisSeconds);
		const clock = new ManualClock(TEST_CHAIN.genesisSeconds);
		const producer = new BlockProducer({ rpcUrl: chain.rpcUrl, clock, intervalMillis: 15, heartbeatMillis: 300 });
		await producer.start();
		for (const { address } of [DEPLOYER, OPERATOR, REGISTRAR]) {
			await rpcCall(chain.rpcUrl, "anvil_setBalance", [address, "0x3635c9adc5dea00000"]);
		}
		const transport = http(chain.rpcUrl);
		const publicClient = createPublicClient({ transport, cacheTime: 0, pollingInterval: 20 });
		const walletClient = createWalletClient({ transport, account: privateKeyToAccount(DEPLOYER.privateKey) });
		const owners = (name: string) => [1, 2, 3].map((index) => testKey(`${name} ${index}`).address);
		const deployment = await deploySystem(
			{ publicClient, walletClient },
			{
				owners: { EGAT: owners("EGAT"), MEA: owners("MEA"), PEA: owners("PEA"), ERC: owners("ERC") },
				thresholds: { authority: 2, council: 3 },
				operators: [OPERATOR.address],
				registrars: {
					EGAT: [REGISTRAR.address],
					MEA: [REGISTRAR.address],
					PEA: [REGISTRAR.address],
					ERC: [REGISTRAR.address],
				},
				attesters: {
					EGAT: [testKey("EGAT attester").address],
					MEA: [testKey("MEA attester").address],
					PEA: [ATTESTER.address],
				},
				systemOperators: [testKey("system operator").address],
				congestionAccount: testKey("congestion").address,
				platformAccount: testKey("platform").address,
				rules: {
					fromWindow: 0,
					floorSatPerKwh: 10,
					ceilingSatPerKwh: 2000,
					tickSatPerKwh: 1,
					distributionSatPerKwh: Array.from({ length: 16 }, () => 0),
					transmissionSatPerKwh: 0,
					platformSatPerKwh: 2,
					congestionCapSatPerKwh: 40,
					lossCapPermille: 150,
					shortfallSatPerKwh: SHORTFALL_MARGIN,
					shortfallMinSatPerKwh: 50,
					shortfallMaxSatPerKwh: 1000,
				},
				avoidedGramsPerKwh: [0, 450, 450, 460, 400, 300, 0, 0, 0, 0],
				adminDelaySeconds: 7 * 86_400,
				salt: `0x${"00".repeat(32)}`,
			},
		);
		return new TestVenue({ database, chain, clock, producer, deployment, stateDir });
	}

	async destroy(): Promise<void> {
		await this.producer.stop();
		await this.chain.stop();
		await this.database.drop();
		rmSync(this.stateDir, { recursive: true, force: true });
	}

	// ── people ───────────────────────────────────────────────────────────────────────────────────────────────

	get calls() {
		return contractCalls(this.deployment);
	}

	/** Sends and waits for success. */
	async send(from: TestKey, ...calls: ContractCall[]): Promise<void> {
		await rpcCall(this.chain.rpcUrl, "anvil_setBalance", [from.address, "0x3635c9adc5dea00000"]);
		const wallet = createWalletClient({
			transport: http(this.chain.rpcUrl),
			account: privateKeyToAccount(from.privateKey),
		});
		for (const call of calls) {
			const hash = await wallet.sendTransaction({ ...call, chain: null });
			const receipt = await this.publicClient.waitForTransactionReceipt({ hash });
			if (receipt.status !== "success") throw new Error(`${call.to} reverted`);
		}
	}

	/** Licensed, with a meter in PEA's zone C1 and collateral in the vault. */
	async traders(count: number, source: EnergySource, depositSat = 1_000_000n): Promise<Trader[]> {
		const traders = Array.from({ length: count }, () => {
			const meterId = this.nextMeterId++;
			return { ...testKey(`trader ${meterId}`), meterId, zoneId: 2 };
		});
		await this.send(
			REGISTRAR,
			this.calls.licenseParticipants(
				traders.map(({ address }) => ({
					account: address,
					tier: 1,
					validUntil: TEST_CHAIN.genesisSeconds + 365 * 86_400,
				})),
			),
			this.calls.registerMeters(
				traders.map(({ address, meterId, zoneId }) => ({
					meterId,
					owner: address,
					zoneId,
					source,
					maxWindowWh: source === "none" ? 0 : 1_000_000,
					nodeId: 0,
					latitudeMicrodegrees: 13_700_000,
					longitudeMicrodegrees: 100_500_000,
				})),
			),
		);
		await this.send(
			DEPLOYER,
			this.calls.mintTestTokens(DEPLOYER.address, depositSat * BigInt(count)),
			this.calls.approveVault(depositSat * BigInt(count)),
			...traders.map(({ address }) => this.calls.depositFor(address, depositSat)),
		);
		return traders;
	}

	async order(trader: Trader, fields: Pick<Order, "side" | "windowId"> & { priceSatPerKwh: number; energyWh: number }) {
		const order: Order = {
			trader: trader.address,
			meterId: trader.meterId,
			orderClass: "limit",
			timeInForce: "gtc",
			postOnly: false,
			selfTradeMode: "cancelNewest",
			sequence: this.nextSequence++,
			epoch: 0,
			validUntil: 0,
			directiveId: 0,
			...fields,
			priceSatPerKwh: priceSatPerKwh(fields.priceSatPerKwh),
			energyWh: energyWh(fields.energyWh),
		};
		const signature = await new LocalKeySigner(trader.privateKey).signOrder(order, this.domain);
		return { type: "PlaceEnergyOrder" as const, order, orderHash: orderHash(order, this.domain), signature };
	}

	async signReadings(windowId: WindowId, readings: { meterId: number; exportedWh: number }[]) {
		const batch = {
			windowId,
			licensee: "PEA" as Licensee,
			readings: readings.map((reading) => ({ windowId, ...reading })),
		};
		const signature = await new LocalKeySigner(ATTESTER.privateKey).signReadings(batch, this.domain);
		return { ...batch, signature };
	}

	// ── processes ────────────────────────────────────────────────────────────────────────────────────────────

	async startEngine(): Promise<TestEngine> {
		const lock = await LeaderLock.acquire({
			databaseUrl: this.database.databaseUrl,
			holder: "test",
			pingMillis: 100,
			staleMillis: 5_000,
		});
		if (lock === null) throw new Error("not leading");
		const headrooms = {
			create: () => {
				throw new Error("no grid in this test");
			},
			restore: () => {
				throw new Error("no grid in this test");
			},
		};
		const engine = await DurableEngine.start({
			pool: this.database.pool,
			epoch: lock.epoch,
			create: () => new TradingEngine(headrooms),
			restore: (bytes) => TradingEngine.restore(bytes, headrooms),
			onFatal: (error) => this.alarms.push(`engine: ${error.message}`),
		});
		return {
			engine,
			stop: async () => {
				await engine.stop();
				await lock.release();
			},
		};
	}

	startIndexer(engine: TestEngine["engine"], confirmations = 1): { indexer: ChainIndexer; stop: () => Promise<void> } {
		const { addresses, decode } = protocolLogDecoder(this.deployment);
		const indexer = new ChainIndexer({
			pool: this.database.pool,
			chainId: TEST_CHAIN.chainId,
			firstBlock: 1,
			source: new RpcChainSource(this.chain.rpcUrl, addresses),
			decode,
			engine,
			confirmations,
			pollMillis: 20,
			onChange: (isHealthy, cause) => {
				if (!isHealthy) this.alarms.push(`indexer: ${cause}`);
			},
		});
		const running = indexer.run().catch((error: Error) => {
			this.alarms.push(`indexer halted: ${error.message}`);
		});
		return {
			indexer,
			stop: async () => {
				indexer.stop();
				await running;
			},
		};
	}

	/** The council's Safe does what its owners would have signed. */
	async asCouncil(call: ContractCall): Promise<void> {
		const from = this.deployment.safes.COUNCIL;
		await rpcCall(this.chain.rpcUrl, "anvil_impersonateAccount", [from]);
		await rpcCall(this.chain.rpcUrl, "anvil_setBalance", [from, "0x3635c9adc5dea00000"]);
		const hash = (await rpcCall(this.chain.rpcUrl, "eth_sendTransaction", [{ from, ...call }])) as Hash32;
		const receipt = await this.publicClient.waitForTransactionReceipt({ hash });
		if (receipt.status !== "success") throw new Error("the council's call reverted");
	}

	sender(privateKey = OPERATOR.privateKey): TransactionSender {
		return new TransactionSender({
			pool: this.database.pool,
			databaseUrl: this.database.databaseUrl,
			rpcUrl: this.chain.rpcUrl,
			chainId: TEST_CHAIN.chainId,
			privateKey,
			confirmations: 1,
			pollMillis: 20,
			onAlarm: (message) => this.alarms.push(`sender: ${message}`),
		});
	}

	reconciliation(engine: TestEngine["engine"]): ReconciliationService {
		return new ReconciliationService(
			new LedgerReader({
				pool: this.database.pool,
				rpcUrl: this.chain.rpcUrl,
				deployment: this.deployment,
				confirmations: 1,
				engine: () => engine.read((state, sequence) => ({ sequence, accounts: state.balances() })),
			}),
		);
	}

	async startWorker(
		engine: TestEngine["engine"],
		maxTradesPerChunk: number,
		backend?: JobBackend,
		closingCheck?: NonNullable<WindowPipelineOptions["closing"]>["check"],
		privateKey = OPERATOR.privateKey,
	) {
		const sender = this.sender(privateKey);
		await sender.start();
		const pipelines = new PostgresWindowPipelineRepository(this.database.pool, TEST_CHAIN.chainId);
		const reconciliation = this.reconciliation(engine);
		const service = new WindowPipelineService({
			pipelines,
			trades: new PostgresTradeRepository(this.database.pool),
			readings: new PostgresReadingRepository(this.database.pool),
			chain: new OperatorSettlementChain({ rpcUrl: this.chain.rpcUrl, deployment: this.deployment, sender }),
			reconcile: (windowId) => reconciliation.reconcileWindow(windowId),
			closing: closingCheck && { check: closingCheck, engine },
			maxTradesPerChunk,
			pauseMillis: 50,
			onAlarm: (windowId, message) => this.alarms.push(`window ${windowId}: ${message}`),
		});
		const worker = await SettlementWorker.start({
			service,
			pipelines,
			outbox: new Outbox(this.database.pool),
			backend: backend ?? { kind: "postgres", databaseUrl: this.database.databaseUrl },
			pollMillis: 30,
			onError: (message) => this.alarms.push(message),
		});
		return {
			service,
			pipelines,
			stop: async () => {
				// The sender first: a step that waits for a receipt must not hold the worker up.
				await sender.stop();
				await worker.stop();
			},
		};
	}

	/** Market time for chain and engine alike. */
	async advanceTo(engine: TestEngine["engine"], seconds: number): Promise<void> {
		this.clock.setSeconds(seconds);
		await this.producer.mineNow();
		await engine.submit({ type: "AdvanceClock", nowSeconds: seconds });
	}

	async stageOf(windowId: WindowId): Promise<string | null> {
		const { rows } = await this.database.pool.query("SELECT stage FROM window_pipelines WHERE window_id = $1", [
			windowId,
		]);
		return rows[0]?.stage ?? null;
	}
}

export type TestEngine = { engine: DurableEngine<TradingEngine>; stop: () => Promise<void> };

/** Polls until the check passes; fails with the last value seen. */
export async function eventually<T>(look: () => Promise<T>, isDone: (value: T) => boolean, timeoutMillis = 20_000) {
	const deadline = performance.now() + timeoutMillis;
	for (;;) {
		const value = await look();
		if (isDone(value)) return value;
		if (performance.now() > deadline)
			throw new Error(`not within ${timeoutMillis} ms; last seen: ${JSON.stringify(value)}`);
		await new Promise((resolve) => setTimeout(resolve, 20));
	}
}
