import {
	HEAD,
	HIGHER,
	HIGHEST,
	HIGHEST_PRICE,
	LADDER_WIDTH,
	LEVEL,
	LEVEL_WIDTH,
	LOWER,
	LOWEST,
	LOWEST_PRICE,
	NEXT,
	NONE,
	ORDER_NUMBERS,
	ORDER_WIDTH,
	PRICE,
} from "../book/PriceLadders.ts";
import { ARRIVAL, NODE, TWIN } from "./BookPool.ts";
import type { Entry } from "./Entry.ts";
import { RANKS, type WindowBook } from "./WindowBook.ts";

const PER_RANK = 32;
/** Both kinds of energy of every zone, and the two ladders of the taker's feeder. */
const STREAMS = PER_RANK + 2;
const ALL = 0xffff;

/**
 * Resting orders a taker could trade with, best first: class, what the taker gains on his limit, renewable before
 * grey, nearer before farther (same feeder, same zone, elsewhere), time. A merge of the ladders' own orders, so that
 * the first candidate costs a look at each zone's best price and every further one a step.
 *
 * The caller may change or remove the order he got last, and no other.
 */
export class CandidateWalk {
	readonly #slot = new Int32Array(STREAMS);
	readonly #surplus = new Float64Array(STREAMS);
	readonly #adder = new Int32Array(STREAMS);
	/** Ties go to the lower one: greyness × 4 + distance. */
	readonly #place = new Int32Array(STREAMS);
	readonly #isFeeder = new Uint8Array(STREAMS);
	#streams = 0;
	#rank = 0;
	#book: WindowBook | null = null;
	#isBuyer = false;
	#limit = 0;
	#zoneId = 0;
	#nodeId = 0;
	#zones = 0;
	#adders: Int32Array = new Int32Array(0);

	/** `zones`: bit `zoneId − 1` of those that may trade. `adders`: flat, `[sellZoneId − 1][buyZoneId − 1]`. */
	begin(book: WindowBook, taker: Entry, zones: number, adders: Int32Array): void {
		this.#book = book;
		this.#isBuyer = !taker.isSell;
		this.#limit = taker.priceSatPerKwh;
		this.#zoneId = taker.zoneId;
		this.#nodeId = taker.nodeId;
		this.#zones = zones & ALL;
		this.#adders = adders;
		this.#rank = -1;
		this.#streams = 0;
	}

