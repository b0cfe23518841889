import { keccak_256 } from "@noble/hashes/sha3.js";
import { bytesToHex, concatBytes, hexToBytes } from "@noble/hashes/utils.js";
import type { SignedOrder } from "../orders/Order.ts";
import type { Address, Hash32 } from "../units/Address.ts";
import type { WindowId } from "../units/window.ts";
import { encodeChunk, MAX_GROUP_ORDERS } from "./encodeChunk.ts";
import type { Trade } from "./Trade.ts";
import type { PlannedAccount, PlannedChunk, PlannedOrder, PlannedTrade, WindowPlan } from "./WindowPlan.ts";

export const NO_HASH: Hash32 = `0x${"00".repeat(32)}`;

export type WindowPlanInput = {
	windowId: WindowId;
	/** Every order named by a trade; others are left out of the plan. */
	orders: readonly SignedOrder[];
	trades: readonly Trade[];
	/** A meter's sells stay together, so a chunk may exceed this by the trades of its last meter. */
	maxTradesPerChunk: number;
};

/**
 * Arranges a window's trades for the chain. The same trades give the same bytes in whatever order they come: chunks
 * ascend by selling meter (so that the sells of a meter share one reading and are settled once), accounts by address,
 * orders by sequence. Throws when a trade names an order that is not given or contradicts it.
 */
export function buildWindowPlan(input: WindowPlanInput): WindowPlan {
	const orderByHash = new Map(input.orders.map((signed) => [signed.orderHash, signed]));
	const trades = input.trades.map((trade) => requireConsistent(trade, orderByHash, input.windowId)).sort(byMeterThenId);
	const groups = splitByMeter(trades, input.maxTradesPerChunk);
	const stored = accountsWithStoredFills(groups, orderByHash);
	const chunks = groups.map((group, index) => planChunk(input.windowId, index, group, orderByHash, stored));
	let restHash = NO_HASH;
	for (const chunk of chunks.toReversed()) {
		chunk.restHash = restHash;
		restHash = chainHash(chunk.bytes, restHash);
	}
	return { windowId: input.windowId, commitment: restHash, tradeCount: trades.length, chunks };
}

/** `h_i = keccak256(keccak256(chunk_i) ‖ h_{i+1})`. */
export function chainHash(chunk: `0x${string}`, restHash: Hash32): Hash32 {
	const inner = keccak_256(hexToBytes(chunk.slice(2)));
	return `0x${bytesToHex(keccak_256(concatBytes(inner, hexToBytes(restHash.slice(2)))))}`;
}

function requireConsistent(trade: Trade, orders: ReadonlyMap<Hash32, SignedOrder>, windowId: WindowId): Trade {
	const sell = orders.get(trade.sellOrderHash)?.order;
	const buy = orders.get(trade.buyOrderHash)?.order;
	if (sell === undefined || buy === undefined)
		throw new Error(`trade ${trade.tradeId} names an order that is not given`);
	const agrees =
		trade.windowId === windowId &&
		sell.windowId === windowId &&
		buy.windowId === windowId &&
		sell.side === "sell" &&
		buy.side === "buy" &&
		sell.meterId === trade.sellMeterId &&
		buy.meterId === trade.buyMeterId &&
		sell.trader === trade.seller &&
		buy.trader === trade.buyer;
	if (!agrees) throw new Error(`trade ${trade.tradeId} contradicts its orders`);
	return trade;
}

function byMeterThenId(a: Trade, b: Trade): number {
	return (
		a.sellMeterId - b.sellMeterId || compareText(a.sellOrderHash, b.sellOrderHash) || compareText(a.tradeId, b.tradeId)
	);
}

function compareText(a: string, b: string): number {
	return a < b ? -1 : a > b ? 1 : 0;
}

function splitByMeter(sorted: readonly Trade[], maxTradesPerChunk: number): Trade[][] {
	const groups: Trade[][] = [];
	let current: Trade[] = [];
	for (const trade of sorted) {
		const newMeter = current.at(-1)?.sellMeterId !== trade.sellMeterId;
		if (newMeter && current.length >= maxTradesPerChunk) {
			groups.push(current);
			current = [];
		}
		current.push(trade);
	}
	if (current.length > 0) groups.push(current);
	return groups;
}

/**
 * Accounts whose buy orders do not come in ascending order over the chunks: the cursor in the account slot cannot follow
 * them, so their fills of this window are stored by order.
 */
function accountsWithStoredFills(
	groups: readonly (readonly Trade[])[],
	orders: ReadonlyMap<Hash32, SignedOrder>,
): Set<Address> {
	const stored = new Set<Address>();
	const highest = new Map<Address, number>();
	for (const group of groups) {
		const sequences = new Map<Address, number[]>();
		for (const trade of group) {
			const { trader, sequence } = (orders.get(trade.buyOrderHash) as SignedOrder).order;
			const seen = sequences.get(trader) ?? [];
			seen.push(sequence);
			sequences.set(trader, seen);
		}
		for (const [trader, seen] of sequences) {
			if (seen.some((sequence) => sequence < (highest.get(trader) ?? -1))) stored.add(trader);
			highest.set(trader, Math.max(highest.get(trader) ?? -1, ...seen));
		}
	}
	return stored;
}

function planChunk(
	windowId: WindowId,
	index: number,
	group: readonly Trade[],
	orderByHash: ReadonlyMap<Hash32, SignedOrder>,
	stored: ReadonlySet<Address>,
): PlannedChunk {
	const used = new Map<Hash32, SignedOrder>();
	for (const trade of group) {
		used.set(trade.sellOrderHash, orderByHash.get(trade.sellOrderHash) as SignedOrder);
		used.set(trade.buyOrderHash, orderByHash.get(trade.buyOrderHash) as SignedOrder);
	}
	const sellMeterIds = [...new Set(group.map((trade) => trade.sellMeterId))];
	const meterIds = [...new Set([...sellMeterIds, ...group.map((trade) => trade.buyMeterId)])];
	const orders: PlannedOrder[] = [...used.values()]
		.sort((a, b) => compareText(a.order.trader, b.order.trader) || a.order.sequence - b.order.sequence)
		.map((signed, place) => ({ ...signed, index: place }));
	requireUniqueSequences(orders);
	const accounts: PlannedAccount[] = [];
	for (const order of orders) {
		const account = order.order.trader;
		if (accounts.at(-1)?.account !== account)
			accounts.push({ account, usesStoredFills: stored.has(account), orders: [] });
		(accounts.at(-1) as PlannedAccount).orders.push(order);
	}
	const places = new Map(orders.map((order) => [order.orderHash, order.index]));
	const trades: PlannedTrade[] = group.map((trade) => ({
		...trade,
		sellIndex: places.get(trade.sellOrderHash) as number,
		buyIndex: places.get(trade.buyOrderHash) as number,
	}));
	const bytes = encodeChunk({ windowId, index, sellMeterCount: sellMeterIds.length, meterIds, accounts, trades });
	return { index, sellMeterIds, meterIds, accounts, orders, trades, bytes, restHash: NO_HASH };
}

function requireUniqueSequences(orders: readonly PlannedOrder[]): void {
	orders.forEach((order, place) => {
		const before = orders[place - 1];
		if (before?.order.trader === order.order.trader && before.order.sequence === order.order.sequence) {
			throw new Error(`account ${order.order.trader} has two orders with sequence ${order.order.sequence}`);
		}
	});
	if (orders.length > MAX_GROUP_ORDERS) throw new Error(`${orders.length} orders do not fit a chunk`);
}
