/** Prices are below 2^30, so that a price with its adder stays a 31-bit integer. */
export const LADDER_PRICE_LIMIT = 2 ** 30;
export const NONE = 0;

const DIGIT_BITS = 5;
const FAN_OUT = 1 << DIGIT_BITS;
const DIGIT_MASK = FAN_OUT - 1;
/** Six digits of five bits: the leaf's digit and five above it. */
const INNER_DIGITS = 5;
/** A node: its bitmap of used children, then the children. */
const NODE_WIDTH = 1 + FAN_OUT;
const NO_KEY = -1;

/**
 * Price ladders over shared pools of typed arrays.
 *
 * Promises: inserting, removing and finding the best take a bounded number of steps whatever rests (the next price is
 * found through bitmaps, never by a scan); orders at one price of one ladder keep their arrival order; nothing is
 * allocated but when a pool doubles. Slots, levels and nodes are numbers from 1; 0 is none. The arrays are public for
 * the matching loops beside it, which read them and change them only through the methods.
 */
export class PriceLadders {
	// Orders by slot.
	next: Int32Array;
	previous: Int32Array;
	level: Int32Array;
	openWh: Uint32Array;
	// Levels.
	price: Int32Array;
	head: Int32Array;
	tail: Int32Array;
	/** The next used price above and below. */
	higher: Int32Array;
	lower: Int32Array;
	levelOrders: Int32Array;
	levelWh: Float64Array;
	levelLadder: Int32Array;
	// Ladders.
	lowest: Int32Array;
	highest: Int32Array;

	#nodes: Int32Array;
	#roots: Int32Array;
	#cachedKey: Int32Array;
	#cachedLeaf: Int32Array;
	#freeSlot = NONE;
	#freeLevel = NONE;
	#freeNode = NONE;
	#usedSlots = 1;
	#usedLevels = 1;
	#usedNodes = 1;
	readonly #path = new Int32Array(INNER_DIGITS);

	constructor(ladders: number, orderCapacity = 1024, levelCapacity = 256) {
		this.next = new Int32Array(orderCapacity);
		this.previous = new Int32Array(orderCapacity);
		this.level = new Int32Array(orderCapacity);
		this.openWh = new Uint32Array(orderCapacity);
		this.price = new Int32Array(levelCapacity);
		this.head = new Int32Array(levelCapacity);
		this.tail = new Int32Array(levelCapacity);
		this.higher = new Int32Array(levelCapacity);
		this.lower = new Int32Array(levelCapacity);
		this.levelOrders = new Int32Array(levelCapacity);
		this.levelWh = new Float64Array(levelCapacity);
		this.levelLadder = new Int32Array(levelCapacity);
		this.lowest = new Int32Array(ladders);
		this.highest = new Int32Array(ladders);
		this.#roots = new Int32Array(ladders);
		this.#cachedKey = new Int32Array(ladders).fill(NO_KEY);
		this.#cachedLeaf = new Int32Array(ladders);
		this.#nodes = new Int32Array(64 * NODE_WIDTH);
	}

	get ladderCount(): number {
		return this.#roots.length;
	}

	get slotCapacity(): number {
		return this.next.length;
	}

