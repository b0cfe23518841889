import { type AuctionBook, CLASS_RANK } from "./AuctionBook.ts";
import { AuctionFlow } from "./AuctionFlow.ts";
import type { Entry } from "./Entry.ts";

const ZONES = 16;
/** Pieces of the price axis looked at: a book made to mislead the search ends it with the best found. */
const MOST_PIECES = 1_024;

/** One price of an auction, before the grid. */
export type PriceTrial = { price: number; volumeWh: number; imbalanceWh: number; distance: number };

/** Prices between two ticks: none in it is better than `bound`; where it is exact, the price itself. */
type Stretch = { first: number; last: number; bound: PriceTrial; isExact: boolean };

/**
 * The prices an auction could have, best first: most volume before the grid, least left over on one side, nearest the
 * reference, lowest. Between two prices at which an order comes in or drops out nothing changes, so that one price
 * stands for each such piece.
 *
 * Best-first branch and bound: over a stretch of prices nothing is better than the supply at its upper end against
 * the demand at its lower end. So a few dozen pieces are looked at, of as many as there are orders times zones.
 */
export class AuctionPrices {
	readonly #tick: number;
	/** In ticks, the nearest to the reference. */
	readonly #nearest: number;
	readonly #reference: number;
	/** `[zoneId − 1]`. */
	readonly #supply: readonly LimitCurve[];
	readonly #supplyCapWh: readonly number[];
	readonly #demand: readonly ZoneDemand[];
	readonly #open: Stretch[] = [];
	#pieces = 0;

