import type { CommittedEvents } from "../../offchain/application/ports/EventFeed.ts";
import type { OrderRecord, OrderRepository } from "../../offchain/application/ports/OrderRepository.ts";
import type { ReadingRepository } from "../../offchain/application/ports/ReadingRepository.ts";
import type { TradeRepository } from "../../offchain/application/ports/TradeRepository.ts";
import type { WindowPipelineRepository } from "../../offchain/application/ports/WindowPipelineRepository.ts";
import type { ChainFact, EngineInput } from "../../offchain/domain/engine/EngineInput.ts";
import type { SignedOrder } from "../../offchain/domain/orders/Order.ts";
import type { Trade } from "../../offchain/domain/settlement/Trade.ts";
import type { Hash32, Hex } from "../../offchain/domain/units/Address.ts";
import { chainHash } from "../../offchain/infrastructure/postgres/EngineLog.ts";
import { decodeEffects, encodeEffects } from "../../offchain/infrastructure/postgres/effectCodec.ts";
import type { InputLog, LoggedGroup, PreparedGroup } from "../../offchain/infrastructure/postgres/InputLog.ts";
import { encodeInputs } from "../../offchain/infrastructure/postgres/inputCodec.ts";
import type { OutboxMessage } from "../../offchain/infrastructure/postgres/Outbox.ts";
import { orderOf } from "../../offchain/infrastructure/postgres/PostgresOrderRepository.ts";
import type { AppliedInput } from "../../offchain/infrastructure/postgres/projectGroup.ts";
import type { ChainStorage } from "../../offchain/infrastructure/reconciliation/ChainStorage.ts";
import { MAX_FACTS_PER_LOG, MAX_LOGS_PER_BLOCK } from "../../offchain/infrastructure/reconciliation/ChainStore.ts";
import type { TransactionStorage } from "../../offchain/infrastructure/reconciliation/TransactionStorage.ts";
import type { MemoryDatabase, MemoryGroup, TransactionRow } from "./MemoryDatabase.ts";
import type { ProcessPorts } from "./ProcessPorts.ts";

const GROUPS_PER_PAGE = 64;
const PROJECTION_LOOK_MILLIS = 20;
const LEASE_MILLIS = 30_000;
const LONGEST_PAUSE_MILLIS = 60_000;

/** The log with the same page size and checks as the one in Postgres. */
export function memoryInputLog(database: MemoryDatabase, ports: ProcessPorts): InputLog {
	return {
		prepare: (epoch, previousHash, group) => {
			const inputBytes = encodeInputs(group.map(({ input }) => input));
			const logHash = chainHash(previousHash, inputBytes);
			const last = group.at(-1) as AppliedInput;
			const prepared: MemoryGroup = {
				epoch,
				firstSequence: last.sequence - group.length + 1,
				lastSequence: last.sequence,
				atMillis: last.atMillis,
				inputBytes,
				events: encodeEffects(group),
				requestIds: group.map(({ requestId }) => requestId),
				logHash,
			};
			return { values: [prepared], logHash };
		},
		commit: (prepared) => ports.write(() => database.commitInputGroup(groupOf(prepared), { checksEpoch: true })),
		async *groupsAfter(sequence, logHash) {
			let cursor = sequence;
			let hash = logHash;
			for (;;) {
				const from = cursor;
				const page = await ports.read(() =>
					database.log.filter((group) => group.firstSequence > from).slice(0, GROUPS_PER_PAGE),
				);
				for (const group of page) {
					if (group.firstSequence !== cursor + 1) throw new Error(`the input log has a gap after ${cursor}`);
					hash = chainHash(hash, encodeInputs(group.inputs));
					if (!hash.equals(group.logHash)) throw new Error(`the input log is damaged at ${group.firstSequence}`);
					yield { ...group, inputs: structuredClone(group.inputs), logHash: hash };
					cursor = group.lastSequence;
				}
				if (page.length < GROUPS_PER_PAGE) return;
			}
		},
		eventsAfter: (sequence) =>
			ports.read(() =>
				database.log
					.filter((group) => group.lastSequence > sequence)
					.slice(0, GROUPS_PER_PAGE)
					.flatMap((group) => committedOf(group))
					.filter((committed) => committed.sequence > sequence),
			),
		appliedAfter: (sequence) =>
			ports.read(() =>
				database.log
					.filter((group) => group.lastSequence > sequence)
					.slice(0, GROUPS_PER_PAGE)
					.flatMap((group) =>
						committedOf(group).map((committed, index) => ({
							...committed,
							input: structuredClone(group.inputs[index]) as EngineInput,
							requestId: group.requestIds?.[index] ?? null,
						})),
					)
					.filter((applied) => applied.sequence > sequence),
			),
		projectedSequence: () => ports.read(() => database.projectedSequence),
		project: (afterSequence, lastSequence, rows) =>
			ports.write(() => database.projectInputs(afterSequence, lastSequence, rows)),
		requestsUpTo: (sequence, inputs) =>
			ports.read(() =>
				database.log
					.filter((group) => group.firstSequence >= sequence - inputs && group.firstSequence <= sequence)
					.flatMap((group) =>
						(group.requestIds ?? []).flatMap((requestId, index) =>
							requestId === null ? [] : [{ requestId, sequence: group.firstSequence + index }],
						),
					),
			),
		latestSnapshot: () => ports.read(() => database.snapshots.at(-1) ?? null),
		snapshotSequence: () => ports.read(() => database.snapshots.at(-1)?.sequence ?? 0),
		saveSnapshot: (snapshot) =>
			ports.write(() => {
				if (database.snapshots.some(({ sequence }) => sequence === snapshot.sequence)) return;
				database.snapshots = [...database.snapshots, snapshot].sort((a, b) => a.sequence - b.sequence).slice(-3);
			}),
	};
}

