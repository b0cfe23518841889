/** Numbers that look random and are a function of the seed (xorshift128 filled by splitmix32). */
export class SeededRandom {
	private readonly state: [number, number, number, number];

	constructor(seed: number) {
		let mix = seed >>> 0;
		const next = (): number => {
			mix = (mix + 0x9e3779b9) >>> 0;
			let value = mix;
			value = Math.imul(value ^ (value >>> 16), 0x21f0aaad);
			value = Math.imul(value ^ (value >>> 15), 0x735a2d97);
			return (value ^ (value >>> 15)) >>> 0;
		};
		this.state = [next(), next(), next(), next() | 1];
	}

	/** From 0 up to 1, without 1. */
	unit(): number {
		const { state } = this;
		let value = state[3];
		value ^= value << 11;
		value ^= value >>> 8;
		state[3] = state[2];
		state[2] = state[1];
		state[1] = state[0];
		value ^= state[0] ^ (state[0] >>> 19);
		state[0] = value;
		return (value >>> 0) / 0x1_0000_0000;
	}

	/** Whole, both ends included. */
	integer(least: number, most: number): number {
		return least + Math.floor(this.unit() * (most - least + 1));
	}

	chance(probability: number): boolean {
		return this.unit() < probability;
	}

	pick<Item>(items: readonly Item[]): Item {
		const item = items[this.integer(0, items.length - 1)];
		if (item === undefined) throw new RangeError("nothing to pick from");
		return item;
	}
}
