/** Prices are below 2^30, so that a price with its adder stays a 31-bit integer. */
export const LADDER_PRICE_LIMIT = 2 ** 30;
export const NONE = 0;

/** An order's record in `orders`, ten numbers wide: the ladder's own, then room for who keeps the orders. */
export const ORDER_WIDTH = 10;
export const NEXT = 0;
const PREVIOUS = 1;
export const LEVEL = 2;
/** Unsigned: read it with `>>> 0`. */
export const OPEN_WH = 3;
export const ORDER_EXTRA = 4;
/** Two 64-bit numbers in `orderNumbers`, at `slot * ORDER_NUMBERS` and after. */
export const ORDER_NUMBERS = ORDER_WIDTH / 2;
export const ORDER_NUMBER_A = 3;
export const ORDER_NUMBER_B = 4;

/**
 * A level's record in `levels`, with room for who keeps the orders (0 in a new level); what is open at it is in `levelWh`,
 * at `level * LEVEL_NUMBERS + LEVEL_WH`.
 */
export const LEVEL_WIDTH = 12;
export const PRICE = 0;
export const HEAD = 1;
const TAIL = 2;
/** The next used price above and below. */
export const HIGHER = 3;
export const LOWER = 4;
export const LEVEL_ORDERS = 5;
export const LEVEL_LADDER = 6;
const LEAF = 7;
export const LEVEL_NUMBERS = LEVEL_WIDTH / 2;
export const LEVEL_WH = 4;
export const LEVEL_EXTRA = 10;

/** A ladder's record in `ladders`: its ends with their prices, and its tree. */
export const LADDER_WIDTH = 8;
export const LOWEST = 0;
export const HIGHEST = 1;
export const LOWEST_PRICE = 2;
export const HIGHEST_PRICE = 3;
const ROOT = 4;
/** Inner nodes from the root to a leaf. */
const HEIGHT = 5;
/** What all prices under the root have in common. */
const PREFIX = 6;

const DIGIT_BITS = 5;
const FAN_OUT = 1 << DIGIT_BITS;
const DIGIT_MASK = FAN_OUT - 1;
const MOST_INNER = 5;
/** A node: its bitmap of used children, then the children. */
const NODE_WIDTH = 1 + FAN_OUT;
/** Reserved at the start: memory nothing touches costs nothing, growing it costs a copy. */
const MOST_NODES_RESERVED = 1 << 18;

/**
 * Price ladders over shared pools of records: any number of books stay packed, and what belongs together lies together.
 *
 * Promises: inserting, removing and finding the best take a bounded number of steps whatever rests (the next price is
 * found through bitmaps, never by a scan); orders at one price of one ladder keep their arrival order; nothing is
 * allocated but when a pool doubles. Slots, levels and nodes are numbers from 1; 0 is none. The arrays are public for
 * the matching loops beside it, which read them and change the ladders only through the methods.
 */
export class PriceLadders {
	orders: Int32Array;
	orderNumbers: Float64Array;
	levels: Int32Array;
	levelWh: Float64Array;
	ladders: Int32Array;

	#nodes: Int32Array;
	#freeSlot = NONE;
	#freeLevel = NONE;
	#freeNode = NONE;
	#usedSlots = 1;
	#usedLevels = 1;
	#usedNodes = 1;
	/** Inner nodes from the leaf's parent up to the root, as the last descent went. */
	readonly #path = new Int32Array(MOST_INNER);

	constructor(ladders: number, orderCapacity = 1024, levelCapacity = 256) {
		this.orders = new Int32Array(orderCapacity * ORDER_WIDTH);
		this.orderNumbers = new Float64Array(this.orders.buffer);
		this.levels = new Int32Array(levelCapacity * LEVEL_WIDTH);
		this.levelWh = new Float64Array(this.levels.buffer);
		this.ladders = new Int32Array(ladders * LADDER_WIDTH);
		this.#nodes = new Int32Array(Math.min(MOST_NODES_RESERVED, Math.max(64, orderCapacity)) * NODE_WIDTH);
	}

	get ladderCount(): number {
		return this.ladders.length / LADDER_WIDTH;
	}

	get slotCapacity(): number {
		return this.orders.length / ORDER_WIDTH;
	}

	/** Bytes of all pools. */
	get byteLength(): number {
		return this.orders.byteLength + this.levels.byteLength + this.ladders.byteLength + this.#nodes.byteLength;
	}