	/** Bytes of all pools. */
	get byteLength(): number {
		const perOrder = [this.next, this.previous, this.level, this.openWh];
		const perLevel = [this.price, this.head, this.tail, this.higher, this.lower, this.levelOrders, this.levelLadder];
		const ladders = [this.lowest, this.highest, this.#roots, this.#cachedKey, this.#cachedLeaf];
		return [...perOrder, ...perLevel, ...ladders, this.levelWh, this.#nodes].reduce(
			(sum, { byteLength }) => sum + byteLength,
			0,
		);
	}

	/** More ladders, numbered on from the last. */
	growLadders(ladders: number): void {
		const before = this.#roots.length;
		this.lowest = grown(this.lowest, ladders);
		this.highest = grown(this.highest, ladders);
		this.#roots = grown(this.#roots, ladders);
		this.#cachedKey = grown(this.#cachedKey, ladders).fill(NO_KEY, before);
		this.#cachedLeaf = grown(this.#cachedLeaf, ladders);
	}

	/** A slot outside every ladder. */
	takeSlot(): number {
		const slot = this.#freeSlot;
		if (slot !== NONE) {
			this.#freeSlot = this.next[slot] as number;
			return slot;
		}
		if (this.#usedSlots === this.next.length) this.#growSlots();
		return this.#usedSlots++;
	}

	freeSlot(slot: number): void {
		this.next[slot] = this.#freeSlot;
		this.level[slot] = NONE;
		this.#freeSlot = slot;
	}

	/** Puts the slot behind all others at its price. */
	insert(ladder: number, price: number, slot: number, wh: number): void {
		const key = price >>> DIGIT_BITS;
		const leaf = this.#cachedKey[ladder] === key ? (this.#cachedLeaf[ladder] as number) : this.#leafFor(ladder, price);
		let level = this.#nodes[leaf + 1 + (price & DIGIT_MASK)] as number;
		if (level === NONE) level = this.#addLevel(ladder, leaf, price);
		const last = this.tail[level] as number;
		this.previous[slot] = last;
		this.next[slot] = NONE;
		if (last === NONE) this.head[level] = slot;
		else this.next[last] = slot;
		this.tail[level] = slot;
		this.level[slot] = level;
		this.openWh[slot] = wh;
		this.levelOrders[level] = (this.levelOrders[level] as number) + 1;
		this.levelWh[level] = (this.levelWh[level] as number) + wh;
	}

	/** Takes the slot out of its ladder; the slot itself stays taken. */
	remove(slot: number): void {
		const level = this.level[slot] as number;
		const before = this.previous[slot] as number;
		const after = this.next[slot] as number;
		if (before === NONE) this.head[level] = after;
		else this.next[before] = after;
		if (after === NONE) this.tail[level] = before;
		else this.previous[after] = before;
		this.levelOrders[level] = (this.levelOrders[level] as number) - 1;
		this.levelWh[level] = (this.levelWh[level] as number) - (this.openWh[slot] as number);
		this.level[slot] = NONE;
		if (before === NONE && after === NONE) this.#dropLevel(level);
	}

	/** Lowers what is open without losing the place. */
	reduce(slot: number, wh: number): void {
		this.openWh[slot] = (this.openWh[slot] as number) - wh;
		const level = this.level[slot] as number;
		this.levelWh[level] = (this.levelWh[level] as number) - wh;
	}

	#addLevel(ladder: number, leaf: number, price: number): number {
		const level = this.#takeLevel();
		const digit = price & DIGIT_MASK;
		const below = this.#levelBelow(ladder, leaf, price);
		const above = below === NONE ? (this.lowest[ladder] as number) : (this.higher[below] as number);
		const nodes = this.#nodes;
		nodes[leaf] = (nodes[leaf] as number) | (1 << digit);
		nodes[leaf + 1 + digit] = level;
		this.price[level] = price;
		this.head[level] = NONE;
		this.tail[level] = NONE;
		this.levelOrders[level] = 0;
		this.levelWh[level] = 0;
		this.levelLadder[level] = ladder;
		this.lower[level] = below;
		this.higher[level] = above;
		if (below === NONE) this.lowest[ladder] = level;
		else this.higher[below] = level;
		if (above === NONE) this.highest[ladder] = level;
		else this.lower[above] = level;
		return level;
	}

	#dropLevel(level: number): void {
		const ladder = this.levelLadder[level] as number;
		const price = this.price[level] as number;
		const below = this.lower[level] as number;
		const above = this.higher[level] as number;
		if (below === NONE) this.lowest[ladder] = above;
		else this.higher[below] = above;
		if (above === NONE) this.highest[ladder] = below;
		else this.lower[above] = below;
		this.head[level] = this.#freeLevel;
		this.#freeLevel = level;
		const key = price >>> DIGIT_BITS;
		const leaf = this.#cachedKey[ladder] === key ? (this.#cachedLeaf[ladder] as number) : this.#leafFor(ladder, price);
		const digit = price & DIGIT_MASK;
		const nodes = this.#nodes;
		const left = (nodes[leaf] as number) & ~(1 << digit);
		nodes[leaf] = left;
		nodes[leaf + 1 + digit] = NONE;
		if (left === 0) this.#dropLeaf(ladder, price, leaf);
	}

