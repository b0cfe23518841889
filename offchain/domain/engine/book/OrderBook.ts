import type { ReasonCode } from "../../orders/reasonCodes.ts";
import { OrderIdIndex } from "./OrderIdIndex.ts";
import {
	HEAD,
	HIGHER,
	HIGHEST,
	HIGHEST_PRICE,
	LADDER_PRICE_LIMIT,
	LADDER_WIDTH,
	LEVEL,
	LEVEL_EXTRA,
	LEVEL_LADDER,
	LEVEL_NUMBERS,
	LEVEL_WH,
	LEVEL_WIDTH,
	LOWER,
	LOWEST,
	LOWEST_PRICE,
	NEXT,
	NONE,
	OPEN_WH,
	ORDER_EXTRA,
	ORDER_NUMBER_B,
	ORDER_NUMBERS,
	ORDER_WIDTH,
	PRICE,
	PriceLadders,
} from "./PriceLadders.ts";

export const BUY = 0;
export const SELL = 1;
/** How long an order stands: until cancelled, not at all, all or nothing, or only if it need not trade. */
export const GTC = 0;
export const IOC = 1;
export const FOK = 2;
export const POST = 3;
/** The limit of a buyer who names none. */
export const NO_BUY_LIMIT = 2 ** 31 - 1;

const ZONES = 16;
/** Ladders of one side: renewable sells first, then zones. */
const RENEWABLE = 0;
const GREY = ZONES;
const SIDE = 2 * ZONES;
const WINDOW = 2 * SIDE;
/** In an order's record: its owner, and when it arrived, for equals in different ladders. */
const OWNER = ORDER_EXTRA + 1;
const ARRIVAL = ORDER_NUMBER_B;
/** In a level's record: a bit for each owner that has rested there, many owners to a bit. */
const OWNERS = LEVEL_EXTRA;
const FILLS_EXPECTED = 1 << 16;

/**
 * Books of one or more windows, each over up to sixteen zones, packed in one pool. Order ids are one space.
 *
 * Promises: the order of candidates is landed price, renewable before grey, own zone before others, then time; a trade
 * is at the resting order's limit; the same commands give the same trades. No command costs more than the orders it
 * fills, times the zones with orders. Fills of the last command are in `fill*` up to `fillCount`.
 */
export class OrderBook {
	fillCount = 0;
	fillMakerId: Float64Array;
	fillPrice: Int32Array;
	fillWh: Uint32Array;

	readonly #ladders: PriceLadders;
	readonly #ids: OrderIdIndex;
	/** `[sellZoneId - 1][buyZoneId - 1]`, flat. */
	readonly #adders: Int32Array;
	/** Bit per ladder that has orders, by `window × 2 + side`. */
	readonly #used: Int32Array;
	#arrivals = 0;
	/** Whether another ladder's front is as good as the one `#bestLadder` chose. */
	#isTied = false;

	constructor(orderCapacity = 1024, adders: ArrayLike<number> = [], windows = 1) {
		this.#ladders = new PriceLadders(windows * WINDOW, orderCapacity, Math.max(2, orderCapacity >>> 2));
		this.#ids = new OrderIdIndex(this.#ladders);
		this.#used = new Int32Array(2 * windows);
		this.#adders = Int32Array.from({ length: ZONES * ZONES }, (_, pair) => adders[pair] ?? 0);
		const fills = Math.min(orderCapacity, FILLS_EXPECTED);
		this.fillMakerId = new Float64Array(fills);
		this.fillPrice = new Int32Array(fills);
		this.fillWh = new Uint32Array(fills);
	}

	get byteLength(): number {
		return this.#ladders.byteLength + this.#ids.byteLength;
	}

