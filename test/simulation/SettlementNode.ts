import { keccak256, parseTransaction } from "viem";
import type { DatabaseLedger } from "../../offchain/application/ports/LedgerViews.ts";
import type { TradeRepository } from "../../offchain/application/ports/TradeRepository.ts";
import { ReconciliationService } from "../../offchain/application/services/ReconciliationService.ts";
import { WindowPipelineService } from "../../offchain/application/services/WindowPipelineService.ts";
import type { Address, Hex } from "../../offchain/domain/units/Address.ts";
import type { WindowId } from "../../offchain/domain/units/window.ts";
import { OutboxRelay } from "../../offchain/infrastructure/queue/OutboxRelay.ts";
import { ChainIndexer } from "../../offchain/infrastructure/reconciliation/ChainIndexer.ts";
import { TransactionSender } from "../../offchain/infrastructure/reconciliation/TransactionSender.ts";
import type { Canary } from "./Canary.ts";
import type { EngineNetwork } from "./EngineNetwork.ts";
import type { EngineNode } from "./EngineNode.ts";
import type { History } from "./History.ts";
import type { MemoryDatabase } from "./MemoryDatabase.ts";
import {
	factsOf,
	memoryChainStore,
	memoryOutbox,
	memoryPipelines,
	memoryReadings,
	memoryTrades,
	memoryTransactionStore,
	untilProjected,
} from "./memoryStores.ts";
import type { ProcessPorts } from "./ProcessPorts.ts";
import { chainSource, decodeLog, type SimulatedChain, senderNode, type Transaction } from "./SimulatedChain.ts";
import { SimulatedSettlement } from "./SimulatedSettlement.ts";
import { simulatedClosingCheck } from "./simulatedClosingCheck.ts";

export const CONFIRMATIONS = 4;
export const OPERATOR_KEY: Hex = `0x${"11".repeat(32)}`;
const CHAIN_ID = 31_337;
const POLL_MILLIS = 6_000;
const LOCK_PING_MILLIS = 5_000;
const LOCK_STALE_MILLIS = 15_000;

export type SettlementNodeParts = {
	ports: ProcessPorts;
	database: MemoryDatabase;
	chain: SimulatedChain;
	network: EngineNetwork;
	history: History;
	canary: Canary | null;
	leader: () => EngineNode | null;
};

/** A worker process: indexer, transaction sender, outbox and window pipelines, all of them the real classes. */
export class SettlementNode {
	private readonly parts: SettlementNodeParts;
	private readonly active = new Set<WindowId>();

	constructor(parts: SettlementNodeParts) {
		this.parts = parts;
	}

	async run(): Promise<void> {
		const { ports, database, chain, network, history, canary } = this.parts;
		const chainStore = memoryChainStore(database, ports);
		const indexer = new ChainIndexer({
			store: canary?.chainStore?.(chainStore, database, ports) ?? chainStore,
			chainId: CHAIN_ID,
			firstBlock: 1,
			source: chainSource(chain, ports),
			decode: decodeLog,
			engine: network,
			confirmations: CONFIRMATIONS,
			pollMillis: POLL_MILLIS,
			sleep: (millis, signal) => ports.sleep(millis, signal),
			onHalt: (error) => history.halts.push(error.message),
		});
		indexer.run().catch(() => undefined);
		const transactionStore = memoryTransactionStore(database, ports);
		const sender = new TransactionSender({
			surroundings: {
				store: canary?.transactionStore?.(transactionStore, database, ports) ?? transactionStore,
				node: senderNode(chain, ports, readRaw),
				lockKey: () => this.lockKey(),
				sleep: (millis, signal) => ports.sleep(millis, signal),
			},
			chainId: CHAIN_ID,
			privateKey: OPERATOR_KEY,
			confirmations: CONFIRMATIONS,
			bumpAfterMillis: 25_000,
			pollMillis: POLL_MILLIS,
			onAlarm: (message) => history.alarms.push(message),
			onLost: () => ports.scheduler.kill(ports.process),
		});
		void sender.start().catch(() => ports.scheduler.kill(ports.process));
		const pipelines = memoryPipelines(database, ports);
		const reconciliation = this.reconciliation();
		const closingCheck = canary?.closing?.(simulatedClosingCheck) ?? simulatedClosingCheck;
		const service = new WindowPipelineService({
			pipelines,
			trades: memoryTrades(database, ports) as TradeRepository,
			readings: memoryReadings(database, ports),
			chain: new SimulatedSettlement(chain, ports, sender),
			reconcile: (windowId) => reconciliation.reconcileWindow(windowId),
			closing: { check: async (trades) => closingCheck(trades), engine: network },
			maxTradesPerChunk: 4,
			pauseMillis: 4_000,
			onAlarm: (windowId, message) => history.alarms.push(`${windowId}: ${message}`),
		});
		const outbox = memoryOutbox(database, ports);
		const relay = new OutboxRelay({
			outbox: canary?.outbox?.(outbox, database, ports) ?? outbox,
			handlers: {
				session: async (message: { windowId: WindowId; to: string }) => {
					if (message.to === "closed") await service.open(message.windowId);
				},
			},
			pollMillis: POLL_MILLIS,
			onError: () => undefined,
		});
		for (;;) {
			await relay.round().catch(() => 0);
			for (const windowId of await pipelines.due(10).catch(() => [])) this.look(service, windowId);
			await ports.sleep(POLL_MILLIS);
		}
	}

	/** As a queue that is at least once, and now and then not even that. */
	private look(service: WindowPipelineService, windowId: WindowId): void {
		const { ports } = this.parts;
		if (this.active.has(windowId) || ports.fault("lostJob")) return;
		this.active.add(windowId);
		const done = () => this.active.delete(windowId);
		service.advance(windowId).then(done, done);
		if (ports.fault("repeatedJob")) void service.advance(windowId).catch(() => undefined);
	}

