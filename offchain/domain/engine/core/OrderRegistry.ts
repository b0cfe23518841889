import type { Hash32 } from "../../units/Address.ts";
import type { WindowId } from "../../units/window.ts";
import type { Entry } from "./Entry.ts";

/** An accepted order's entry while its window lasts, else only its window. */
export type KnownOrder = Entry | WindowId;

const FREE = 0;
/** Order hashes are digests: their last characters tell them apart. */
const PRINTED_CHARACTERS = 16;

/**
 * Every order the engine remembers, by hash, in order of arrival. Open addressing over typed arrays: a look-up touches
 * one cell and reads a string only where its print agrees.
 */
export class OrderRegistry {
	/** Position + 1 by cell. */
	#cells = new Int32Array(1 << 10);
	#prints = new Int32Array(1 << 10);
	#mask = (1 << 10) - 1;
	#hashes: (Hash32 | null)[] = [];
	#known: (KnownOrder | null)[] = [];
	#size = 0;

	get(hash: Hash32): KnownOrder | undefined {
		const position = (this.#cells[this.#cell(hash, printOf(hash))] as number) - 1;
		return position < 0 ? undefined : (this.#known[position] as KnownOrder);
	}

	/** False where the hash is known already. */
	add(hash: Hash32, known: KnownOrder): boolean {
		if (2 * this.#known.length >= this.#cells.length) this.#rebuild();
		const print = printOf(hash);
		const cell = this.#cell(hash, print);
		if (this.#cells[cell] !== FREE) return false;
		this.#hashes.push(hash);
		this.#known.push(known);
		this.#cells[cell] = this.#known.length;
		this.#prints[cell] = print;
		this.#size++;
		return true;
	}

	/** The hash is known. */
	replace(hash: Hash32, known: KnownOrder): void {
		const position = (this.#cells[this.#cell(hash, printOf(hash))] as number) - 1;
		if (position < 0) throw new Error(`invariant: order ${hash} is not known`);
		this.#known[position] = known;
	}

	/** Forgets orders; their cells are cleared when the table is built again. */
	forget(hashes: Iterable<Hash32>): void {
		for (const hash of hashes) {
			const position = (this.#cells[this.#cell(hash, printOf(hash))] as number) - 1;
			if (position < 0) continue;
			this.#hashes[position] = null;
			this.#known[position] = null;
			this.#size--;
		}
		if (this.#size < this.#known.length) this.#rebuild();
	}

	*entries(): Generator<[Hash32, KnownOrder]> {
		for (let at = 0; at < this.#known.length; at++) {
			yield [this.#hashes[at] as Hash32, this.#known[at] as KnownOrder];
		}
	}

	/** The hash's cell, or the free one it would go to. */
	#cell(hash: Hash32, print: number): number {
		const cells = this.#cells;
		const mask = this.#mask;
		for (let cell = print & mask; ; cell = (cell + 1) & mask) {
			const position = cells[cell] as number;
			if (position === FREE || (this.#prints[cell] === print && this.#hashes[position - 1] === hash)) return cell;
		}
	}

	/** Leaves the gaps out, and leaves room to double. */
	#rebuild(): void {
		if (this.#size < this.#known.length) {
			this.#hashes = this.#hashes.filter((hash) => hash !== null);
			this.#known = this.#known.filter((known) => known !== null);
		}
		let length = 1 << 10;
		while (length < 4 * this.#known.length + 4) length *= 2;
		this.#cells = new Int32Array(length);
		this.#prints = new Int32Array(length);
		this.#mask = length - 1;
		for (let at = 0; at < this.#hashes.length; at++) {
			const hash = this.#hashes[at] as Hash32;
			const print = printOf(hash);
			let cell = print & this.#mask;
			while (this.#cells[cell] !== FREE) cell = (cell + 1) & this.#mask;
			this.#cells[cell] = at + 1;
			this.#prints[cell] = print;
		}
	}
}

function printOf(hash: Hash32): number {
	let print = 0x811c_9dc5;
	for (let at = Math.max(0, hash.length - PRINTED_CHARACTERS); at < hash.length; at++) {
		print = Math.imul(print ^ hash.charCodeAt(at), 0x0100_0193);
	}
	return print ^ (print >>> 15);
}
