import {
	LADDER_WIDTH,
	LOWEST,
	NONE,
	ORDER_EXTRA,
	ORDER_NUMBER_A,
	ORDER_NUMBERS,
	ORDER_WIDTH,
	PriceLadders,
} from "../book/PriceLadders.ts";
import type { Entry } from "./Entry.ts";

/** In an order's record: the same order's slot in its feeder's ladder, and back. */
export const TWIN = ORDER_EXTRA;
/** In an order's record: its feeder node. */
export const NODE = ORDER_EXTRA + 1;
/** Among an order's numbers: when it arrived. */
export const ARRIVAL = ORDER_NUMBER_A;

/** Slots and ladders of every open window in one place, so that hundreds of books stay packed. */
export class BookPool {
	readonly ladders: PriceLadders;
	readonly entries: (Entry | null)[] = [null];
	readonly #freeLadders: number[] = [];
	#usedLadders = 1;

	constructor(orderCapacity = 1 << 12) {
		this.ladders = new PriceLadders(256, orderCapacity, 1 << 10);
	}

	takeLadder(): number {
		const free = this.#freeLadders.pop();
		if (free !== undefined) return free;
		if (this.#usedLadders === this.ladders.ladderCount) this.ladders.growLadders(2 * this.#usedLadders);
		return this.#usedLadders++;
	}

	/** Only an empty ladder may be given back. */
	giveLadder(ladder: number): void {
		if (this.ladders.ladders[ladder * LADDER_WIDTH + LOWEST] !== NONE) {
			throw new Error("invariant: a ladder with orders was given back");
		}
		this.#freeLadders.push(ladder);
	}

	takeSlot(entry: Entry): number {
		const slot = this.ladders.takeSlot();
		if (slot === this.entries.length) this.entries.push(entry);
		else this.entries[slot] = entry;
		const { orders, orderNumbers } = this.ladders;
		orders[slot * ORDER_WIDTH + TWIN] = NONE;
		orders[slot * ORDER_WIDTH + NODE] = entry.nodeId;
		orderNumbers[slot * ORDER_NUMBERS + ARRIVAL] = entry.time;
		return slot;
	}

	freeSlot(slot: number): void {
		this.entries[slot] = null;
		this.ladders.freeSlot(slot);
	}
}
