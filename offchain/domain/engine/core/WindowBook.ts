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
const RANK_OF = { emergency: 0, gridBalancing: 1, market: 2, limit: 2 } as const;
const PER_RANK = 32;

export type DepthLevel = { priceSatPerKwh: number; energyWh: number; orders: number };

/**
 * What rests in one window: a ladder per side, class, renewable or grey, and zone; and one more per feeder, so that
 * the nearest orders are found without looking at the others. Ladders come when the first order does.
 */
export class WindowBook {
	readonly pool: BookPool;
	/** Ladder by `(side × 3 + rank) × 32 + greyness × 16 + zoneId − 1`; 0 where there is none. */
	readonly ladder = new Int32Array(2 * RANKS * PER_RANK);
	/** Bit per ladder with orders, by `side × 3 + rank`. */
	readonly used = new Int32Array(2 * RANKS);
	readonly #nodeLadders = new Map<number, number>();

	constructor(pool: BookPool) {
		this.pool = pool;
	}

	/** The feeder's own ladder, or 0. */
	nodeLadder(zoneId: number, nodeId: number, side: number, rank: number, greyness: number): number {
		return this.#nodeLadders.get(nodeKey(zoneId, nodeId, side, rank, greyness)) ?? NONE;
	}

	add(entry: Entry): void {
		const { order, openWh, zoneId, nodeId, greyness } = entry;
		const side = order.side === "buy" ? 0 : 1;
		const rank = RANK_OF[order.orderClass];
		const group = side * RANKS + rank;
		const bit = greyness * 16 + zoneId - 1;
		const at = group * PER_RANK + bit;
		let ladder = this.ladder[at] as number;
		if (ladder === NONE) {
			ladder = this.pool.takeLadder();
			this.ladder[at] = ladder;
		}
		this.used[group] = (this.used[group] as number) | (1 << bit);
		const slot = this.pool.takeSlot(entry);
		entry.slot = slot;
		this.pool.ladders.insert(ladder, order.priceSatPerKwh, slot, openWh);
		if (nodeId === 0) return;
		const key = nodeKey(zoneId, nodeId, side, rank, greyness);
		let feeder = this.#nodeLadders.get(key);
		if (feeder === undefined) {
			feeder = this.pool.takeLadder();
			this.#nodeLadders.set(key, feeder);
		}
		const twin = this.pool.takeSlot(entry);
		this.pool.ladders.insert(feeder, order.priceSatPerKwh, twin, openWh);
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
			if (other !== NONE) {
				ladders.remove(other);
				this.pool.freeSlot(other);
			}
			return;
		}
		const less = ((ladders.orders[slot * ORDER_WIDTH + OPEN_WH] as number) >>> 0) - openWh;
		ladders.reduce(slot, less);
		if (other !== NONE) ladders.reduce(other, less);
	}

	/** Gives the ladders back; nothing rests any more. */
	close(): void {
		for (const ladder of [...this.ladder, ...this.#nodeLadders.values()]) {
			if (ladder !== NONE) this.pool.giveLadder(ladder);
		}
		this.ladder.fill(NONE);
		this.#nodeLadders.clear();
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
		const group = (entry.order.side === "buy" ? 0 : RANKS) + RANK_OF[entry.order.orderClass];
		this.used[group] = (this.used[group] as number) & ~(1 << (entry.greyness * 16 + entry.zoneId - 1));
	}
}

function nodeKey(zoneId: number, nodeId: number, side: number, rank: number, greyness: number): number {
	return (((nodeId * 17 + zoneId) * 2 + side) * RANKS + rank) * 2 + greyness;
}