	private async lockKey() {
		const { ports, database } = this.parts;
		const { keyOwner } = database;
		for (;;) {
			const isOwner = await ports.write(() => {
				const isHeld =
					keyOwner.holder !== null &&
					!keyOwner.holder.isDead &&
					ports.scheduler.nowMillis - keyOwner.heartbeatAt < LOCK_STALE_MILLIS;
				if (isHeld) return false;
				keyOwner.holder = ports.process;
				keyOwner.heartbeatAt = ports.scheduler.nowMillis;
				return true;
			});
			if (isOwner) break;
			await ports.sleep(LOCK_PING_MILLIS);
		}
		const lost = Promise.withResolvers<Error>();
		const ping = async (): Promise<void> => {
			for (;;) {
				await ports.sleep(LOCK_PING_MILLIS);
				await ports.write(() => {
					if (keyOwner.holder !== ports.process) throw new Error("another process sends");
					keyOwner.heartbeatAt = ports.scheduler.nowMillis;
				});
			}
		};
		ping().catch((error: Error) => lost.resolve(error));
		return { release: async () => undefined, whenLost: () => lost.promise };
	}

	private reconciliation(): ReconciliationService {
		const { ports, database, chain, leader } = this.parts;
		const windowTrades = (windowId: WindowId) =>
			[...database.trades.values()].filter((trade) => trade.window_id === windowId && trade.unwound_sequence === null);
		const total = (numbers: number[]) => numbers.reduce((sum, value) => sum + value, 0);
		return new ReconciliationService(
			{
				engine: async () => {
					await ports.sleep(5);
					const engine = leader()?.engine;
					if (engine == null) throw new Error("no engine leads");
					// A leader that dies never answers; the job fails and is looked at again.
					const read = engine.read((state, sequence) => ({ sequence, accounts: state.balances() }));
					const ledger = await Promise.race([read, ports.sleep(5_000).then(() => null)]);
					if (ledger === null) throw new Error("the engine is silent");
					return structuredClone(ledger);
				},
				database: async () => {
					await untilProjected(database, ports);
					return ports.read(() => databaseLedger(database));
				},
				chain: (accounts, blockNumber) =>
					ports.node(false, () => {
						const state = chain.blocks[blockNumber]?.state;
						if (state === undefined) throw new Error("no such block");
						return {
							balances: new Map(accounts.map((account) => [account, state.balances[account] ?? 0])),
							totalMsat: total(Object.values(state.balances)),
						};
					}),
				windowRows: (windowId) =>
					ports.read(() => {
						const trades = windowTrades(windowId);
						const kept = database.windows.get(windowId);
						return {
							added: {
								trades: trades.length,
								energyWh: total(trades.map((trade) => trade.energy_wh)),
								lossWh: total(trades.map((trade) => trade.loss_wh)),
							},
							kept: {
								trades: kept?.trade_count ?? 0,
								energyWh: kept?.energy_wh ?? 0,
								lossWh: kept?.loss_wh ?? 0,
							},
						};
					}),
				windowOnChain: (windowId) =>
					ports.read(() => {
						const events = [...database.events.values()].filter(({ args }) => args.windowId === windowId);
						const chunks = events.filter(({ name }) => name === "ChunkSettled");
						return {
							trades: total(chunks.map(({ args }) => args.trades as number)),
							chunks: chunks.length,
							deltaSumMsat: total(events.flatMap((event) => event.balanceChanges).map((change) => change.deltaMsat)),
							status: chunks.some(({ args }) => args.last === true) ? "settled" : "none",
						};
					}),
				windowPlan: (windowId) =>
					ports.read(() => {
						const pipeline = database.pipelines.get(windowId);
						if (pipeline?.tradeCount == null) return null;
						return { trades: pipeline.tradeCount, chunks: pipeline.chunkCount ?? 0 };
					}),
			},
			() => ports.sleep(2_000),
		);
	}
}

export function databaseLedger(database: MemoryDatabase): DatabaseLedger {
	const finalBlock = (database.cursor?.blockNumber ?? 0) - CONFIRMATIONS + 1;
	const indexedBalances = new Map<Address, number>();
	for (const { balanceChanges, blockNumber } of database.events.values()) {
		if (blockNumber > finalBlock) continue;
		for (const { account, deltaMsat } of balanceChanges) {
			indexedBalances.set(account, (indexedBalances.get(account) ?? 0) + deltaMsat);
		}
	}
	const delivered = database.cursor?.deliveredPosition ?? 0;
	return {
		sequence: database.projectedSequence,
		accounts: [...database.accounts].map(([account, row]) => ({
			account: account as Address,
			availableMsat: row.available_msat,
			reservedMsat: row.reserved_msat,
			changedSequence: row.changed_sequence,
		})),
		indexedBalances,
		finalBlock: Math.max(0, finalBlock),
		undeliveredFacts: factsOf(database).filter(
			({ position, blockNumber }) => blockNumber <= finalBlock && position > delivered,
		).length,
		deliveredPosition: delivered,
	};
}

function readRaw(raw: Hex): Transaction {
	const { nonce, maxFeePerGas, data } = parseTransaction(raw);
	return {
		hash: keccak256(raw),
		from: OPERATOR,
		nonce: nonce ?? 0,
		maxFeePerGas: maxFeePerGas ?? 0n,
		data: data ?? "0x",
	};
}

/** Of `OPERATOR_KEY`. */
export const OPERATOR: Address = "0x19e7e376e7c213b7e7e7e46cc70a5dd086daff2a";