	/** Null when the order was taken; its rest, if any, rests unless `lifetime` says otherwise. */
	place(
		id: number,
		owner: number,
		side: number,
		zone: number,
		isRenewable: boolean,
		limit: number,
		wh: number,
		lifetime: number,
		window = 0,
	): ReasonCode | null {
		this.fillCount = 0;
		let ladder = this.#bestLadder(side, zone, limit, window);
		let left = wh;
		if (ladder >= 0) {
			if (lifetime === POST) return "POST_ONLY_WOULD_TRADE";
			if (lifetime === FOK && !this.#fillsCompletely(side, zone, limit, wh, owner, window)) return "FILL_OR_KILL";
			do {
				left = this.#fillFrom(ladder, side, left, owner);
				if (left === 0) return null;
				if (left < 0) return "SELF_TRADE";
				ladder = this.#bestLadder(side, zone, limit, window);
			} while (ladder >= 0);
		} else if (lifetime === FOK) return "FILL_OR_KILL";
		if (lifetime === IOC) return null;
		this.#rest(id, owner, side, zone, isRenewable, limit, left, window);
		return null;
	}

	cancel(id: number): ReasonCode | null {
		this.fillCount = 0;
		const slot = this.#ids.find(id);
		if (slot === NONE) return "ORDER_UNKNOWN";
		this.#take(slot);
		return null;
	}

	/** A smaller quantity at the same price keeps its place; anything else is a new arrival, which may trade at once. */
	amend(id: number, price: number, wh: number): ReasonCode | null {
		this.fillCount = 0;
		const slot = this.#ids.find(id);
		if (slot === NONE) return "ORDER_UNKNOWN";
		const { orders, levels } = this.#ladders;
		const order = slot * ORDER_WIDTH;
		const level = (orders[order + LEVEL] as number) * LEVEL_WIDTH;
		const openWh = (orders[order + OPEN_WH] as number) >>> 0;
		if (price === levels[level + PRICE] && wh < openWh) {
			this.#ladders.reduce(slot, openWh - wh);
			return null;
		}
		const ladder = levels[level + LEVEL_LADDER] as number;
		const owner = (orders[order + OWNER] as number) >>> 0;
		this.#take(slot);
		const index = ladder % WINDOW;
		const side = index < SIDE ? BUY : SELL;
		const isRenewable = side === SELL && index - SIDE < GREY;
		const window = (ladder - index) / WINDOW;
		return this.place(id, owner, side, (index % ZONES) + 1, isRenewable, price, wh, GTC, window);
	}

	/** What a resting order stands at, or null. */
	find(id: number): { price: number; openWh: number } | null {
		const slot = this.#ids.find(id);
		if (slot === NONE) return null;
		const { orders, levels } = this.#ladders;
		const level = orders[slot * ORDER_WIDTH + LEVEL] as number;
		return {
			price: levels[level * LEVEL_WIDTH + PRICE] as number,
			openWh: (orders[slot * ORDER_WIDTH + OPEN_WH] as number) >>> 0,
		};
	}

	/** Open quantity of a window by price over all zones, best first. */
	depth(side: number, window = 0): [price: number, wh: number][] {
		const { ladders, levels, levelWh } = this.#ladders;
		const at = Array.from({ length: SIDE }, (_, index) => {
			const ladder = (window * WINDOW + side * SIDE + index) * LADDER_WIDTH;
			return ladders[ladder + (side === BUY ? HIGHEST : LOWEST)] as number;
		}).filter((level) => level !== NONE);
		const result: [number, number][] = [];
		while (at.length > 0) {
			const prices = at.map((level) => levels[level * LEVEL_WIDTH + PRICE] as number);
			const best = side === BUY ? Math.max(...prices) : Math.min(...prices);
			let wh = 0;
			for (let index = at.length - 1; index >= 0; index--) {
				const level = at[index] as number;
				if (levels[level * LEVEL_WIDTH + PRICE] !== best) continue;
				wh += levelWh[level * LEVEL_NUMBERS + LEVEL_WH] as number;
				const next = levels[level * LEVEL_WIDTH + (side === BUY ? LOWER : HIGHER)] as number;
				if (next === NONE) at.splice(index, 1);
				else at[index] = next;
			}
			result.push([best, wh]);
		}
		return result;
	}

	/** Everything that rests, ladder by ladder in priority order: what a state hash covers. */
	*resting(): Generator<readonly [id: number, ladder: number, price: number, wh: number, owner: number]> {
		const { ladders, levels, orders, ladderCount } = this.#ladders;
		for (let ladder = 0; ladder < ladderCount; ladder++) {
			let level = ladders[ladder * LADDER_WIDTH + LOWEST] as number;
			for (; level !== NONE; level = levels[level * LEVEL_WIDTH + HIGHER] as number) {
				const price = levels[level * LEVEL_WIDTH + PRICE] as number;
				let slot = levels[level * LEVEL_WIDTH + HEAD] as number;
				for (; slot !== NONE; slot = orders[slot * ORDER_WIDTH + NEXT] as number) {
					const wh = (orders[slot * ORDER_WIDTH + OPEN_WH] as number) >>> 0;
					yield [this.#ids.idOf(slot), ladder, price, wh, (orders[slot * ORDER_WIDTH + OWNER] as number) >>> 0];
				}
			}
		}
	}

	/** The opposite ladder with the taker's best candidate in front, or -1. */
	#bestLadder(side: number, zone: number, limit: number, window: number): number {
		const { ladders } = this.#ladders;
		const base = window * WINDOW + (1 - side) * SIDE;
		let bits = this.#used[window * 2 + 1 - side] as number;
		let best = -1;
		let bestSurplus = 0;
		this.#isTied = false;
		while (bits !== 0) {
			const index = 31 - Math.clz32(bits);
			bits &= ~(1 << index);
			const ladder = base + index;
			const record = ladder * LADDER_WIDTH;
			const surplus =
				side === BUY
					? limit -
						(ladders[record + LOWEST_PRICE] as number) -
						(this.#adders[(index & 15) * ZONES + zone - 1] as number)
					: (ladders[record + HIGHEST_PRICE] as number) -
						limit -
						(this.#adders[(zone - 1) * ZONES + (index & 15)] as number);
			if (surplus < 0 || (best >= 0 && surplus < bestSurplus)) continue;
			if (best >= 0 && surplus === bestSurplus) {
				this.#isTied = true;
				const end = side === BUY ? LOWEST : HIGHEST;
				const slot = this.#headOf(ladders[record + end] as number);
				const other = this.#headOf(ladders[best * LADDER_WIDTH + end] as number);
				if (!this.#isBefore(ladder, slot, best, other, zone)) continue;
			} else this.#isTied = false;
			best = ladder;
			bestSurplus = surplus;
		}
		return best;
	}

	#headOf(level: number): number {
		return this.#ladders.levels[level * LEVEL_WIDTH + HEAD] as number;
	}

	/** Between two candidates at the same landed price. */
	#isBefore(ladder: number, slot: number, otherLadder: number, otherSlot: number, zone: number): boolean {
		const greyness = (ladder & GREY) - (otherLadder & GREY);
		if (greyness !== 0) return greyness < 0;
		const isOwn = (ladder & 15) === zone - 1;
		const isOtherOwn = (otherLadder & 15) === zone - 1;
		if (isOwn !== isOtherOwn) return isOwn;
		const { orderNumbers } = this.#ladders;
		return (
			(orderNumbers[slot * ORDER_NUMBERS + ARRIVAL] as number) <
			(orderNumbers[otherSlot * ORDER_NUMBERS + ARRIVAL] as number)
		);
	}

	/**
	 * Fills from the ladder's front level: all of it that is wanted where no other ladder's front is as good, else its
	 * first order. What is left of the wanted energy, or -1 where an own order is next.
	 */
	#fillFrom(ladder: number, side: number, wanted: number, owner: number): number {
		const { ladders, levels, orders } = this.#ladders;
		const level = ladders[ladder * LADDER_WIDTH + (side === BUY ? LOWEST : HIGHEST)] as number;
		const price = levels[level * LEVEL_WIDTH + PRICE] as number;
		let slot = levels[level * LEVEL_WIDTH + HEAD] as number;
		let left = wanted;
		let taken = 0;
		let takenWh = 0;
		let last = NONE;
		do {
			const order = slot * ORDER_WIDTH;
			if (owner !== 0 && (orders[order + OWNER] as number) >>> 0 === owner) {
				left = -1;
				break;
			}
			const open = (orders[order + OPEN_WH] as number) >>> 0;
			const wh = Math.min(open, left);
			const at = this.fillCount++;
			if (at === this.fillWh.length) this.#growFills();
			this.fillMakerId[at] = this.#ids.idOf(slot);
			this.fillPrice[at] = price;
			this.fillWh[at] = wh;
			left -= wh;
			if (wh < open) {
				this.#ladders.reduce(slot, wh);
				break;
			}
			this.#ids.remove(slot);
			taken++;
			takenWh += wh;
			last = slot;
			slot = orders[order + NEXT] as number;
		} while (left > 0 && slot !== NONE && !this.#isTied);
		if (taken > 0) {
			this.#ladders.takeFirst(level, last, taken, takenWh);
			this.#noteIfEmpty(ladder);
		}
		return left;
	}

	#noteIfEmpty(ladder: number): void {
		if (this.#ladders.ladders[ladder * LADDER_WIDTH + LOWEST] !== NONE) return;
		const group = ladder >>> 5;
		this.#used[group] = (this.#used[group] as number) & ~(1 << (ladder & 31));
	}

	#fillsCompletely(side: number, zone: number, limit: number, wh: number, owner: number, window: number): boolean {
		if (this.#crossingWh(side, zone, limit, wh, window) < wh) return false;
		return owner === 0 || this.#fillsBeforeOwnOrder(side, zone, limit, wh, owner, window);
	}

	/** All that crosses the limit, level by level; stops once it is enough. */
	#crossingWh(side: number, zone: number, limit: number, enough: number, window: number): number {
		const { ladders, levels, levelWh } = this.#ladders;
		let wh = 0;
		for (let bits = this.#used[window * 2 + 1 - side] as number; bits !== 0; ) {
			const index = 31 - Math.clz32(bits);
			bits &= ~(1 << index);
			const record = (window * WINDOW + (1 - side) * SIDE + index) * LADDER_WIDTH;
			const end = ladders[record + (side === BUY ? LOWEST : HIGHEST)] as number;
			const onward = side === BUY ? HIGHER : LOWER;
			for (let level = end; level !== NONE && wh < enough; level = levels[level * LEVEL_WIDTH + onward] as number) {
				const price = levels[level * LEVEL_WIDTH + PRICE] as number;
				if (this.#surplus(side, zone, limit, index, price) < 0) break;
				wh += levelWh[level * LEVEL_NUMBERS + LEVEL_WH] as number;
			}
		}
		return wh;
	}

	/** What the taker gains on his limit at that price in the ladder `index` of the other side. */
	#surplus(side: number, zone: number, limit: number, index: number, price: number): number {
		return side === BUY
			? limit - price - (this.#adders[(index & 15) * ZONES + zone - 1] as number)
			: price - limit - (this.#adders[(zone - 1) * ZONES + (index & 15)] as number);
	}

	/** Whether enough stands before the first own order; there is enough in all. */
	#fillsBeforeOwnOrder(side: number, zone: number, limit: number, wh: number, owner: number, window: number): boolean {
		const base = window * WINDOW + (1 - side) * SIDE;
		let own = NONE;
		let ownIndex = 0;
		let ownSurplus = 0;
		for (let bits = this.#used[window * 2 + 1 - side] as number; bits !== 0; ) {
			const index = 31 - Math.clz32(bits);
			bits &= ~(1 << index);
			const slot = this.#firstOwn(base + index, side, owner, wh);
			if (slot === NONE) continue;
			const surplus = this.#surplus(side, zone, limit, index, this.#priceOf(slot));
			if (surplus < 0 || (own !== NONE && surplus < ownSurplus)) continue;
			if (own !== NONE && surplus === ownSurplus && !this.#isBefore(index, slot, ownIndex, own, zone)) continue;
			own = slot;
			ownIndex = index;
			ownSurplus = surplus;
		}
		if (own === NONE) return true;
		let before = 0;
		for (let bits = this.#used[window * 2 + 1 - side] as number; bits !== 0 && before < wh; ) {
			const index = 31 - Math.clz32(bits);
			bits &= ~(1 << index);
			before += this.#whBefore(base + index, side, zone, limit, own, ownIndex, ownSurplus);
		}
		return before >= wh;
	}

	/** The owner's first order of a ladder within its first `reach` Wh, or none. */
	#firstOwn(ladder: number, side: number, owner: number, reach: number): number {
		const { ladders, levels, levelWh, orders } = this.#ladders;
		const bit = ownerBit(owner);
		let left = reach;
		let level = ladders[ladder * LADDER_WIDTH + (side === BUY ? LOWEST : HIGHEST)] as number;
		for (; level !== NONE; level = levels[level * LEVEL_WIDTH + (side === BUY ? HIGHER : LOWER)] as number) {
			if (((levels[level * LEVEL_WIDTH + OWNERS] as number) & bit) === 0) {
				left -= levelWh[level * LEVEL_NUMBERS + LEVEL_WH] as number;
				if (left <= 0) return NONE;
				continue;
			}
			let slot = this.#headOf(level);
			for (; slot !== NONE; slot = orders[slot * ORDER_WIDTH + NEXT] as number) {
				if ((orders[slot * ORDER_WIDTH + OWNER] as number) >>> 0 === owner) return slot;
				left -= (orders[slot * ORDER_WIDTH + OPEN_WH] as number) >>> 0;
				if (left <= 0) return NONE;
			}
		}
		return NONE;
	}

	/** What stands in a ladder before an order of one of the ladders. */
	#whBefore(
		ladder: number,
		side: number,
		zone: number,
		limit: number,
		order: number,
		orderIndex: number,
		orderSurplus: number,
	): number {
		const { ladders, levels, levelWh, orders } = this.#ladders;
		const index = ladder & (SIDE - 1);
		let wh = 0;
		let level = ladders[ladder * LADDER_WIDTH + (side === BUY ? LOWEST : HIGHEST)] as number;
		for (; level !== NONE; level = levels[level * LEVEL_WIDTH + (side === BUY ? HIGHER : LOWER)] as number) {
			const surplus = this.#surplus(side, zone, limit, index, levels[level * LEVEL_WIDTH + PRICE] as number);
			if (surplus < orderSurplus) break;
			if (surplus > orderSurplus) {
				wh += levelWh[level * LEVEL_NUMBERS + LEVEL_WH] as number;
				continue;
			}
			let slot = this.#headOf(level);
			for (; slot !== NONE; slot = orders[slot * ORDER_WIDTH + NEXT] as number) {
				if (!this.#isBefore(index, slot, orderIndex, order, zone)) break;
				wh += (orders[slot * ORDER_WIDTH + OPEN_WH] as number) >>> 0;
			}
			break;
		}
		return wh;
	}

	#priceOf(slot: number): number {
		const { levels, orders } = this.#ladders;
		return levels[(orders[slot * ORDER_WIDTH + LEVEL] as number) * LEVEL_WIDTH + PRICE] as number;
	}

	#rest(
		id: number,
		owner: number,
		side: number,
		zone: number,
		isRenewable: boolean,
		price: number,
		wh: number,
		window: number,
	): void {
		if (price >= LADDER_PRICE_LIMIT) throw new RangeError(`invariant: price ${price} cannot rest`);
		const index = (side === SELL && isRenewable ? RENEWABLE : GREY) + zone - 1;
		const ladders = this.#ladders;
		const slot = ladders.takeSlot();
		ladders.orders[slot * ORDER_WIDTH + OWNER] = owner;
		ladders.orderNumbers[slot * ORDER_NUMBERS + ARRIVAL] = ++this.#arrivals;
		this.#ids.add(id, slot);
		ladders.insert(window * WINDOW + side * SIDE + index, price, slot, wh);
		const owners = (ladders.orders[slot * ORDER_WIDTH + LEVEL] as number) * LEVEL_WIDTH + OWNERS;
		ladders.levels[owners] = (ladders.levels[owners] as number) | ownerBit(owner);
		this.#used[window * 2 + side] = (this.#used[window * 2 + side] as number) | (1 << index);
	}

	#take(slot: number): void {
		const { orders, levels } = this.#ladders;
		const level = orders[slot * ORDER_WIDTH + LEVEL] as number;
		const ladder = levels[level * LEVEL_WIDTH + LEVEL_LADDER] as number;
		this.#ids.remove(slot);
		this.#ladders.remove(slot);
		this.#ladders.freeSlot(slot);
		this.#noteIfEmpty(ladder);
	}

	#growFills(): void {
		const length = this.fillWh.length * 2;
		const makers = new Float64Array(length);
		makers.set(this.fillMakerId);
		this.fillMakerId = makers;
		const prices = new Int32Array(length);
		prices.set(this.fillPrice);
		this.fillPrice = prices;
		const wh = new Uint32Array(length);
		wh.set(this.fillWh);
		this.fillWh = wh;
	}
}

/** Neighbouring numbers and far ones are spread alike. */
function ownerBit(owner: number): number {
	return 1 << (Math.imul(owner, 0x9e37_79b1) >>> 27);
}
