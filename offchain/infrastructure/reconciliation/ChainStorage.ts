import type { ChainFact } from "../../domain/engine/EngineInput.ts";
import type { Hash32 } from "../../domain/units/Address.ts";
import type { ChainBlock, ChainLog } from "./ChainSource.ts";
import type { DecodedChainEvent } from "./DecodedChainEvent.ts";

export type ChainCursor = { blockNumber: number; blockHash: Hash32 | null; deliveredPosition: number };
export type IndexedEvent = ChainLog & DecodedChainEvent;

/** Where the indexed chain is kept; rows, projections and cursor move in one transaction, or not at all. */
export interface ChainStorage {
	/** Where indexing stands; begins before `firstBlock` when nothing is kept yet. */
	cursor(firstBlock: number): Promise<ChainCursor>;
	storedHash(number: number): Promise<Hash32 | null>;
	/** Adds blocks on top of `parent`; fails when another indexer has moved the cursor meanwhile. */
	append(parent: ChainCursor, blocks: ChainBlock[], events: IndexedEvent[]): Promise<void>;
	/** Takes back every block above `ancestorNumber`, and everything that came from it. */
	rollBack(from: ChainCursor, ancestorNumber: number, ancestorHash: Hash32 | null): Promise<void>;
	/** Facts behind the last acknowledged one, up to and with `lastFinalBlock`, in order. */
	undelivered(lastFinalBlock: number, limit: number): Promise<ChainFact[]>;
	markDelivered(position: number): Promise<void>;
	/** Whether the engine has been told anything from above this block: that cannot be taken back. */
	hasDeliveredAbove(number: number): Promise<boolean>;
	halt(cause: string | null): Promise<void>;
}
