import { NONE, PriceLadders } from "../book/PriceLadders.ts";
import type { Entry } from "./Entry.ts";

/** Slots and ladders of every open window in one place, so that hundreds of books stay packed. */
export class BookPool {
	readonly ladders: PriceLadders;
	readonly entries: (Entry | null)[] = [null];
	/** The same order's slot in its feeder's ladder, and back; 0 without a feeder. */
	twin: Int32Array;
	node: Int32Array;
	arrival: Float64Array;
	readonly #freeLadders: number[] = [];
	#usedLadders = 1;

	constructor(orderCapacity = 1 << 12) {
		this.ladders = new PriceLadders(256, orderCapacity, 1 << 10);
		this.twin = new Int32Array(orderCapacity);
		this.node = new Int32Array(orderCapacity);
		this.arrival = new Float64Array(orderCapacity);
	}

	takeLadder(): number {
		const free = this.#freeLadders.pop();
		if (free !== undefined) return free;
		if (this.#usedLadders === this.ladders.ladderCount) this.ladders.growLadders(2 * this.#usedLadders);
		return this.#usedLadders++;
	}

	/** Only an empty ladder may be given back. */
	giveLadder(ladder: number): void {
		if (this.ladders.lowest[ladder] !== NONE) throw new Error("invariant: a ladder with orders was given back");
		this.#freeLadders.push(ladder);
	}

	takeSlot(entry: Entry): number {
		const slot = this.ladders.takeSlot();
		if (slot >= this.node.length) this.#grow();
		if (slot === this.entries.length) this.entries.push(entry);
		else this.entries[slot] = entry;
		this.twin[slot] = NONE;
		this.node[slot] = entry.nodeId;
		this.arrival[slot] = entry.time;
		return slot;
	}

	freeSlot(slot: number): void {
		this.entries[slot] = null;
		this.ladders.freeSlot(slot);
	}

	#grow(): void {
		const capacity = this.ladders.slotCapacity;
		const twin = new Int32Array(capacity);
		twin.set(this.twin);
		this.twin = twin;
		const node = new Int32Array(capacity);
		node.set(this.node);
		this.node = node;
		const arrival = new Float64Array(capacity);
		arrival.set(this.arrival);
		this.arrival = arrival;
	}
}
