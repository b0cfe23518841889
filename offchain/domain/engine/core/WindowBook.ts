import type { OrderClass } from "../../orders/Order.ts";
import {
	HIGHER,
	HIGHEST,
	LADDER_WIDTH,
	LEVEL,
	LEVEL_LADDER,
	LEVEL_NUMBERS,
	LEVEL_ORDERS,
	LEVEL_WH,
	LEVEL_WIDTH,
	LOWER,
	LOWEST,
	NONE,
	OPEN_WH,
	ORDER_WIDTH,
	PRICE,
} from "../book/PriceLadders.ts";
import { type BookPool, TWIN } from "./BookPool.ts";
import type { Entry } from "./Entry.ts";

/** Ranks of classes that can rest; a market order never does. */
export const RANKS = 3;
const PER_RANK = 32;

/** A ladder's place in its book: side, class, renewable or grey, zone. */
export function shelfOf(isSell: boolean, orderClass: OrderClass, greyness: 0 | 1, zoneId: number): number {
	const rank = orderClass === "limit" || orderClass === "market" ? 2 : orderClass === "gridBalancing" ? 1 : 0;
	return ((isSell ? RANKS : 0) + rank) * PER_RANK + greyness * 16 + zoneId - 1;
}

/** The ladders of one shelf by feeder, in the order they came. */
export type Feeders = { nodeIds: number[]; ladders: number[] };

const NO_FEEDERS: Feeders = { nodeIds: [], ladders: [] };

export type DepthLevel = { priceSatPerKwh: number; energyWh: number; orders: number };

/**
 * What rests in one window: a ladder per side, class, renewable or grey, and zone; and one more per feeder (node 0 is
 * the zone itself), so that the nearest orders are found without looking at the others, and those the grid refuses are
 * passed over together. Ladders come when the first order does.
 */
export class WindowBook {
	readonly pool: BookPool;
	/** Ladder by `(side × 3 + rank) × 32 + greyness × 16 + zoneId − 1`; 0 where there is none. */
	readonly ladder = new Int32Array(2 * RANKS * PER_RANK);
	/** Bit per ladder with orders, by `side × 3 + rank`. */
	readonly used = new Int32Array(2 * RANKS);
	readonly #nodeLadders = new Map<number, number>();
	readonly #feeders: (Feeders | undefined)[] = [];

	constructor(pool: BookPool) {
		this.pool = pool;
	}

	/** The feeder's own ladder, or 0. */
	nodeLadder(shelf: number, nodeId: number): number {
		return this.#nodeLadders.get(nodeKey(shelf, nodeId)) ?? NONE;
	}

	feedersOf(shelf: number): Feeders {
		return this.#feeders[shelf] ?? NO_FEEDERS;
	}

	add(entry: Entry): void {
		const { shelf, openWh, nodeId, priceSatPerKwh } = entry;
		let ladder = this.ladder[shelf] as number;
		if (ladder === NONE) {
			ladder = this.pool.takeLadder();
			this.ladder[shelf] = ladder;
		}
		const group = shelf >>> 5;
		this.used[group] = (this.used[group] as number) | (1 << (shelf & 31));
		const slot = this.pool.takeSlot(entry);
		entry.slot = slot;
		this.pool.ladders.insert(ladder, priceSatPerKwh, slot, openWh);
		const key = nodeKey(shelf, nodeId);
		let feeder = this.#nodeLadders.get(key);
		if (feeder === undefined) {
			feeder = this.pool.takeLadder();
			this.#nodeLadders.set(key, feeder);
			const feeders = this.#feeders[shelf] ?? { nodeIds: [], ladders: [] };
			feeders.nodeIds.push(nodeId);
			feeders.ladders.push(feeder);
			this.#feeders[shelf] = feeders;
		}
		const twin = this.pool.takeSlot(entry);
		this.pool.ladders.insert(feeder, priceSatPerKwh, twin, openWh);
		const { orders } = this.pool.ladders;
		orders[slot * ORDER_WIDTH + TWIN] = twin;
		orders[twin * ORDER_WIDTH + TWIN] = slot;
	}

	/** Takes the entry's open energy from the ladders, as it is after a fill or an end. */
	update(entry: Entry): void {
		const { slot, openWh } = entry;
		if (slot === NONE) return;
		const { ladders } = this.pool;
		const other = ladders.orders[slot * ORDER_WIDTH + TWIN] as number;
		if (openWh === 0) {
			this.#remove(entry, slot);
			ladders.remove(other);
			this.pool.freeSlot(other);
			return;
		}
		const less = ((ladders.orders[slot * ORDER_WIDTH + OPEN_WH] as number) >>> 0) - openWh;
		ladders.reduce(slot, less);
		ladders.reduce(other, less);
	}

	/** Gives the ladders back; nothing rests any more. */
	close(): void {
		for (const ladder of [...this.ladder, ...this.#nodeLadders.values()]) {
			if (ladder !== NONE) this.pool.giveLadder(ladder);
		}
		this.ladder.fill(NONE);
		this.#nodeLadders.clear();
		this.#feeders.length = 0;
	}

	/** Best first; zone 0 is all zones together. */
	depth(side: 0 | 1, zoneId: number, levels: number): DepthLevel[] {
		const { ladders, levels: records, levelWh } = this.pool.ladders;
		const priceOf = (level: number) => records[level * LEVEL_WIDTH + PRICE] as number;
		const at: number[] = [];
		for (let index = side * RANKS * PER_RANK; index < (side + 1) * RANKS * PER_RANK; index++) {
			const ladder = this.ladder[index] as number;
			if (ladder === NONE || (zoneId !== 0 && (index & 15) !== zoneId - 1)) continue;
			const top = ladders[ladder * LADDER_WIDTH + (side === 0 ? HIGHEST : LOWEST)] as number;
			if (top !== NONE) at.push(top);
		}
		const result: DepthLevel[] = [];
		while (at.length > 0 && result.length < levels) {
			let best = priceOf(at[0] as number);
			for (const level of at) {
				const other = priceOf(level);
				if (side === 0 ? other > best : other < best) best = other;
			}
			const sum = { priceSatPerKwh: best, energyWh: 0, orders: 0 };
			for (let index = at.length - 1; index >= 0; index--) {
				const level = at[index] as number;
				if (priceOf(level) !== best) continue;
				sum.energyWh += levelWh[level * LEVEL_NUMBERS + LEVEL_WH] as number;
				sum.orders += records[level * LEVEL_WIDTH + LEVEL_ORDERS] as number;
				const next = records[level * LEVEL_WIDTH + (side === 0 ? LOWER : HIGHER)] as number;
				if (next === NONE) at.splice(index, 1);
				else at[index] = next;
			}
			result.push(sum);
		}
		return result;
	}

	#remove(entry: Entry, slot: number): void {
		const { ladders } = this.pool;
		const level = ladders.orders[slot * ORDER_WIDTH + LEVEL] as number;
		const ladder = ladders.levels[level * LEVEL_WIDTH + LEVEL_LADDER] as number;
		ladders.remove(slot);
		this.pool.freeSlot(slot);
		entry.slot = NONE;
		if (ladders.ladders[ladder * LADDER_WIDTH + LOWEST] !== NONE) return;
		const group = entry.shelf >>> 5;
		this.used[group] = (this.used[group] as number) & ~(1 << (entry.shelf & 31));
	}
}

function nodeKey(shelf: number, nodeId: number): number {
	return nodeId * 2 * RANKS * PER_RANK + shelf;
}