/** The tables hold what was committed when it was asked. */
export async function untilProjected(database: MemoryDatabase, ports: ProcessPorts): Promise<void> {
	const committed = await ports.read(() => database.lastSequence);
	while ((await ports.read(() => database.projectedSequence)) < committed) await ports.sleep(PROJECTION_LOOK_MILLIS);
}

/** What this log prepared. */
export function groupOf(prepared: PreparedGroup): MemoryGroup {
	return prepared.values[0] as MemoryGroup;
}

export function committedOf({ events, firstSequence, inputs }: LoggedGroup): CommittedEvents[] {
	return decodeEffects(events, firstSequence, inputs);
}

export function memoryChainStore(database: MemoryDatabase, ports: ProcessPorts): ChainStorage {
	const moveCursor = (from: { blockNumber: number; blockHash: Hash32 | null }, number: number, hash: Hash32 | null) => {
		const { cursor } = database;
		if (cursor === null || cursor.blockNumber !== from.blockNumber || cursor.blockHash !== from.blockHash) {
			throw new Error("another indexer has moved the cursor");
		}
		database.cursor = { ...cursor, blockNumber: number, blockHash: hash };
	};
	return {
		cursor: (firstBlock) =>
			ports.write(() => {
				database.cursor ??= {
					blockNumber: firstBlock - 1,
					blockHash: null,
					deliveredPosition: 0,
					haltedCause: null,
				};
				const { blockNumber, blockHash, deliveredPosition } = database.cursor;
				return { blockNumber, blockHash, deliveredPosition };
			}),
		storedHash: (number) => ports.read(() => database.blocks.get(number)?.hash ?? null),
		append: (parent, blocks, events) =>
			ports.write(() => {
				const head = blocks.at(-1);
				if (head === undefined) throw new Error("nothing to append");
				for (const { number } of blocks) if (database.blocks.has(number)) throw new Error(`block ${number} is there`);
				moveCursor(parent, head.number, head.hash);
				for (const block of blocks) database.blocks.set(block.number, block);
				for (const event of events) database.events.set(`${event.blockHash}-${event.logIndex}`, event);
			}),
		rollBack: (from, ancestorNumber, ancestorHash) =>
			ports.write(() => {
				moveCursor(from, ancestorNumber, ancestorHash);
				for (const number of [...database.blocks.keys()]) if (number > ancestorNumber) database.blocks.delete(number);
				for (const [key, event] of database.events) if (event.blockNumber > ancestorNumber) database.events.delete(key);
				database.reorgs += 1;
			}),
		undelivered: (lastFinalBlock, limit) =>
			ports.read(() => {
				const delivered = database.cursor?.deliveredPosition ?? 0;
				return factsOf(database)
					.filter(({ position, blockNumber }) => blockNumber <= lastFinalBlock && position > delivered)
					.slice(0, limit)
					.map(({ position, fact }) => ({ type: "ChainFact", position, fact }));
			}),
		markDelivered: (position) =>
			ports.write(() => {
				if (database.cursor === null) throw new Error("no cursor");
				database.cursor.deliveredPosition = Math.max(database.cursor.deliveredPosition, position);
			}),
		hasDeliveredAbove: (number) =>
			ports.read(() => {
				const delivered = database.cursor?.deliveredPosition ?? 0;
				return factsOf(database).some(({ position, blockNumber }) => blockNumber > number && position <= delivered);
			}),
		halt: (cause) =>
			ports.write(() => {
				if (database.cursor !== null) database.cursor.haltedCause = cause;
			}),
	};
}

