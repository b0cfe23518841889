const FREE = 0;

/** Ids ever seen, as numbers in one open-addressing table: 16 to 32 bytes an id and no objects. */
export class OrderIdSet {
	#cells = new Float64Array(1 << 12);
	#mask = this.#cells.length - 1;
	#size = 0;

	has(id: number): boolean {
		return this.#cells[this.#cell(id)] === id;
	}

	add(id: number): void {
		if (2 * this.#size >= this.#cells.length) this.#grow();
		const cell = this.#cell(id);
		if (this.#cells[cell] === id) return;
		this.#cells[cell] = id;
		this.#size++;
	}

	/** Where the id is or would go. */
	#cell(id: number): number {
		const low = id | 0;
		let mixed = Math.imul((low >>> 6) ^ Math.imul((id / 4_294_967_296) | 0, 0x85eb_ca6b), 0x9e37_79b1);
		mixed ^= mixed >>> 15;
		let cell = ((mixed << 6) ^ (low & 63)) & this.#mask;
		while (this.#cells[cell] !== FREE && this.#cells[cell] !== id) cell = (cell + 1) & this.#mask;
		return cell;
	}

	#grow(): void {
		const before = this.#cells;
		this.#cells = new Float64Array(before.length * 2);
		this.#mask = this.#cells.length - 1;
		for (const id of before) if (id !== FREE) this.#cells[this.#cell(id)] = id;
	}
}
