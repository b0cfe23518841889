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
import { type PlaceRefusals, placeKey } from "./GridRefusals.ts";
import { RANKS, type WindowBook } from "./WindowBook.ts";

const PER_RANK = 32;
const STREAMS = 64;
const WHOLE_ZONE = -1;
const LEFT_OUT = -1;
const ALL = 0xffff;

/**
 * Resting orders a taker could trade with, best first: class, what the taker gains on his limit, renewable before
 * grey, nearer before farther (same feeder, same zone, elsewhere), time. A merge of the ladders' own orders, so that
 * the first candidate costs a look at each zone's best price and every further one a step. A zone with a place that is
 * refused is walked feeder by feeder instead, leaving out that place and all that rests there.
 *
 * The caller may change or remove the order he got last, and no other. Whatever stays open of it must be refused or
 * passed over, because walking feeder by feeder begins at each one's best order.
 */
export class CandidateWalk {
	#slot = new Int32Array(STREAMS);
	#surplus = new Float64Array(STREAMS);
	#adder = new Int32Array(STREAMS);
	/** Ties go to the lower one: greyness × 4 + distance. */
	#place = new Int32Array(STREAMS);
	/** 0 to 15. */
	#zone = new Int32Array(STREAMS);
	#node = new Int32Array(STREAMS);
	/** The taker's own feeder beside his whole zone. */
	#isFeeder = new Uint8Array(STREAMS);
	#streams = 0;
	#rank = 0;
	#book: WindowBook | null = null;
	#isBuyer = false;
	#limit = 0;
	#zoneId = 0;
	#nodeId = 0;
	#zones = 0;
	#adders: Int32Array = new Int32Array(0);
	#refusals: Readonly<PlaceRefusals> | null = null;
	readonly #passedOver = new Set<Entry>();

