import { NONE } from "./PriceLadders.ts";

/**
 * Client order id → slot, by open addressing over the slots' own id column: 4 bytes a cell, no objects.
 *
 * Ids are safe integers. Runs of 64 ids share a neighbourhood, because ids mostly rise; the rest is mixed, so that no
 * arithmetic pattern of ids makes probes long.
 */
export class OrderIdIndex {
	#cells: Int32Array;
	#mask: number;
	#size = 0;
	/** The slots' ids; the owner grows it together with his slots. */
	ids: Float64Array;

	constructor(slotCapacity = 1024) {
		this.ids = new Float64Array(slotCapacity);
		this.#cells = new Int32Array(2 * powerOfTwoFrom(slotCapacity));
		this.#mask = this.#cells.length - 1;
	}

	get byteLength(): number {
		return this.#cells.byteLength + this.ids.byteLength;
	}

	/** The slot, or 0. */
	find(id: number): number {
		const cells = this.#cells;
		const mask = this.#mask;
		for (let cell = hash(id) & mask; ; cell = (cell + 1) & mask) {
			const slot = cells[cell] as number;
			if (slot === NONE || this.ids[slot] === id) return slot;
		}
	}

	/** The id is not there yet. */
	add(id: number, slot: number): void {
		if (slot >= this.ids.length) this.#growIds(slot);
		if (2 * this.#size >= this.#cells.length) this.#rehash();
		this.ids[slot] = id;
		this.#size++;
		this.#put(hash(id) & this.#mask, slot);
	}

	remove(id: number): void {
		const cells = this.#cells;
		const mask = this.#mask;
		let hole = hash(id) & mask;
		while (this.ids[cells[hole] as number] !== id) {
			if (cells[hole] === NONE) return;
			hole = (hole + 1) & mask;
		}
		this.#size--;
		// Moves later members of the run back, so that no tombstones are left.
		for (let cell = (hole + 1) & mask; ; cell = (cell + 1) & mask) {
			const slot = cells[cell] as number;
			if (slot === NONE) break;
			const home = hash(this.ids[slot] as number) & mask;
			if (((cell - home) & mask) < ((cell - hole) & mask)) continue;
			cells[hole] = slot;
			hole = cell;
		}
		cells[hole] = NONE;
	}

	#put(home: number, slot: number): void {
		let cell = home;
		while (this.#cells[cell] !== NONE) cell = (cell + 1) & this.#mask;
		this.#cells[cell] = slot;
	}

	#rehash(): void {
		const before = this.#cells;
		this.#cells = new Int32Array(before.length * 2);
		this.#mask = this.#cells.length - 1;
		for (const slot of before) if (slot !== NONE) this.#put(hash(this.ids[slot] as number) & this.#mask, slot);
	}

	#growIds(slot: number): void {
		const larger = new Float64Array(Math.max(slot + 1, this.ids.length * 2));
		larger.set(this.ids);
		this.ids = larger;
	}
}

function hash(id: number): number {
	const low = id | 0;
	const high = id > 0x7fff_ffff ? (id / 4_294_967_296) | 0 : 0;
	let mixed = Math.imul((low >>> 6) ^ Math.imul(high, 0x85eb_ca6b), 0x9e37_79b1);
	mixed ^= mixed >>> 15;
	return (mixed << 6) ^ (low & 63);
}

function powerOfTwoFrom(value: number): number {
	return 2 ** Math.ceil(Math.log2(Math.max(2, value)));
}
