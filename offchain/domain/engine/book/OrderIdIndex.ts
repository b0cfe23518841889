import { NONE, ORDER_EXTRA, ORDER_NUMBER_A, ORDER_NUMBERS, ORDER_WIDTH, type PriceLadders } from "./PriceLadders.ts";

/** The next slot of the same bucket, in the order's record. */
const CHAIN = ORDER_EXTRA;

/**
 * Client order id → slot: buckets of four bytes, chained through the orders' own records, no objects.
 *
 * Ids are safe integers from 0. Runs of 16 ids share a neighbourhood of buckets, because ids mostly rise; the rest is
 * mixed, so that no arithmetic pattern of ids makes chains long.
 */
export class OrderIdIndex {
	readonly #ladders: PriceLadders;
	#buckets: Int32Array;
	#mask: number;
	#size = 0;

	constructor(ladders: PriceLadders) {
		this.#ladders = ladders;
		this.#buckets = new Int32Array(2 ** Math.ceil(Math.log2(Math.max(2, ladders.slotCapacity))));
		this.#mask = this.#buckets.length - 1;
	}

	get byteLength(): number {
		return this.#buckets.byteLength;
	}

	/** The slot, or 0. */
	find(id: number): number {
		const { orders, orderNumbers } = this.#ladders;
		let slot = this.#buckets[hash(id) & this.#mask] as number;
		while (slot !== NONE && orderNumbers[slot * ORDER_NUMBERS + ORDER_NUMBER_A] !== id) {
			slot = orders[slot * ORDER_WIDTH + CHAIN] as number;
		}
		return slot;
	}

	idOf(slot: number): number {
		return this.#ladders.orderNumbers[slot * ORDER_NUMBERS + ORDER_NUMBER_A] as number;
	}

	/** The id is not there yet. */
	add(id: number, slot: number): void {
		if (this.#size === this.#buckets.length) this.#double();
		this.#size++;
		const { orders, orderNumbers } = this.#ladders;
		const bucket = hash(id) & this.#mask;
		orderNumbers[slot * ORDER_NUMBERS + ORDER_NUMBER_A] = id;
		orders[slot * ORDER_WIDTH + CHAIN] = this.#buckets[bucket] as number;
		this.#buckets[bucket] = slot;
	}

	/** The slot was added and its record stands. */
	remove(slot: number): void {
		const { orders, orderNumbers } = this.#ladders;
		const buckets = this.#buckets;
		const bucket = hash(orderNumbers[slot * ORDER_NUMBERS + ORDER_NUMBER_A] as number) & this.#mask;
		const after = orders[slot * ORDER_WIDTH + CHAIN] as number;
		this.#size--;
		let at = buckets[bucket] as number;
		if (at === slot) {
			buckets[bucket] = after;
			return;
		}
		for (;;) {
			const record = at * ORDER_WIDTH + CHAIN;
			at = orders[record] as number;
			if (at !== slot) continue;
			orders[record] = after;
			return;
		}
	}

	#double(): void {
		const { orders } = this.#ladders;
		const before = this.#buckets;
		const buckets = new Int32Array(before.length * 2);
		this.#buckets = buckets;
		this.#mask = buckets.length - 1;
		for (let slot of before) {
			while (slot !== NONE) {
				const record = slot * ORDER_WIDTH + CHAIN;
				const next = orders[record] as number;
				const bucket = hash(this.idOf(slot)) & this.#mask;
				orders[record] = buckets[bucket] as number;
				buckets[bucket] = slot;
				slot = next;
			}
		}
	}
}

function hash(id: number): number {
	const low = id | 0;
	const high = id > 0x7fff_ffff ? (id / 4_294_967_296) | 0 : 0;
	let mixed = Math.imul((low >>> 4) ^ Math.imul(high, 0x85eb_ca6b), 0x9e37_79b1);
	mixed ^= mixed >>> 15;
	return (mixed << 4) ^ (low & 15);
}