	/** More ladders, numbered on from the last. */
	growLadders(ladders: number): void {
		this.ladders = grown(this.ladders, ladders * LADDER_WIDTH);
	}

	/** A slot outside every ladder. */
	takeSlot(): number {
		const slot = this.#freeSlot;
		if (slot !== NONE) {
			this.#freeSlot = this.orders[slot * ORDER_WIDTH + NEXT] as number;
			return slot;
		}
		if (this.#usedSlots === this.slotCapacity) {
			this.orders = grown(this.orders, this.orders.length * 2);
			this.orderNumbers = new Float64Array(this.orders.buffer);
		}
		return this.#usedSlots++;
	}

	freeSlot(slot: number): void {
		this.orders[slot * ORDER_WIDTH + NEXT] = this.#freeSlot;
		this.#freeSlot = slot;
	}

	/** Puts the slot behind all others at its price. */
	insert(ladder: number, price: number, slot: number, wh: number): void {
		const leaf = this.#leafFor(ladder * LADDER_WIDTH, price);
		let level = this.#nodes[leaf + 1 + (price & DIGIT_MASK)] as number;
		if (level === NONE) level = this.#addLevel(ladder, leaf, price);
		const { orders, levels } = this;
		const at = level * LEVEL_WIDTH;
		const order = slot * ORDER_WIDTH;
		const last = levels[at + TAIL] as number;
		orders[order + PREVIOUS] = last;
		orders[order + NEXT] = NONE;
		if (last === NONE) levels[at + HEAD] = slot;
		else orders[last * ORDER_WIDTH + NEXT] = slot;
		levels[at + TAIL] = slot;
		orders[order + LEVEL] = level;
		orders[order + OPEN_WH] = wh;
		levels[at + LEVEL_ORDERS] = (levels[at + LEVEL_ORDERS] as number) + 1;
		const total = level * LEVEL_NUMBERS + LEVEL_WH;
		this.levelWh[total] = (this.levelWh[total] as number) + wh;
	}

	/** Takes the slot out of its ladder; the slot itself stays taken. */
	remove(slot: number): void {
		const { orders, levels } = this;
		const order = slot * ORDER_WIDTH;
		const level = orders[order + LEVEL] as number;
		const before = orders[order + PREVIOUS] as number;
		const after = orders[order + NEXT] as number;
		if (before === NONE && after === NONE) return this.#dropLevel(level);
		const at = level * LEVEL_WIDTH;
		if (before === NONE) levels[at + HEAD] = after;
		else orders[before * ORDER_WIDTH + NEXT] = after;
		if (after === NONE) levels[at + TAIL] = before;
		else orders[after * ORDER_WIDTH + PREVIOUS] = before;
		levels[at + LEVEL_ORDERS] = (levels[at + LEVEL_ORDERS] as number) - 1;
		const total = level * LEVEL_NUMBERS + LEVEL_WH;
		this.levelWh[total] = (this.levelWh[total] as number) - ((orders[order + OPEN_WH] as number) >>> 0);
	}

	/** Takes the first `count` orders of a level, up to `last`, and frees their slots: a sweep's bulk removal. */
	takeFirst(level: number, last: number, count: number, wh: number): void {
		const { orders, levels } = this;
		const at = level * LEVEL_WIDTH;
		const first = levels[at + HEAD] as number;
		const after = orders[last * ORDER_WIDTH + NEXT] as number;
		orders[last * ORDER_WIDTH + NEXT] = this.#freeSlot;
		this.#freeSlot = first;
		if (after === NONE) return this.#dropLevel(level);
		levels[at + HEAD] = after;
		orders[after * ORDER_WIDTH + PREVIOUS] = NONE;
		levels[at + LEVEL_ORDERS] = (levels[at + LEVEL_ORDERS] as number) - count;
		const total = level * LEVEL_NUMBERS + LEVEL_WH;
		this.levelWh[total] = (this.levelWh[total] as number) - wh;
	}

	/** Lowers what is open without losing the place. */
	reduce(slot: number, wh: number): void {
		const order = slot * ORDER_WIDTH;
		this.orders[order + OPEN_WH] = (this.orders[order + OPEN_WH] as number) - wh;
		const total = (this.orders[order + LEVEL] as number) * LEVEL_NUMBERS + LEVEL_WH;
		this.levelWh[total] = (this.levelWh[total] as number) - wh;
	}