/** Every indexed fact in order. */
export function factsOf(
	database: MemoryDatabase,
): { position: number; blockNumber: number; fact: ChainFact["fact"] }[] {
	return [...database.events.values()]
		.flatMap((event) =>
			event.facts.map((fact, place) => ({
				position: (event.blockNumber * MAX_LOGS_PER_BLOCK + event.logIndex) * MAX_FACTS_PER_LOG + place,
				blockNumber: event.blockNumber,
				fact,
			})),
		)
		.sort((a, b) => a.position - b.position);
}

export function memoryTransactionStore(database: MemoryDatabase, ports: ProcessPorts): TransactionStorage {
	const row = (id: number): TransactionRow => database.transactions[id - 1] as TransactionRow;
	const plain = ({ requestKey: _key, ...transaction }: TransactionRow) => ({ ...transaction });
	const attemptsOf = (id: number) =>
		(database.attempts.get(id) ?? []).map(({ signedAt, ...attempt }) => ({
			...attempt,
			ageMillis: ports.scheduler.nowMillis - signedAt,
		}));
	return {
		request: ({ requestKey, to, data }) =>
			ports.write(() => {
				const known = database.transactions.findLast((transaction) => transaction.requestKey === requestKey);
				if (known !== undefined && ["queued", "sent", "confirmed"].includes(known.state)) return plain(known);
				const added: TransactionRow = {
					id: database.transactions.length + 1,
					requestKey,
					to,
					data,
					nonce: null,
					gasLimit: null,
					state: "queued",
					detail: null,
					transactionHash: null,
					blockNumber: null,
					gasUsed: null,
				};
				database.transactions.push(added);
				return plain(added);
			}),
		byId: (id) => ports.read(() => plain(row(id))),
		open: () =>
			ports.read(() =>
				database.transactions
					.filter(({ state }) => state === "queued" || state === "sent")
					.sort((a, b) => (a.nonce ?? Number.MAX_SAFE_INTEGER) - (b.nonce ?? Number.MAX_SAFE_INTEGER) || a.id - b.id)
					.map(plain),
			),
		assignNonce: (id, gasLimit, least) =>
			ports.write(() => {
				if (row(id).state !== "queued") throw new Error(`transaction ${id} is not queued`);
				const nonce = Math.max(database.nextNonce ?? 0, least);
				database.nextNonce = nonce + 1;
				Object.assign(row(id), { nonce, gasLimit, state: "sent" });
				return nonce;
			}),
		requeue: (id) =>
			ports.write(() => {
				if (row(id).state !== "sent") return;
				database.attempts.delete(id);
				Object.assign(row(id), { nonce: null, gasLimit: null, state: "queued" });
			}),
		attemptsOfNonce: (nonce) =>
			ports.read(() => {
				const known = database.transactions.find((transaction) => transaction.nonce === nonce);
				return known === undefined ? [] : attemptsOf(known.id);
			}),
		nextNonce: () => ports.read(() => database.nextNonce),
		addAttempt: (id, attempt) =>
			ports.write(() => {
				const attempts = database.attempts.get(id) ?? [];
				if (attempts.some((known) => known.attempt === attempt.attempt)) throw new Error("the attempt is there");
				database.attempts.set(id, [...attempts, { ...attempt, signedAt: ports.scheduler.nowMillis }]);
			}),
		attempts: (id) => ports.read(() => attemptsOf(id)),
		finish: (id, outcome) =>
			ports.write(() => {
				Object.assign(row(id), { detail: null, transactionHash: null, blockNumber: null, gasUsed: null }, outcome);
			}),
	};
}