	/** The nearest used price below within the leaf, else through the inner nodes. */
	#levelBelow(ladder: number, leaf: number, price: number): number {
		const nodes = this.#nodes;
		const digit = price & DIGIT_MASK;
		const inLeaf = (nodes[leaf] as number) & ((1 << digit) - 1);
		if (inLeaf !== 0) return nodes[leaf + 1 + highestBit(inLeaf)] as number;
		const lowest = this.lowest[ladder] as number;
		if (lowest === NONE || (this.price[lowest] as number) > price) return NONE;
		this.#descend(ladder, price);
		for (let depth = INNER_DIGITS - 1; depth >= 0; depth--) {
			const node = this.#path[depth] as number;
			const shift = DIGIT_BITS * (INNER_DIGITS - depth);
			const under = (nodes[node] as number) & ((1 << ((price >>> shift) & DIGIT_MASK)) - 1);
			if (under === 0) continue;
			let child = nodes[node + 1 + highestBit(under)] as number;
			for (let below = depth + 1; below <= INNER_DIGITS; below++) {
				child = nodes[child + 1 + highestBit(nodes[child] as number)] as number;
			}
			return child;
		}
		return NONE;
	}

	/** Fills the path of inner nodes down to the price's leaf, which exists. */
	#descend(ladder: number, price: number): void {
		let node = this.#roots[ladder] as number;
		for (let depth = 0; depth < INNER_DIGITS; depth++) {
			this.#path[depth] = node;
			const shift = DIGIT_BITS * (INNER_DIGITS - depth);
			node = this.#nodes[node + 1 + ((price >>> shift) & DIGIT_MASK)] as number;
		}
	}

	#leafFor(ladder: number, price: number): number {
		let node = this.#roots[ladder] as number;
		if (node === NONE) {
			node = this.#takeNode();
			this.#roots[ladder] = node;
		}
		for (let depth = 0; depth < INNER_DIGITS; depth++) {
			const digit = (price >>> (DIGIT_BITS * (INNER_DIGITS - depth))) & DIGIT_MASK;
			let child = this.#nodes[node + 1 + digit] as number;
			if (child === NONE) {
				child = this.#takeNode();
				this.#nodes[node] = (this.#nodes[node] as number) | (1 << digit);
				this.#nodes[node + 1 + digit] = child;
			}
			node = child;
		}
		this.#cachedKey[ladder] = price >>> DIGIT_BITS;
		this.#cachedLeaf[ladder] = node;
		return node;
	}

	#dropLeaf(ladder: number, price: number, leaf: number): void {
		this.#cachedKey[ladder] = NO_KEY;
		this.#descend(ladder, price);
		this.#giveNode(leaf);
		for (let depth = INNER_DIGITS - 1; depth >= 0; depth--) {
			const node = this.#path[depth] as number;
			const digit = (price >>> (DIGIT_BITS * (INNER_DIGITS - depth))) & DIGIT_MASK;
			const left = (this.#nodes[node] as number) & ~(1 << digit);
			this.#nodes[node] = left;
			this.#nodes[node + 1 + digit] = NONE;
			if (left !== 0) return;
			this.#giveNode(node);
		}
		this.#roots[ladder] = NONE;
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
			this.#freeLevel = this.head[level] as number;
			return level;
		}
		if (this.#usedLevels === this.price.length) this.#growLevels();
		return this.#usedLevels++;
	}

	#growSlots(): void {
		const capacity = this.next.length * 2;
		this.next = grown(this.next, capacity);
		this.previous = grown(this.previous, capacity);
		this.level = grown(this.level, capacity);
		const open = new Uint32Array(capacity);
		open.set(this.openWh);
		this.openWh = open;
	}

	#growLevels(): void {
		const capacity = this.price.length * 2;
		this.price = grown(this.price, capacity);
		this.head = grown(this.head, capacity);
		this.tail = grown(this.tail, capacity);
		this.higher = grown(this.higher, capacity);
		this.lower = grown(this.lower, capacity);
		this.levelOrders = grown(this.levelOrders, capacity);
		this.levelLadder = grown(this.levelLadder, capacity);
		const wh = new Float64Array(capacity);
		wh.set(this.levelWh);
		this.levelWh = wh;
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
