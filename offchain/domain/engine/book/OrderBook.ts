import type { ReasonCode } from "../../orders/reasonCodes.ts";
import { OrderIdIndex } from "./OrderIdIndex.ts";
import { LADDER_PRICE_LIMIT, NONE, PriceLadders } from "./PriceLadders.ts";

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

/**
 * One window's book over up to sixteen zones.
 *
 * Promises: the order of candidates is landed price, renewable before grey, own zone before others, then time; a trade
 * is at the resting order's limit; the same commands give the same trades. No command costs more than the orders it
 * fills, times the zones with orders. Fills of the last command are in `fill*` up to `fillCount`.
 */
export class OrderBook {
	readonly ladders: PriceLadders;
	readonly ids: OrderIdIndex;
	owner: Uint32Array;
	/** Arrival by slot, for equals in different ladders. */
	arrival: Float64Array;
	fillCount = 0;
	fillMakerId = new Float64Array(64);
	fillPrice = new Int32Array(64);
	fillWh = new Uint32Array(64);

	/** `[sellZoneId - 1][buyZoneId - 1]`, flat. */
	readonly #adders: Int32Array;
	/** Bit per ladder of the side that has orders. */
	readonly #used = new Int32Array(2);
	readonly #cursor = new Int32Array(SIDE);
	#arrivals = 0;

	constructor(orderCapacity = 1024, adders: ArrayLike<number> = []) {
		this.ladders = new PriceLadders(2 * SIDE, orderCapacity);
		this.ids = new OrderIdIndex(orderCapacity);
		this.owner = new Uint32Array(orderCapacity);
		this.arrival = new Float64Array(orderCapacity);
		this.#adders = Int32Array.from({ length: ZONES * ZONES }, (_, pair) => adders[pair] ?? 0);
	}