/** The same three methods as `Outbox`. */
export type OutboxStore = {
	take(topics: string[], limit: number): Promise<OutboxMessage[]>;
	done(outboxId: number): Promise<void>;
	failed(message: OutboxMessage, error: string): Promise<boolean>;
};

export function memoryOutbox(database: MemoryDatabase, ports: ProcessPorts): OutboxStore {
	const byId = (outboxId: number) => [...database.outbox.values()].find((row) => row.outboxId === outboxId);
	return {
		take: (topics, limit) =>
			ports.write(() => {
				const now = ports.scheduler.nowMillis;
				const due = [...database.outbox.values()]
					.filter((row) => topics.includes(row.topic) && row.state === "waiting" && row.availableAt <= now)
					.slice(0, limit);
				for (const row of due) {
					row.attempts += 1;
					row.availableAt = now + LEASE_MILLIS;
				}
				return due.map(({ outboxId, topic, payload, attempts }) => ({ outboxId, topic, payload, attempts }));
			}),
		done: (outboxId) =>
			ports.write(() => {
				const row = byId(outboxId);
				if (row !== undefined) row.state = "done";
			}),
		failed: ({ outboxId, attempts }) =>
			ports.write(() => {
				const row = byId(outboxId);
				if (row === undefined) return false;
				const pause = Math.min(1_000 * 2 ** (attempts - 1), LONGEST_PAUSE_MILLIS);
				row.availableAt = ports.scheduler.nowMillis + pause;
				return false;
			}),
	};
}

export function memoryPipelines(database: MemoryDatabase, ports: ProcessPorts): WindowPipelineRepository {
	const FINAL = ["reconciled", "empty", "missed", "voided", "expired"];
	const row = (windowId: number) => database.pipelines.get(windowId);
	return {
		open: (windowId) =>
			ports.write(() => {
				if (row(windowId) !== undefined) return;
				database.pipelines.set(windowId, {
					windowId,
					stage: "closed",
					commitment: null,
					tradeCount: null,
					chunkCount: null,
					attempts: 0,
					problem: null,
					isBalanced: null,
					gasUsed: 0,
					nextLookAt: 0,
				});
			}),
		byWindow: (windowId) =>
			ports.read(() => {
				const pipeline = row(windowId);
				return pipeline === undefined ? null : { ...pipeline };
			}),
		due: (limit) =>
			ports.read(() =>
				[...database.pipelines.values()]
					.filter(({ stage, nextLookAt }) => !FINAL.includes(stage) && nextLookAt <= ports.scheduler.nowMillis)
					.map(({ windowId }) => windowId)
					.sort((a, b) => a - b)
					.slice(0, limit),
			),
		ordersOf: (windowId) =>
			ports.read(() => {
				const standing = [...database.trades.values()].filter(
					(trade) => trade.window_id === windowId && trade.unwound_sequence === null,
				);
				const hashes = new Set(standing.flatMap((trade) => [trade.sell_order_hash, trade.buy_order_hash]));
				return [...hashes].map((hash): SignedOrder => {
					const stored = database.orders.get(hash);
					if (stored === undefined) throw new Error(`order ${hash} is not in the database`);
					return {
						order: orderOf(stored as never),
						orderHash: hash as Hash32,
						signature: stored.signature as Hex,
					};
				});
			}),
		savePlan: (plan) =>
			ports.write(() => {
				const pipeline = row(plan.windowId);
				if (pipeline === undefined || !["closed", "planned"].includes(pipeline.stage)) return;
				Object.assign(pipeline, {
					stage: "planned",
					commitment: plan.commitment,
					tradeCount: plan.tradeCount,
					chunkCount: plan.chunks.length,
					problem: null,
					nextLookAt: ports.scheduler.nowMillis,
				});
				database.chunks.set(
					plan.windowId,
					plan.chunks.map(({ index, bytes, restHash, sellMeterIds, trades }) => ({
						windowId: plan.windowId,
						index,
						bytes,
						restHash,
						sellMeterIds,
						tradeCount: trades.length,
					})),
				);
			}),
		chunks: (windowId) => ports.read(() => [...(database.chunks.get(windowId) ?? [])]),
		advance: (windowId, stage, isBalanced) =>
			ports.write(() => {
				const pipeline = row(windowId);
				if (pipeline === undefined || FINAL.includes(pipeline.stage)) return;
				Object.assign(pipeline, {
					stage,
					attempts: 0,
					problem: null,
					nextLookAt: ports.scheduler.nowMillis,
					isBalanced: isBalanced ?? pipeline.isBalanced,
				});
			}),
		postpone: (windowId, pauseMillis, problem) =>
			ports.write(() => {
				const pipeline = row(windowId);
				if (pipeline === undefined) return;
				pipeline.attempts += 1;
				pipeline.problem = problem;
				pipeline.nextLookAt = ports.scheduler.nowMillis + pauseMillis;
			}),
		noteChunk: () => ports.write(() => undefined),
		refreshGas: () => ports.write(() => undefined),
		chunkRecord: (windowId, chunkIndex) =>
			ports.read(() => {
				const settled = [...database.events.values()].find(
					({ name, args }) => name === "ChunkSettled" && args.windowId === windowId && args.chunkIndex === chunkIndex,
				);
				return (settled?.args.record as Hex | undefined) ?? null;
			}),
		sessionState: (windowId) => ports.read(() => database.windows.get(windowId)?.session_state ?? null),
	};
}

