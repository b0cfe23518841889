import type { Hash32 } from "../../units/Address.ts";
import type { WindowId } from "../../units/window.ts";
import type { Entry } from "./Entry.ts";

/** An accepted order's entry while its window lasts, else only its window. */
export type KnownOrder = Entry | WindowId;

/** An order without an entry. */
type PlainKnown = { orderHash: Hash32; windowId: WindowId; holding: null };

const FREE = 0;
/** Order hashes are digests: their last eight digits tell them apart, and are a number of 32 bits. */
const PRINTED_CHARACTERS = 8;

/**
 * Every order the engine remembers, by hash, in order of arrival. Open addressing over typed arrays: a look-up touches
 * one cell and reads a string only where its print agrees.
 */
export class OrderRegistry {
	/** By cell: position + 1, and the print. */
	#cells = new Int32Array(1 << 11);
	#mask = (1 << 10) - 1;
	#known: (Entry | PlainKnown | null)[] = [];
	#size = 0;
	/** Where the last look-up ended: an order is looked up before it is added. */
	#lastHash: Hash32 | null = null;
	#lastPrint = 0;
	#lastCell = 0;

	get(hash: Hash32): KnownOrder | undefined {
		const print = printOf(hash);
		const cell = this.#cell(hash, print);
		this.#lastHash = hash;
		this.#lastPrint = print;
		this.#lastCell = cell;
		const position = (this.#cells[cell] as number) - 1;
		return position < 0 ? undefined : plain(this.#known[position] as Entry | PlainKnown);
	}

	/** False where the hash is known already. */
	add(hash: Hash32, known: KnownOrder): boolean {
		if (4 * this.#known.length >= this.#cells.length) this.#rebuild();
		if (this.#lastHash !== hash) this.get(hash);
		const print = this.#lastPrint;
		const cell = this.#lastCell;
		if (this.#cells[cell] !== FREE) return false;
		this.#known.push(kept(hash, known));
		this.#cells[cell] = this.#known.length;
		this.#cells[cell + 1] = print;
		this.#size++;
		return true;
	}

	/** The hash is known. */
	replace(hash: Hash32, known: KnownOrder): void {
		const position = (this.#cells[this.#cell(hash, printOf(hash))] as number) - 1;
		if (position < 0) throw new Error(`invariant: order ${hash} is not known`);
		this.#known[position] = kept(hash, known);
	}

	/** Forgets orders; their cells are cleared when the table is built again. */
	forget(hashes: Iterable<Hash32>): void {
		for (const hash of hashes) {
			const position = (this.#cells[this.#cell(hash, printOf(hash))] as number) - 1;
			if (position < 0) continue;
			this.#known[position] = null;
			this.#size--;
		}
		if (this.#size < this.#known.length) this.#rebuild();
	}

	*entries(): Generator<[Hash32, KnownOrder]> {
		for (const known of this.#known) if (known !== null) yield [known.orderHash, plain(known)];
	}

	/** The hash's cell, or the free one it would go to. */
	#cell(hash: Hash32, print: number): number {
		const cells = this.#cells;
		const mask = this.#mask;
		for (let cell = homeOf(print) & mask; ; cell = (cell + 1) & mask) {
			const position = cells[2 * cell] as number;
			if (position === FREE) return 2 * cell;
			if (cells[2 * cell + 1] === print && this.#known[position - 1]?.orderHash === hash) return 2 * cell;
		}
	}

	/** Leaves the gaps out, and leaves room to double; from the prints, without reading an order again. */
	#rebuild(): void {
		const before = this.#cells;
		const prints = new Int32Array(this.#known.length);
		for (let cell = 0; cell < before.length; cell += 2) {
			if (before[cell] !== FREE) prints[(before[cell] as number) - 1] = before[cell + 1] as number;
		}
		const remembered: (Entry | PlainKnown)[] = [];
		let length = 1 << 10;
		while (length < 4 * this.#size + 4) length *= 2;
		const cells = new Int32Array(2 * length);
		const mask = length - 1;
		for (let at = 0; at < prints.length; at++) {
			const known = this.#known[at];
			if (known === null || known === undefined) continue;
			remembered.push(known);
			const print = prints[at] as number;
			let cell = homeOf(print) & mask;
			while (cells[2 * cell] !== FREE) cell = (cell + 1) & mask;
			cells[2 * cell] = remembered.length;
			cells[2 * cell + 1] = print;
		}
		this.#known = remembered;
		this.#cells = cells;
		this.#mask = mask;
		this.#lastHash = null;
	}
}

function kept(orderHash: Hash32, known: KnownOrder): Entry | PlainKnown {
	return typeof known === "number" ? { orderHash, windowId: known, holding: null } : known;
}

function plain(known: Entry | PlainKnown): KnownOrder {
	return known.holding === null ? known.windowId : known;
}

function printOf(hash: Hash32): number {
	let print = 0;
	for (let at = Math.max(0, hash.length - PRINTED_CHARACTERS); at < hash.length; at++) {
		const code = hash.charCodeAt(at);
		// A digit's low bits, or a letter's with nine added.
		print = (print << 4) | ((code & 15) + 9 * (code >>> 6));
	}
	return print;
}

function homeOf(print: number): number {
	const mixed = Math.imul(print, 0x9e37_79b1);
	return mixed ^ (mixed >>> 15);
}
