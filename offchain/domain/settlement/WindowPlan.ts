import type { SignedOrder } from "../orders/Order.ts";
import type { Address, Hash32, Hex } from "../units/Address.ts";
import type { WindowId } from "../units/window.ts";
import type { Trade } from "./Trade.ts";

/** An order as a chunk carries it. `index` is its place in the chunk. */
export type PlannedOrder = SignedOrder & { index: number };

/** A trade with the places of its two orders in the chunk. */
export type PlannedTrade = Trade & { sellIndex: number; buyIndex: number };

/** Orders of one account within a chunk. `usesStoredFills`: see docs/PROTOCOL.md, single appearance. */
export type PlannedAccount = { account: Address; usesStoredFills: boolean; orders: PlannedOrder[] };

export type PlannedChunk = {
	index: number;
	/** Selling meters, ascending; the chunk settles with one reading for each. */
	sellMeterIds: number[];
	/** Selling meters, then the meters that only buy. */
	meterIds: number[];
	accounts: PlannedAccount[];
	orders: PlannedOrder[];
	trades: PlannedTrade[];
	/** What is hashed into the commitment and sent to `settleChunk`. */
	bytes: Hex;
	/** `h_{i+1}`: the hash of everything behind this chunk, zero behind the last. */
	restHash: Hash32;
};

/** A window's trades in the form the chain commits to and settles. */
export type WindowPlan = {
	windowId: WindowId;
	/** `h_0`. */
	commitment: Hash32;
	tradeCount: number;
	chunks: PlannedChunk[];
};