	/** `zones`: bit `zoneId − 1` of those that may trade. `adders`: flat, `[sellZoneId − 1][buyZoneId − 1]`. */
	begin(
		book: WindowBook,
		taker: Entry,
		zones: number,
		adders: Int32Array,
		refusals: Readonly<PlaceRefusals> | null,
	): void {
		this.#book = book;
		this.#isBuyer = !taker.isSell;
		this.#limit = taker.priceSatPerKwh;
		this.#zoneId = taker.zoneId;
		this.#nodeId = taker.nodeId;
		this.#zones = zones & ALL;
		this.#adders = adders;
		this.#refusals = refusals;
		this.#rank = -1;
		this.#streams = 0;
		if (this.#passedOver.size > 0) this.#passedOver.clear();
	}

	/** The order got last is refused: leaves out its place, and all zones, as they stand in `refusals` by now. */
	leaveOut({ zoneId, nodeId }: Entry, refusals: Readonly<PlaceRefusals>): void {
		this.#refusals = refusals;
		this.leaveOutZones(refusals.zones);
		const zone = zoneId - 1;
		if ((refusals.zones & (1 << zone)) !== 0) return;
		let wasWhole = false;
		for (let stream = 0; stream < this.#streams; stream++) {
			if (this.#zone[stream] !== zone) continue;
			const node = this.#node[stream] as number;
			const isByFeeder = node !== WHOLE_ZONE && this.#isFeeder[stream] === 0;
			if (!isByFeeder) wasWhole = true;
			if (!isByFeeder || node === nodeId) this.#drop(stream);
		}
		if (!wasWhole) return;
		for (let greyness = 0; greyness < 2; greyness++) this.#openFeeders(zone, greyness);
	}

	/** Bit `zoneId − 1` of each; of all ranks to come as well. */
	leaveOutZones(zones: number): void {
		if ((this.#zones & zones) === 0) return;
		this.#zones &= ~zones;
		for (let stream = 0; stream < this.#streams; stream++) {
			const zone = this.#zone[stream] as number;
			if (zone !== LEFT_OUT && (zones & (1 << zone)) !== 0) this.#drop(stream);
		}
	}

	#drop(stream: number): void {
		this.#slot[stream] = NONE;
		this.#zone[stream] = LEFT_OUT;
	}

	/** The order got last stays open and is not to come again. */
	passOver(maker: Entry): void {
		this.#passedOver.add(maker);
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
			const isWholeOwnZone =
				this.#nodeId !== 0 && this.#node[best] === WHOLE_ZONE && this.#zone[best] === this.#zoneId - 1;
			this.#advance(best);
			if (isFeeder) {
				// The zone's own cursor must not stand on an order that may go.
				const twin = book.pool.ladders.orders[slot * ORDER_WIDTH + TWIN] as number;
				for (let stream = 0; stream < this.#streams; stream++) {
					if (this.#slot[stream] === twin) this.#advance(stream);
				}
			} else if (isWholeOwnZone && this.#nodeOf(slot) === this.#nodeId) continue;
			if (this.#passedOver.size > 0 && this.#passedOver.has(book.pool.entries[slot] as Entry)) continue;
			return slot;
		}
	}

	#nodeOf(slot: number): number {
		return (this.#book as WindowBook).pool.ladders.orders[slot * ORDER_WIDTH + NODE] as number;
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
		const group = this.#group();
		const refusals = this.#refusals;
		const zones = this.#zones;
		const inPart = refusals === null ? 0 : refusals.zonesInPart;
		this.#streams = 0;
		let ownFeeders = 0;
		let bits = (book.used[group] as number) & (zones | (zones << 16));
		while (bits !== 0) {
			const bit = 31 - Math.clz32(bits);
			bits &= ~(1 << bit);
			const zone = bit & 15;
			const greyness = bit >>> 4;
			if ((inPart & (1 << zone)) !== 0) {
				this.#openFeeders(zone, greyness);
				continue;
			}
			const ladder = book.ladder[group * PER_RANK + bit] as number;
			const isOpen = this.#open(ladder, zone, WHOLE_ZONE, greyness * 4 + (zone === own ? 1 : 2), 0);
			if (isOpen && zone === own) ownFeeders |= 1 << greyness;
		}
		if (this.#nodeId === 0 || ownFeeders === 0) return;
		for (let greyness = 0; greyness < 2; greyness++) {
			if ((ownFeeders & (1 << greyness)) === 0) continue;
			const ladder = book.nodeLadder(group * PER_RANK + greyness * 16 + own, this.#nodeId);
			if (ladder !== NONE) this.#open(ladder, own, this.#nodeId, greyness * 4, 1);
		}
	}

	/** One zone's feeders but for those refused. */
	#openFeeders(zone: number, greyness: number): void {
		const book = this.#book as WindowBook;
		const { nodeIds, ladders } = book.feedersOf(this.#group() * PER_RANK + greyness * 16 + zone);
		const isOwnZone = zone === this.#zoneId - 1;
		for (let at = 0; at < nodeIds.length; at++) {
			const node = nodeIds[at] as number;
			if (this.#refusals?.places.has(placeKey(zone + 1, node))) continue;
			const isNear = isOwnZone && node === this.#nodeId && node !== 0;
			const distance = isNear ? 0 : isOwnZone ? 1 : 2;
			this.#open(ladders[at] as number, zone, node, greyness * 4 + distance, 0);
		}
	}

	#group(): number {
		return (this.#isBuyer ? RANKS : 0) + this.#rank;
	}

	#open(ladder: number, zone: number, node: number, place: number, isFeeder: 0 | 1): boolean {
		const { ladders, levels } = (this.#book as WindowBook).pool.ladders;
		const record = ladder * LADDER_WIDTH;
		const own = this.#zoneId - 1;
		const adder = this.#adders[this.#isBuyer ? zone * 16 + own : own * 16 + zone] as number;
		const surplus = this.#isBuyer
			? this.#limit - (ladders[record + LOWEST_PRICE] as number) - adder
			: (ladders[record + HIGHEST_PRICE] as number) - this.#limit - adder;
		if (surplus < 0) return false;
		const level = ladders[record + (this.#isBuyer ? LOWEST : HIGHEST)] as number;
		if (level === NONE) return false;
		if (this.#streams === this.#slot.length) this.#grow();
		const stream = this.#streams++;
		this.#adder[stream] = adder;
		this.#place[stream] = place;
		this.#zone[stream] = zone;
		this.#node[stream] = node;
		this.#isFeeder[stream] = isFeeder;
		this.#surplus[stream] = surplus;
		this.#slot[stream] = levels[level * LEVEL_WIDTH + HEAD] as number;
		return true;
	}

	#grow(): void {
		this.#slot = doubled(this.#slot);
		this.#surplus = doubled(this.#surplus);
		this.#adder = doubled(this.#adder);
		this.#place = doubled(this.#place);
		this.#zone = doubled(this.#zone);
		this.#node = doubled(this.#node);
		this.#isFeeder = doubled(this.#isFeeder);
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

function doubled<Column extends Int32Array | Float64Array | Uint8Array>(column: Column): Column {
	const larger = new (column.constructor as new (length: number) => Column)(2 * column.length);
	larger.set(column);
	return larger;
}