export function memoryTrades(database: MemoryDatabase, ports: ProcessPorts): Pick<TradeRepository, "ofWindow"> {
	return {
		ofWindow: async (windowId) => {
			await untilProjected(database, ports);
			return ports.read(() =>
				[...database.trades.values()]
					.filter((trade) => trade.window_id === windowId && trade.unwound_sequence === null)
					.map(tradeOf),
			);
		},
	};
}

export function tradeOf(row: Record<string, unknown>): Trade {
	return {
		tradeId: row.trade_id,
		windowId: row.window_id,
		sellOrderHash: row.sell_order_hash,
		buyOrderHash: row.buy_order_hash,
		seller: row.seller,
		buyer: row.buyer,
		sellMeterId: row.sell_meter_id,
		buyMeterId: row.buy_meter_id,
		sellZoneId: row.sell_zone_id,
		buyZoneId: row.buy_zone_id,
		energyWh: row.energy_wh,
		lossWh: row.loss_wh,
		sellerPriceSatPerKwh: row.seller_price_sat_per_kwh,
		buyerPriceSatPerKwh: row.buyer_price_sat_per_kwh,
		takerSide: row.taker_side,
	} as Trade;
}

export function memoryReadings(database: MemoryDatabase, ports: ProcessPorts): ReadingRepository {
	return {
		add: (batch) => ports.write(() => database.addReadings(batch)),
		ofWindow: (windowId) => ports.read(() => [...(database.readings.get(windowId) ?? [])]),
	};
}

export function memoryOrders(database: MemoryDatabase, ports: ProcessPorts): Pick<OrderRepository, "byHash"> {
	return {
		byHash: (orderHash) =>
			ports.read(() => {
				const row = database.orders.get(orderHash);
				if (row === undefined) return null;
				return {
					orderHash,
					order: orderOf(row as never),
					signature: row.signature,
					state: row.state,
					reason: row.reason,
					detail: row.detail,
					filledWh: row.filled_wh,
					openWh: row.open_wh,
					placedSequence: row.placed_sequence,
					changedSequence: row.changed_sequence,
					placedAtMillis: row.placed_at_millis,
				} as OrderRecord;
			}),
	};
}