	/** The next candidate's slot, or 0. */
	next(): number {
		const book = this.#book as WindowBook;
		for (;;) {
			const best = this.#best();
			if (best < 0) {
				if (++this.#rank === RANKS) return NONE;
				this.#openRank();
				continue;
			}
			const slot = this.#slot[best] as number;
			const isFeeder = this.#isFeeder[best] === 1;
			this.#advance(best);
			if (isFeeder) {
				// The zone's own cursor must not stand on an order that may go.
				const twin = book.pool.ladders.orders[slot * ORDER_WIDTH + TWIN] as number;
				for (let stream = 0; stream < this.#streams; stream++) {
					if (this.#slot[stream] === twin) this.#advance(stream);
				}
			} else if (this.#nodeId !== 0 && this.#isOwnZone(best) && this.#nodeOf(slot) === this.#nodeId) continue;
			return slot;
		}
	}

	#nodeOf(slot: number): number {
		return (this.#book as WindowBook).pool.ladders.orders[slot * ORDER_WIDTH + NODE] as number;
	}

	#isOwnZone(stream: number): boolean {
		return ((this.#place[stream] as number) & 3) === 1;
	}

	#best(): number {
		let best = -1;
		for (let stream = 0; stream < this.#streams; stream++) {
			if (this.#slot[stream] === NONE) continue;
			if (best < 0 || this.#isBefore(stream, best)) best = stream;
		}
		return best;
	}

	#isBefore(stream: number, other: number): boolean {
		const surplus = (this.#surplus[stream] as number) - (this.#surplus[other] as number);
		if (surplus !== 0) return surplus > 0;
		const place = (this.#place[stream] as number) - (this.#place[other] as number);
		if (place !== 0) return place < 0;
		return this.#arrivalOf(stream) < this.#arrivalOf(other);
	}

	#arrivalOf(stream: number): number {
		const { orderNumbers } = (this.#book as WindowBook).pool.ladders;
		return orderNumbers[(this.#slot[stream] as number) * ORDER_NUMBERS + ARRIVAL] as number;
	}

	/** Ladders whose front crosses; a feeder's can only where its zone's does. */
	#openRank(): void {
		const book = this.#book as WindowBook;
		const own = this.#zoneId - 1;
		const group = (this.#isBuyer ? RANKS : 0) + this.#rank;
		this.#streams = 0;
		let feeders = 0;
		let bits = (book.used[group] as number) & (this.#zones | (this.#zones << 16));
		while (bits !== 0) {
			const bit = 31 - Math.clz32(bits);
			bits &= ~(1 << bit);
			const zone = bit & 15;
			const adder = this.#adders[this.#isBuyer ? zone * 16 + own : own * 16 + zone] as number;
			const place = (bit >>> 4) * 4 + (zone === own ? 1 : 2);
			const isOpen = this.#open(book.ladder[group * PER_RANK + bit] as number, adder, place, 0);
			if (isOpen && zone === own) feeders |= 1 << (bit >>> 4);
		}
		if (this.#nodeId === 0 || feeders === 0) return;
		for (let greyness = 0; greyness < 2; greyness++) {
			if ((feeders & (1 << greyness)) === 0) continue;
			const ladder = book.nodeLadder(group * PER_RANK + greyness * 16 + own, this.#nodeId);
			if (ladder !== NONE) this.#open(ladder, this.#adders[own * 16 + own] as number, greyness * 4, 1);
		}
	}

	#open(ladder: number, adder: number, place: number, isFeeder: number): boolean {
		const { ladders, levels } = (this.#book as WindowBook).pool.ladders;
		const record = ladder * LADDER_WIDTH;
		const surplus = this.#isBuyer
			? this.#limit - (ladders[record + LOWEST_PRICE] as number) - adder
			: (ladders[record + HIGHEST_PRICE] as number) - this.#limit - adder;
		if (surplus < 0) return false;
		const level = ladders[record + (this.#isBuyer ? LOWEST : HIGHEST)] as number;
		if (level === NONE) return false;
		const stream = this.#streams++;
		this.#adder[stream] = adder;
		this.#place[stream] = place;
		this.#isFeeder[stream] = isFeeder;
		this.#surplus[stream] = surplus;
		this.#slot[stream] = levels[level * LEVEL_WIDTH + HEAD] as number;
		return true;
	}

	/** Puts the cursor on the level's first order, or ends the stream where prices no longer cross. */
	#enterLevel(stream: number, level: number): void {
		const { levels } = (this.#book as WindowBook).pool.ladders;
		this.#slot[stream] = NONE;
		if (level === NONE) return;
		const price = levels[level * LEVEL_WIDTH + PRICE] as number;
		const gap = this.#isBuyer ? this.#limit - price : price - this.#limit;
		const surplus = gap - (this.#adder[stream] as number);
		if (surplus < 0) return;
		this.#surplus[stream] = surplus;
		this.#slot[stream] = levels[level * LEVEL_WIDTH + HEAD] as number;
	}

	#advance(stream: number): void {
		const { orders, levels } = (this.#book as WindowBook).pool.ladders;
		const order = (this.#slot[stream] as number) * ORDER_WIDTH;
		const after = orders[order + NEXT] as number;
		if (after !== NONE) {
			this.#slot[stream] = after;
			return;
		}
		const level = (orders[order + LEVEL] as number) * LEVEL_WIDTH;
		this.#enterLevel(stream, levels[level + (this.#isBuyer ? HIGHER : LOWER)] as number);
	}
}