	/** The book's sides may come in any order. */
	constructor(book: AuctionBook) {
		const { tickSatPerKwh: tick, referenceSatPerKwh: reference } = book;
		this.#tick = tick;
		this.#reference = reference;
		const below = Math.floor(reference / tick);
		this.#nearest = 2 * (reference - below * tick) <= tick ? below : below + 1;
		this.#supply = byZone(book.sells).map((sells) => new LimitCurve(sells));
		this.#supplyCapWh = book.sellCapLeftWh.slice(1);
		const sources = Array.from(this.#supply.keys()).filter((zone) => this.#supply[zone]?.limits.length !== 0);
		this.#demand = byZone(book.buys).map((buys, zone) => new ZoneDemand(book, zone, buys, sources));
		const first = Math.min(...sources.map((zone) => this.#supply[zone]?.limits[0] as number));
		const last = Math.max(...this.#demand.map((demand) => demand.highestNetPrice()));
		if (first <= last) this.#add(Math.ceil(first / tick), Math.floor(last / tick));
	}

	/** The next best, null when there is none. */
	next(): PriceTrial | null {
		for (;;) {
			const stretch = this.#takeBest();
			if (stretch === null) return null;
			const { first, last, bound, isExact } = stretch;
			if (isExact) return bound;
			if (this.#pieces++ >= MOST_PIECES) continue;
			const [from, to] = this.#pieceAt((first + last) >>> 1);
			const tick = Math.max(from, Math.min(to, this.#nearest));
			this.#push({ first: tick, last: tick, bound: this.#trialAt(tick), isExact: true });
			this.#add(first, from - 1);
			this.#add(to + 1, last);
		}
	}

	#add(first: number, last: number): void {
		if (first <= last) this.#push({ first, last, bound: this.#boundOf(first, last), isExact: false });
	}

	#push(stretch: Stretch): void {
		if (stretch.bound.volumeWh > 0) this.#open.push(stretch);
	}

	#takeBest(): Stretch | null {
		const open = this.#open;
		let best = 0;
		for (let at = 1; at < open.length; at++) {
			if (compareTrials((open[at] as Stretch).bound, (open[best] as Stretch).bound) < 0) best = at;
		}
		const last = open.pop();
		if (last === undefined || best === open.length) return last ?? null;
		const taken = open[best] as Stretch;
		open[best] = last;
		return taken;
	}

	/** Ticks around this one over which every order takes part or none does. */
	#pieceAt(tick: number): [first: number, last: number] {
		const price = tick * this.#tick;
		let low = 0;
		let high = Number.MAX_SAFE_INTEGER;
		for (const { limits } of this.#supply) {
			const above = firstAbove(limits, price);
			if (above > 0) low = Math.max(low, limits[above - 1] as number);
			if (above < limits.length) high = Math.min(high, (limits[above] as number) - 1);
		}
		for (const { all, adders } of this.#demand) {
			const { limits } = all;
			for (const adder of adders) {
				const above = firstAbove(limits, price + adder - 1);
				if (above > 0) low = Math.max(low, (limits[above - 1] as number) - adder + 1);
				if (above < limits.length) high = Math.min(high, (limits[above] as number) - adder);
			}
		}
		return [Math.ceil(low / this.#tick), Math.floor(high / this.#tick)];
	}

	#trialAt(tick: number): PriceTrial {
		const price = tick * this.#tick;
		const supply = this.#supplyAt(price);
		const flow = new AuctionFlow(supply.wh);
		let demandWh = 0;
		let volumeWh = 0;
		for (const demand of this.#demand) {
			let capLeftWh = demand.capWh;
			for (const curve of demand.byClass) {
				for (const { zones, wh } of demand.groupsAt(curve, price, supply.zones)) {
					const wantedWh = Math.min(wh, capLeftWh);
					capLeftWh -= wantedWh;
					demandWh += wantedWh;
					volumeWh += flow.add(zones, wantedWh);
				}
			}
		}
		const imbalanceWh = Math.abs(supply.totalWh - demandWh);
		return { price, volumeWh, imbalanceWh, distance: Math.abs(price - this.#reference) };
	}

	/** What no price of the stretch beats: most is offered at its end and wanted at its beginning. */
	#boundOf(first: number, last: number): PriceTrial {
		const low = first * this.#tick;
		const high = last * this.#tick;
		const most = this.#supplyAt(high);
		const least = this.#supplyAt(low);
		const flow = new AuctionFlow(most.wh);
		let mostWantedWh = 0;
		let leastWantedWh = 0;
		let volumeWh = 0;
		for (const demand of this.#demand) {
			let capLeftWh = demand.capWh;
			for (const { zones, wh } of demand.groupsAt(demand.all, low, most.zones)) {
				const wantedWh = Math.min(wh, capLeftWh);
				capLeftWh -= wantedWh;
				mostWantedWh += wantedWh;
				volumeWh += flow.add(zones, wantedWh);
			}
			leastWantedWh += Math.min(demand.capWh, demand.wantedAt(high, least.zones));
		}
		const imbalanceWh = Math.max(0, least.totalWh - mostWantedWh, leastWantedWh - most.totalWh);
		const distance = Math.max(0, low - this.#reference, this.#reference - high);
		return { price: low, volumeWh, imbalanceWh, distance };
	}

	#supplyAt(price: number): { wh: Float64Array; zones: number; totalWh: number } {
		const wh = new Float64Array(ZONES);
		let zones = 0;
		let totalWh = 0;
		for (let zone = 0; zone < ZONES; zone++) {
			const offered = Math.min(this.#supplyCapWh[zone] as number, (this.#supply[zone] as LimitCurve).upTo(price));
			if (offered === 0) continue;
			wh[zone] = offered;
			zones |= 1 << zone;
			totalWh += offered;
		}
		return { wh, zones, totalWh };
	}
}

export function compareTrials(a: PriceTrial, b: PriceTrial): number {
	return b.volumeWh - a.volumeWh || a.imbalanceWh - b.imbalanceWh || a.distance - b.distance || a.price - b.price;
}

/** How much stands at which limits. */
class LimitCurve {
	/** Ascending, each once. */
	readonly limits: Float64Array;
	/** Wh below each, and at the end of all. */
	readonly #belowWh: Float64Array;

	constructor(entries: readonly Entry[]) {
		const at = new Map<number, number>();
		for (const { priceSatPerKwh, openWh } of entries) at.set(priceSatPerKwh, (at.get(priceSatPerKwh) ?? 0) + openWh);
		this.limits = Float64Array.from(at.keys()).sort();
		this.#belowWh = new Float64Array(at.size + 1);
		for (const [index, limit] of this.limits.entries()) {
			this.#belowWh[index + 1] = (this.#belowWh[index] as number) + (at.get(limit) as number);
		}
	}

	upTo(limit: number): number {
		return this.#belowWh[firstAbove(this.limits, limit)] as number;
	}

	from(limit: number): number {
		return (this.#belowWh[this.limits.length] as number) - this.upTo(limit - 1);
	}
}

/** What buyers of one zone want, and from which zones. */
class ZoneDemand {
	readonly capWh: number;
	readonly all: LimitCurve;
	/** In rank. */
	readonly byClass: readonly LimitCurve[];
	/** Zones (0 to 15) with sellers, the cheapest first, and their adders. */
	readonly #sources: readonly number[];
	readonly adders: readonly number[];

	constructor(book: AuctionBook, zone: number, buys: readonly Entry[], sources: readonly number[]) {
		const adder = (source: number) => book.adders[source * ZONES + zone] as number;
		this.capWh = book.buyCapLeftWh[zone + 1] as number;
		this.#sources = sources
			.filter((source) => !book.isOwnZoneOnly || source === zone)
			.sort((a, b) => adder(a) - adder(b) || a - b);
		this.adders = this.#sources.map(adder);
		this.all = new LimitCurve(buys);
		const ranks = [...new Set(buys.map(({ order }) => CLASS_RANK[order.orderClass]))].sort();
		this.byClass =
			ranks.length < 2
				? [this.all]
				: ranks.map((rank) => new LimitCurve(buys.filter(({ order }) => CLASS_RANK[order.orderClass] === rank)));
	}

	/** Above it nobody here can buy; -1 where nobody can at all. */
	highestNetPrice(): number {
		const { limits } = this.all;
		return limits.length === 0 || this.adders.length === 0
			? -1
			: (limits[limits.length - 1] as number) - (this.adders[0] as number);
	}

	/** By the zones they can afford of these, those who can afford the most first. */
	groupsAt(curve: LimitCurve, price: number, zones: number): { zones: number; wh: number }[] {
		const groups: { zones: number; wh: number }[] = [];
		let affordable = 0;
		let wh = 0;
		for (const [at, source] of this.#sources.entries()) {
			if ((zones & (1 << source)) === 0) continue;
			const fromHereWh = curve.from(price + (this.adders[at] as number));
			if (affordable !== 0 && wh > fromHereWh) groups.push({ zones: affordable, wh: wh - fromHereWh });
			wh = fromHereWh;
			if (wh === 0) break;
			affordable |= 1 << source;
		}
		if (wh > 0) groups.push({ zones: affordable, wh });
		return groups.reverse();
	}

	/** Of all who can afford any of these zones. */
	wantedAt(price: number, zones: number): number {
		const cheapest = this.#sources.findIndex((source) => (zones & (1 << source)) !== 0);
		return cheapest < 0 ? 0 : this.all.from(price + (this.adders[cheapest] as number));
	}
}

function byZone(entries: readonly Entry[]): Entry[][] {
	const zones: Entry[][] = Array.from({ length: ZONES }, () => []);
	for (const entry of entries) zones[entry.zoneId - 1]?.push(entry);
	return zones;
}

/** Index of the first number greater than this one. */
function firstAbove(ascending: Float64Array, value: number): number {
	let low = 0;
	let high = ascending.length;
	while (low < high) {
		const middle = (low + high) >>> 1;
		if ((ascending[middle] as number) > value) high = middle;
		else low = middle + 1;
	}
	return low;
}