	get byteLength(): number {
		return this.ladders.byteLength + this.ids.byteLength + this.owner.byteLength + this.arrival.byteLength;
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
	): ReasonCode | null {
		this.fillCount = 0;
		let ladder = this.#bestLadder(side, zone, limit);
		let left = wh;
		if (ladder >= 0) {
			if (lifetime === POST) return "POST_ONLY_WOULD_TRADE";
			if (lifetime === FOK && !this.#fillsCompletely(side, zone, limit, wh, owner)) return "FILL_OR_KILL";
			const { head, lowest, highest } = this.ladders;
			do {
				const maker = head[(side === BUY ? lowest[ladder] : highest[ladder]) as number] as number;
				if (owner !== 0 && this.owner[maker] === owner) return "SELF_TRADE";
				left -= this.#fill(maker, left);
				if (left === 0) return null;
				ladder = this.#bestLadder(side, zone, limit);
			} while (ladder >= 0);
		} else if (lifetime === FOK) return "FILL_OR_KILL";
		if (lifetime === IOC) return null;
		this.#rest(id, owner, side, zone, isRenewable, limit, left);
		return null;
	}

	cancel(id: number): ReasonCode | null {
		this.fillCount = 0;
		const slot = this.ids.find(id);
		if (slot === NONE) return "ORDER_UNKNOWN";
		this.#take(slot);
		return null;
	}

	/** A smaller quantity at the same price keeps its place; anything else is a new arrival, which may trade at once. */
	amend(id: number, price: number, wh: number): ReasonCode | null {
		this.fillCount = 0;
		const { ladders } = this;
		const slot = this.ids.find(id);
		if (slot === NONE) return "ORDER_UNKNOWN";
		const level = ladders.level[slot] as number;
		const openWh = ladders.openWh[slot] as number;
		if (price === ladders.price[level] && wh < openWh) {
			ladders.reduce(slot, openWh - wh);
			return null;
		}
		const ladder = ladders.levelLadder[level] as number;
		const owner = this.owner[slot] as number;
		this.#take(slot);
		const side = ladder < SIDE ? BUY : SELL;
		const isRenewable = side === SELL && ladder - SIDE < GREY;
		return this.place(id, owner, side, (ladder % ZONES) + 1, isRenewable, price, wh, GTC);
	}

	/** What a resting order stands at, or null. */
	find(id: number): { price: number; openWh: number } | null {
		const slot = this.ids.find(id);
		if (slot === NONE) return null;
		const { price, level, openWh } = this.ladders;
		return { price: price[level[slot] as number] as number, openWh: openWh[slot] as number };
	}

	/** Open quantity by price over all zones, best first. */
	depth(side: number, levels = Number.POSITIVE_INFINITY): [price: number, wh: number][] {
		const { price, levelWh, lowest, highest, lower, higher } = this.ladders;
		const at = Array.from({ length: SIDE }, (_, index) => {
			const ladder = side * SIDE + index;
			return (side === BUY ? highest[ladder] : lowest[ladder]) as number;
		}).filter((level) => level !== NONE);
		const result: [number, number][] = [];
		while (at.length > 0 && result.length < levels) {
			const prices = at.map((level) => price[level] as number);
			const best = side === BUY ? Math.max(...prices) : Math.min(...prices);
			let wh = 0;
			for (let index = at.length - 1; index >= 0; index--) {
				const level = at[index] as number;
				if (price[level] !== best) continue;
				wh += levelWh[level] as number;
				const next = (side === BUY ? lower[level] : higher[level]) as number;
				if (next === NONE) at.splice(index, 1);
				else at[index] = next;
			}
			result.push([best, wh]);
		}
		return result;
	}

	/** Everything that rests, ladder by ladder in priority order: what a state hash covers. */
	*resting(): Generator<readonly [id: number, ladder: number, price: number, wh: number, owner: number]> {
		const { lowest, higher, head, next, price, openWh } = this.ladders;
		for (let ladder = 0; ladder < 2 * SIDE; ladder++) {
			for (let level = lowest[ladder] as number; level !== NONE; level = higher[level] as number) {
				for (let slot = head[level] as number; slot !== NONE; slot = next[slot] as number) {
					const id = this.ids.ids[slot] as number;
					yield [id, ladder, price[level] as number, openWh[slot] as number, this.owner[slot] as number];
				}
			}
		}
	}

	/** The opposite ladder with the taker's best candidate in front, or -1. */
	#bestLadder(side: number, zone: number, limit: number): number {
		const { price, head, lowest, highest } = this.ladders;
		let bits = this.#used[1 - side] as number;
		let best = -1;
		let bestSurplus = 0;
		while (bits !== 0) {
			const index = 31 - Math.clz32(bits);
			bits &= ~(1 << index);
			let ladder: number;
			let surplus: number;
			if (side === BUY) {
				ladder = SIDE + index;
				surplus =
					limit -
					(price[lowest[ladder] as number] as number) -
					(this.#adders[(index & 15) * ZONES + zone - 1] as number);
			} else {
				ladder = index;
				surplus =
					(price[highest[ladder] as number] as number) -
					limit -
					(this.#adders[(zone - 1) * ZONES + (index & 15)] as number);
			}
			if (surplus < 0 || (best >= 0 && surplus < bestSurplus)) continue;
			if (best >= 0 && surplus === bestSurplus) {
				const level = (side === BUY ? lowest[ladder] : highest[ladder]) as number;
				const bestLevel = (side === BUY ? lowest[best] : highest[best]) as number;
				if (!this.#isBefore(ladder, head[level] as number, best, head[bestLevel] as number, zone)) continue;
			}
			best = ladder;
			bestSurplus = surplus;
		}
		return best;
	}

	/** Between two candidates at the same landed price. */
	#isBefore(ladder: number, slot: number, otherLadder: number, otherSlot: number, zone: number): boolean {
		const greyness = (ladder & GREY) - (otherLadder & GREY);
		if (greyness !== 0) return greyness < 0;
		const isOwn = (ladder & 15) === zone - 1;
		const isOtherOwn = (otherLadder & 15) === zone - 1;
		if (isOwn !== isOtherOwn) return isOwn;
		return (this.arrival[slot] as number) < (this.arrival[otherSlot] as number);
	}

	#fill(maker: number, wanted: number): number {
		const { openWh, level, price } = this.ladders;
		const open = openWh[maker] as number;
		const wh = Math.min(open, wanted);
		const at = this.fillCount++;
		if (at === this.fillWh.length) this.#growFills();
		this.fillMakerId[at] = this.ids.ids[maker] as number;
		this.fillPrice[at] = price[level[maker] as number] as number;
		this.fillWh[at] = wh;
		if (wh === open) this.#take(maker);
		else this.ladders.reduce(maker, wh);
		return wh;
	}

	#fillsCompletely(side: number, zone: number, limit: number, wh: number, owner: number): boolean {
		if (this.#crossingWh(side, zone, limit, wh) < wh) return false;
		return owner === 0 || this.#fillsBeforeOwnOrder(side, zone, limit, wh, owner);
	}

	/** All that crosses the limit, level by level; stops once it is enough. */
	#crossingWh(side: number, zone: number, limit: number, enough: number): number {
		const { price, levelWh, lowest, highest, higher, lower } = this.ladders;
		let wh = 0;
		for (let bits = this.#used[1 - side] as number; bits !== 0; ) {
			const index = 31 - Math.clz32(bits);
			bits &= ~(1 << index);
			const ladder = (1 - side) * SIDE + index;
			if (side === BUY) {
				const most = limit - (this.#adders[(index & 15) * ZONES + zone - 1] as number);
				let level = lowest[ladder] as number;
				for (; level !== NONE && (price[level] as number) <= most && wh < enough; level = higher[level] as number) {
					wh += levelWh[level] as number;
				}
			} else {
				const least = limit + (this.#adders[(zone - 1) * ZONES + (index & 15)] as number);
				let level = highest[ladder] as number;
				for (; level !== NONE && (price[level] as number) >= least && wh < enough; level = lower[level] as number) {
					wh += levelWh[level] as number;
				}
			}
		}
		return wh;
	}

	/** The walk of a match on cursors, up to the first own order. */
	#fillsBeforeOwnOrder(side: number, zone: number, limit: number, wh: number, owner: number): boolean {
		const { price, head, next, lowest, highest, higher, lower, openWh, level } = this.ladders;
		const cursor = this.#cursor;
		const used = this.#used[1 - side] as number;
		const base = (1 - side) * SIDE;
		for (let index = 0; index < SIDE; index++) {
			const top = (side === BUY ? lowest[base + index] : highest[base + index]) as number;
			cursor[index] = (used & (1 << index)) === 0 ? NONE : (head[top] as number);
		}
		for (let left = wh; ; ) {
			let best = -1;
			let bestSurplus = 0;
			for (let index = 0; index < SIDE; index++) {
				const slot = cursor[index] as number;
				if (slot === NONE) continue;
				const at = price[level[slot] as number] as number;
				const adder =
					side === BUY
						? (this.#adders[(index & 15) * ZONES + zone - 1] as number)
						: (this.#adders[(zone - 1) * ZONES + (index & 15)] as number);
				const surplus = side === BUY ? limit - at - adder : at - limit - adder;
				if (surplus < 0 || (best >= 0 && surplus < bestSurplus)) continue;
				if (
					best >= 0 &&
					surplus === bestSurplus &&
					!this.#isBefore(base + index, slot, base + best, cursor[best] as number, zone)
				) {
					continue;
				}
				best = index;
				bestSurplus = surplus;
			}
			if (best < 0) return false;
			const slot = cursor[best] as number;
			if (this.owner[slot] === owner) return false;
			left -= openWh[slot] as number;
			if (left <= 0) return true;
			const after = next[slot] as number;
			if (after !== NONE) cursor[best] = after;
			else {
				const nextLevel = (side === BUY ? higher[level[slot] as number] : lower[level[slot] as number]) as number;
				cursor[best] = nextLevel === NONE ? NONE : (head[nextLevel] as number);
			}
		}
	}

	#rest(id: number, owner: number, side: number, zone: number, isRenewable: boolean, price: number, wh: number): void {
		if (price >= LADDER_PRICE_LIMIT) throw new RangeError(`invariant: price ${price} cannot rest`);
		const index = (side === SELL && isRenewable ? RENEWABLE : GREY) + zone - 1;
		const slot = this.ladders.takeSlot();
		if (slot >= this.owner.length) this.#growSlots();
		this.owner[slot] = owner;
		this.arrival[slot] = ++this.#arrivals;
		this.ids.add(id, slot);
		this.ladders.insert(side * SIDE + index, price, slot, wh);
		this.#used[side] = (this.#used[side] as number) | (1 << index);
	}

	#take(slot: number): void {
		const ladder = this.ladders.levelLadder[this.ladders.level[slot] as number] as number;
		this.ids.remove(this.ids.ids[slot] as number);
		this.ladders.remove(slot);
		this.ladders.freeSlot(slot);
		if (this.ladders.lowest[ladder] !== NONE) return;
		const side = ladder < SIDE ? BUY : SELL;
		this.#used[side] = (this.#used[side] as number) & ~(1 << (ladder % SIDE));
	}

	#growSlots(): void {
		const owner = new Uint32Array(this.ladders.slotCapacity);
		owner.set(this.owner);
		this.owner = owner;
		const arrival = new Float64Array(this.ladders.slotCapacity);
		arrival.set(this.arrival);
		this.arrival = arrival;
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
