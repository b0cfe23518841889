import type pg from "pg";
import type { EngineGateway } from "../../application/ports/EngineGateway.ts";
import { sleepMillis } from "../clock/sleepMillis.ts";
import { ChainHaltError } from "./ChainHaltError.ts";
import type { ChainBlock, ChainSource } from "./ChainSource.ts";
import type { ChainCursor, ChainStorage, IndexedEvent } from "./ChainStorage.ts";
import { ChainStore, MAX_FACTS_PER_LOG, MAX_LOGS_PER_BLOCK } from "./ChainStore.ts";
import type { DecodeChainLog } from "./DecodedChainEvent.ts";

/** Deeper reorganisations are not followed: a person decides. */
export const MAX_REORG_DEPTH = 64;
const BLOCKS_PER_STEP = 64;
const FACTS_PER_DELIVERY = 1_000;

/** Kept in Postgres, or anywhere else. */
type StoreSource = { pool: pg.Pool; store?: never } | { store: ChainStorage; pool?: never };

export type ChainIndexerOptions = StoreSource & {
	chainId: number;
	/** First block that can contain an event of ours. */
	firstBlock: number;
	source: ChainSource;
	decode: DecodeChainLog;
	/** Told every final fact, in order; may be told again after a crash. */
	engine: EngineGateway;
	/** A block is final with this many blocks counting itself; 1 = as soon as it is seen. */
	confirmations: number;
	pollMillis?: number;
	/** Told once, before `run` rejects. */
	onHalt?: (error: ChainHaltError) => void;
	/** Told when the chain or the database stops answering and when it answers again. */
	onChange?: (isHealthy: boolean, cause: string) => void;
	sleep?: typeof sleepMillis;
};

export type IndexerStatus = {
	indexedBlock: number;
	headBlock: number;
	deliveredPosition: number;
	haltedCause: string | null;
	/** Wall-clock ms since the last successful look at the chain. */
	silentMillis: number;
};

/**
 * Follows one chain, block by block with parent hashes, into Postgres; every effect exactly once. A reorganisation of
 * up to 64 blocks replaces rows; a deeper one, or one below what the engine was told as final, halts loudly. Facts go
 * to the engine in order of position; the engine ignores what it knows, so delivery repeats safely.
 */
export class ChainIndexer {
	private readonly options: ChainIndexerOptions;
	private readonly store: ChainStorage;
	private readonly sleep: typeof sleepMillis;
	private readonly abort = new AbortController();
	private cursor: ChainCursor | null = null;
	private headBlock = -1;
	private haltedCause: string | null = null;
	private lastLookAt = performance.now();
	private isHealthy = true;

	constructor(options: ChainIndexerOptions) {
		this.options = options;
		this.store = options.store ?? new ChainStore(options.pool, options.chainId);
		this.sleep = options.sleep ?? sleepMillis;
	}

	/** Follows the chain until `stop`; rejects with `ChainHaltError` when a person must look. */
	async run(): Promise<void> {
		while (!this.abort.signal.aborted) {
			try {
				const hasMore = await this.step();
				this.report(true, "");
				if (hasMore) continue;
			} catch (error) {
				if (error instanceof ChainHaltError) {
					this.haltedCause = error.message;
					await this.store.halt(error.message).catch(() => undefined);
					this.options.onHalt?.(error);
					throw error;
				}
				// The cursor in memory may be behind or ahead of the database: read it again.
				this.cursor = null;
				this.report(false, error instanceof Error ? error.message : String(error));
			}
			await this.sleep(this.options.pollMillis ?? 200, this.abort.signal);
		}
	}

	stop(): void {
		this.abort.abort();
	}

	status(): IndexerStatus {
		return {
			indexedBlock: this.cursor?.blockNumber ?? -1,
			headBlock: this.headBlock,
			deliveredPosition: this.cursor?.deliveredPosition ?? 0,
			haltedCause: this.haltedCause,
			silentMillis: Math.round(performance.now() - this.lastLookAt),
		};
	}