	#addLevel(ladder: number, leaf: number, price: number): number {
		const level = this.#takeLevel();
		const record = ladder * LADDER_WIDTH;
		const below = this.#levelBelow(record, leaf, price);
		const { levels, ladders } = this;
		const nodes = this.#nodes;
		const above = (below === NONE ? ladders[record + LOWEST] : levels[below * LEVEL_WIDTH + HIGHER]) as number;
		const digit = price & DIGIT_MASK;
		nodes[leaf] = (nodes[leaf] as number) | (1 << digit);
		nodes[leaf + 1 + digit] = level;
		const at = level * LEVEL_WIDTH;
		levels[at + PRICE] = price;
		levels[at + HEAD] = NONE;
		levels[at + TAIL] = NONE;
		levels[at + HIGHER] = above;
		levels[at + LOWER] = below;
		levels[at + LEVEL_ORDERS] = 0;
		levels[at + LEVEL_LADDER] = ladder;
		levels[at + LEAF] = leaf;
		levels[at + LEVEL_EXTRA] = 0;
		this.levelWh[level * LEVEL_NUMBERS + LEVEL_WH] = 0;
		if (below === NONE) {
			ladders[record + LOWEST] = level;
			ladders[record + LOWEST_PRICE] = price;
		} else levels[below * LEVEL_WIDTH + HIGHER] = level;
		if (above === NONE) {
			ladders[record + HIGHEST] = level;
			ladders[record + HIGHEST_PRICE] = price;
		} else levels[above * LEVEL_WIDTH + LOWER] = level;
		return level;
	}

	#dropLevel(level: number): void {
		const { levels, ladders } = this;
		const at = level * LEVEL_WIDTH;
		const record = (levels[at + LEVEL_LADDER] as number) * LADDER_WIDTH;
		const price = levels[at + PRICE] as number;
		const below = levels[at + LOWER] as number;
		const above = levels[at + HIGHER] as number;
		if (below === NONE) {
			ladders[record + LOWEST] = above;
			ladders[record + LOWEST_PRICE] = levels[above * LEVEL_WIDTH + PRICE] as number;
		} else levels[below * LEVEL_WIDTH + HIGHER] = above;
		if (above === NONE) {
			ladders[record + HIGHEST] = below;
			ladders[record + HIGHEST_PRICE] = levels[below * LEVEL_WIDTH + PRICE] as number;
		} else levels[above * LEVEL_WIDTH + LOWER] = below;
		levels[at + HEAD] = this.#freeLevel;
		this.#freeLevel = level;
		const leaf = levels[at + LEAF] as number;
		const digit = price & DIGIT_MASK;
		const nodes = this.#nodes;
		const left = (nodes[leaf] as number) & ~(1 << digit);
		nodes[leaf] = left;
		nodes[leaf + 1 + digit] = NONE;
		if (left === 0) this.#dropLeaf(record, price, leaf);
	}

	/** The nearest used price below: within the leaf, else through the inner nodes of the last descent. */
	#levelBelow(record: number, leaf: number, price: number): number {
		const { ladders } = this;
		const lowest = ladders[record + LOWEST] as number;
		if (lowest === NONE || (ladders[record + LOWEST_PRICE] as number) > price) return NONE;
		if ((ladders[record + HIGHEST_PRICE] as number) < price) return ladders[record + HIGHEST] as number;
		const nodes = this.#nodes;
		const inLeaf = (nodes[leaf] as number) & ((1 << (price & DIGIT_MASK)) - 1);
		if (inLeaf !== 0) return nodes[leaf + 1 + highestBit(inLeaf)] as number;
		for (let depth = 0; ; depth++) {
			const node = this.#path[depth] as number;
			const digit = (price >>> (DIGIT_BITS * (depth + 1))) & DIGIT_MASK;
			const under = (nodes[node] as number) & ((1 << digit) - 1);
			if (under === 0) continue;
			let child = nodes[node + 1 + highestBit(under)] as number;
			for (let below = depth; below >= 0; below--)
				child = nodes[child + 1 + highestBit(nodes[child] as number)] as number;
			return child;
		}
	}

	/** The price's leaf, made if there is none; notes the inner nodes on the way. */
	#leafFor(record: number, price: number): number {
		const { ladders } = this;
		let node = ladders[record + ROOT] as number;
		if (node === NONE) {
			node = this.#takeNode();
			ladders[record + ROOT] = node;
			ladders[record + HEIGHT] = 0;
			ladders[record + PREFIX] = price >>> DIGIT_BITS;
			return node;
		}
		let height = ladders[record + HEIGHT] as number;
		if (price >>> (DIGIT_BITS * (height + 1)) !== ladders[record + PREFIX]) {
			height = this.#raiseRoot(record, price, height);
			node = ladders[record + ROOT] as number;
		}
		for (let depth = height - 1; depth >= 0; depth--) {
			this.#path[depth] = node;
			const digit = (price >>> (DIGIT_BITS * (depth + 1))) & DIGIT_MASK;
			let child = this.#nodes[node + 1 + digit] as number;
			if (child === NONE) {
				child = this.#takeNode();
				this.#nodes[node] = (this.#nodes[node] as number) | (1 << digit);
				this.#nodes[node + 1 + digit] = child;
			}
			node = child;
		}
		return node;
	}

	/** Puts nodes above the root until the price is under it. */
	#raiseRoot(record: number, price: number, from: number): number {
		const { ladders } = this;
		let height = from;
		let prefix = ladders[record + PREFIX] as number;
		let root = ladders[record + ROOT] as number;
		do {
			const above = this.#takeNode();
			const digit = prefix & DIGIT_MASK;
			this.#nodes[above] = 1 << digit;
			this.#nodes[above + 1 + digit] = root;
			root = above;
			prefix >>>= DIGIT_BITS;
			height++;
		} while (price >>> (DIGIT_BITS * (height + 1)) !== prefix);
		ladders[record + ROOT] = root;
		ladders[record + HEIGHT] = height;
		ladders[record + PREFIX] = prefix;
		return height;
	}

	#dropLeaf(record: number, price: number, leaf: number): void {
		const { ladders } = this;
		const nodes = this.#nodes;
		const height = ladders[record + HEIGHT] as number;
		let node = ladders[record + ROOT] as number;
		for (let depth = height - 1; depth >= 0; depth--) {
			this.#path[depth] = node;
			node = nodes[node + 1 + ((price >>> (DIGIT_BITS * (depth + 1))) & DIGIT_MASK)] as number;
		}
		this.#giveNode(leaf);
		for (let depth = 0; depth < height; depth++) {
			const inner = this.#path[depth] as number;
			const digit = (price >>> (DIGIT_BITS * (depth + 1))) & DIGIT_MASK;
			const left = (nodes[inner] as number) & ~(1 << digit);
			nodes[inner] = left;
			nodes[inner + 1 + digit] = NONE;
			if (left !== 0) return this.#lowerRoot(record);
			this.#giveNode(inner);
		}
		ladders[record + ROOT] = NONE;
	}

	/** Takes the root away as long as it has a single child. */
	#lowerRoot(record: number): void {
		const { ladders } = this;
		const nodes = this.#nodes;
		for (;;) {
			const height = ladders[record + HEIGHT] as number;
			const root = ladders[record + ROOT] as number;
			const used = nodes[root] as number;
			if (height === 0 || (used & (used - 1)) !== 0) return;
			const digit = highestBit(used);
			ladders[record + ROOT] = nodes[root + 1 + digit] as number;
			ladders[record + HEIGHT] = height - 1;
			ladders[record + PREFIX] = ((ladders[record + PREFIX] as number) << DIGIT_BITS) | digit;
			nodes[root + 1 + digit] = NONE;
			this.#giveNode(root);
		}
	}

	/** An empty node, by its offset. */
	#takeNode(): number {
		const node = this.#freeNode;
		if (node !== NONE) {
			this.#freeNode = this.#nodes[node] as number;
			this.#nodes[node] = 0;
			return node;
		}
		if ((this.#usedNodes + 1) * NODE_WIDTH > this.#nodes.length) {
			this.#nodes = grown(this.#nodes, this.#nodes.length * 2);
		}
		return this.#usedNodes++ * NODE_WIDTH;
	}

	/** Its children are none already. */
	#giveNode(node: number): void {
		this.#nodes[node] = this.#freeNode;
		this.#freeNode = node;
	}

	#takeLevel(): number {
		const level = this.#freeLevel;
		if (level !== NONE) {
			this.#freeLevel = this.levels[level * LEVEL_WIDTH + HEAD] as number;
			return level;
		}
		if (this.#usedLevels * LEVEL_WIDTH === this.levels.length) {
			this.levels = grown(this.levels, this.levels.length * 2);
			this.levelWh = new Float64Array(this.levels.buffer);
		}
		return this.#usedLevels++;
	}
}

function grown(array: Int32Array, length: number): Int32Array {
	const larger = new Int32Array(length);
	larger.set(array);
	return larger;
}

function highestBit(bits: number): number {
	return 31 - Math.clz32(bits);
}