	/** One round: index at most 64 blocks, or take a reorganisation back, then deliver. True when there is more. */
	async step(): Promise<boolean> {
		this.cursor ??= await this.store.cursor(this.options.firstBlock);
		const headNumber = await this.options.source.headNumber();
		this.headBlock = headNumber;
		this.lastLookAt = performance.now();
		if (!(await this.isOnChain(this.cursor))) {
			await this.followReorg(this.cursor);
			return true;
		}
		const first = this.cursor.blockNumber + 1;
		const last = Math.min(headNumber, first + BLOCKS_PER_STEP - 1);
		if (first <= last && !(await this.index(this.cursor, first, last))) return true;
		await this.deliver();
		return last < headNumber;
	}

	private async isOnChain(cursor: ChainCursor): Promise<boolean> {
		if (cursor.blockHash === null) return true;
		const block = await this.options.source.block(cursor.blockNumber);
		return block?.hash === cursor.blockHash;
	}

	/** False when the chain changed while it was read: look again. */
	private async index(cursor: ChainCursor, first: number, last: number): Promise<boolean> {
		const { source } = this.options;
		const numbers = Array.from({ length: last - first + 1 }, (_, index) => first + index);
		const found = await Promise.all(numbers.map((number) => source.block(number)));
		const blocks: ChainBlock[] = [];
		let parentHash = cursor.blockHash;
		for (const block of found) {
			if (block === null || (parentHash !== null && block.parentHash !== parentHash)) return false;
			blocks.push(block);
			parentHash = block.hash;
		}
		const logs = (await Promise.all(blocks.map((block) => source.logs(block)))).flat();
		const events: IndexedEvent[] = [];
		for (const log of logs) {
			const decoded = this.decode(log);
			if (log.logIndex >= MAX_LOGS_PER_BLOCK || (decoded?.facts.length ?? 0) > MAX_FACTS_PER_LOG) {
				throw new ChainHaltError(`log ${log.logIndex} of block ${log.blockNumber} does not fit a position`);
			}
			if (decoded !== null) events.push({ ...log, ...decoded });
		}
		await this.store.append(cursor, blocks, events);
		const head = blocks.at(-1) as ChainBlock;
		this.cursor = { ...cursor, blockNumber: head.number, blockHash: head.hash };
		return true;
	}

	private decode(log: Parameters<DecodeChainLog>[0]) {
		try {
			return this.options.decode(log);
		} catch (error) {
			const cause = error instanceof Error ? error.message : String(error);
			throw new ChainHaltError(`log ${log.logIndex} of block ${log.blockNumber} cannot be read: ${cause}`);
		}
	}

	private async followReorg(cursor: ChainCursor): Promise<void> {
		const { source, firstBlock } = this.options;
		for (let depth = 1; depth <= MAX_REORG_DEPTH; depth++) {
			const number = cursor.blockNumber - depth;
			const storedHash = number < firstBlock ? null : await this.store.storedHash(number);
			const isShared = number < firstBlock || (await source.block(number))?.hash === storedHash;
			if (!isShared) continue;
			if (await this.store.hasDeliveredAbove(number)) {
				throw new ChainHaltError(
					`the chain replaced ${depth} blocks above ${number}, among them events already taken as final (${this.options.confirmations} confirmations)`,
				);
			}
			await this.store.rollBack(cursor, number, storedHash);
			this.cursor = { ...cursor, blockNumber: number, blockHash: storedHash };
			return;
		}
		throw new ChainHaltError(
			`the chain replaced more than ${MAX_REORG_DEPTH} blocks below block ${cursor.blockNumber}: not followed`,
		);
	}

	private async deliver(): Promise<void> {
		const lastFinalBlock = (this.cursor as ChainCursor).blockNumber - this.options.confirmations + 1;
		for (;;) {
			const facts = await this.store.undelivered(lastFinalBlock, FACTS_PER_DELIVERY);
			if (facts.length === 0) return;
			const replies = await this.options.engine.submitMany(facts);
			const refused = replies.findIndex((reply) => reply.status !== "applied");
			const acknowledged = facts.at(refused === -1 ? facts.length - 1 : refused - 1);
			if (refused !== 0 && acknowledged !== undefined) {
				await this.store.markDelivered(acknowledged.position);
				this.cursor = { ...(this.cursor as ChainCursor), deliveredPosition: acknowledged.position };
			}
			// Busy: the rest goes with the next round.
			if (refused !== -1) return;
		}
	}

	private report(isHealthy: boolean, cause: string): void {
		if (isHealthy === this.isHealthy) return;
		this.isHealthy = isHealthy;
		this.options.onChange?.(isHealthy, cause);
	}
}
