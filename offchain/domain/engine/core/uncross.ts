import type { TradePath, WindowHeadroom } from "../../grid/WindowHeadroom.ts";
import { AuctionFlow } from "./AuctionFlow.ts";
import type { Entry } from "./Entry.ts";

const ZONES = 16;
/** Prices tried on the grid, those with the greatest volume before it first, times orders: an auction ends in bounded time. */
const MOST_TRIES = 200_000;
const FEWEST_PRICES_TRIED = 16;
const CLASS_RANK = { emergency: 0, gridBalancing: 1, market: 2, limit: 2 } as const;

/** What takes part in an auction; no order crosses another of its owner. */
export type AuctionBook = {
	sells: Entry[];
	buys: Entry[];
	/** Flat, `[sellZoneId − 1][buyZoneId − 1]`: from the seller's net price to the buyer's all-in one. */
	adders: Int32Array;
	isOwnZoneOnly: boolean;
	tickSatPerKwh: number;
	/** Between prices that are otherwise as good. */
	referenceSatPerKwh: number;
	headroom: WindowHeadroom | null;
	/** What the authorities' caps leave, `[zoneId]`. */
	sellCapLeftWh: number[];
	buyCapLeftWh: number[];
};
export type AuctionFill = { sell: Entry; buy: Entry; energyWh: number; lossWh: number };
export type AuctionRefusal = { buy: Entry; element: string; requestedWh: number; admittedWh: number };
/** Its fills are reserved on the grid. */
export type AuctionOutcome = {
	/** The sellers' net price, one for all. */
	priceSatPerKwh: number;
	volumeWh: number;
	fills: AuctionFill[];
	refusals: AuctionRefusal[];
};

/** One price of an auction, before the grid. */
type PriceTrial = { price: number; volumeWh: number; imbalanceWh: number; distance: number };

/**
 * A uniform-price auction (SPEC M5). Every seller gets the same net price, every buyer pays it and the charges of the
 * zones he buys from. The price is the one at which most is traded on this grid, then with the least left over on one
 * side, then nearest the reference, then the lowest. Null where nothing trades.
 *
 * Without the grid the volume is the greatest there is at any price, and nobody is left out for one ranked after him.
 */
export function uncross(book: AuctionBook): AuctionOutcome | null {
	const ranked = inRank(book);
	const trials = priceTrials(ranked);
	let best: PriceTrial | null = null;
	const tries = Math.floor(MOST_TRIES / (book.sells.length + book.buys.length + 1));
	for (const trial of trials.slice(0, Math.max(FEWEST_PRICES_TRIED, tries))) {
		// The grid takes volume and never gives any.
		if (best !== null && compareTrials(trial, best) > 0) continue;
		const { volumeWh } = allocate({ ...ranked, headroom: book.headroom?.copy() ?? null }, trial.price);
		const reached = { ...trial, volumeWh };
		if (volumeWh > 0 && (best === null || compareTrials(reached, best) < 0)) best = reached;
	}
	return best === null ? null : allocate(ranked, best.price);
}

/** The price and volume it would have without the grid. */
export function indicativeAuction(book: AuctionBook): { priceSatPerKwh: number; volumeWh: number } | null {
	const [first] = priceTrials(inRank(book));
	return first === undefined ? null : { priceSatPerKwh: first.price, volumeWh: first.volumeWh };
}

/** Both sides by class, limit, renewable before grey, time. */
function inRank(book: AuctionBook): AuctionBook {
	const isBefore = (direction: number) => (a: Entry, b: Entry) =>
		CLASS_RANK[a.order.orderClass] - CLASS_RANK[b.order.orderClass] ||
		direction * (a.order.priceSatPerKwh - b.order.priceSatPerKwh) ||
		a.greyness - b.greyness ||
		a.time - b.time;
	return { ...book, sells: book.sells.toSorted(isBefore(1)), buys: book.buys.toSorted(isBefore(-1)) };
}

function compareTrials(a: PriceTrial, b: PriceTrial): number {
	return b.volumeWh - a.volumeWh || a.imbalanceWh - b.imbalanceWh || a.distance - b.distance || a.price - b.price;
}

// ── prices ───────────────────────────────────────────────────────────────────────────────────────────────────────

/** Prices at which something trades before the grid, best first. */
function priceTrials(book: AuctionBook): PriceTrial[] {
	const { referenceSatPerKwh } = book;
	const sells = levelsOf(book.sells);
	const buys = levelsOf(book.buys);
	const trials: PriceTrial[] = [];
	for (const price of candidatePrices(book, sells, buys)) {
		const supply = supplyAt(book, sells, price);
		const flow = new AuctionFlow(supply);
		const capLeftWh = [...book.buyCapLeftWh];
		let demandWh = 0;
		let volumeWh = 0;
		for (const { zoneId, limit, wh } of buys) {
			const zones = affordable(book, zoneId, limit - price, supply);
			if (zones === 0) continue;
			const wantedWh = Math.min(wh, capLeftWh[zoneId] as number);
			capLeftWh[zoneId] = (capLeftWh[zoneId] as number) - wantedWh;
			demandWh += wantedWh;
			volumeWh += flow.add(zones, wantedWh);
		}
		if (volumeWh === 0) continue;
		const imbalanceWh = Math.abs(supply.reduce((sum, wh) => sum + wh, 0) - demandWh);
		trials.push({ price, volumeWh, imbalanceWh, distance: Math.abs(price - referenceSatPerKwh) });
	}
	return trials.sort(compareTrials);
}

type Level = { zoneId: number; limit: number; wh: number };

/** Orders of one zone and limit together, in rank. */
function levelsOf(ranked: readonly Entry[]): Level[] {
	const levels = new Map<number, Level>();
	for (const { zoneId, openWh, order } of ranked) {
		const limit = order.priceSatPerKwh;
		const key = (CLASS_RANK[order.orderClass] * 32 + zoneId) * 65_536 + limit;
		const level = levels.get(key);
		if (level === undefined) levels.set(key, { zoneId, limit, wh: openWh });
		else level.wh += openWh;
	}
	return [...levels.values()];
}

/** Where supply or demand changes, and between two such prices the one nearest the reference. */
function candidatePrices(book: AuctionBook, sells: readonly Level[], buys: readonly Level[]): number[] {
	const { tickSatPerKwh: tick, adders, referenceSatPerKwh } = book;
	const corners = new Set<number>();
	for (const { limit } of sells) corners.add(Math.ceil(limit / tick) * tick);
	const sellZones = new Set(sells.map(({ zoneId }) => zoneId));
	for (const { zoneId, limit } of buys) {
		for (const sellZone of sellZones) {
			const net = limit - (adders[(sellZone - 1) * ZONES + zoneId - 1] as number);
			if (net >= 0) corners.add(Math.floor(net / tick) * tick);
		}
	}
	const sorted = [...corners].sort((a, b) => a - b);
	const prices: number[] = [];
	for (const [at, price] of sorted.entries()) {
		prices.push(price);
		const next = sorted[at + 1];
		if (next === undefined || next - price <= tick) continue;
		const inside = Math.max(price + tick, Math.min(next - tick, referenceSatPerKwh));
		const below = Math.floor(inside / tick) * tick;
		prices.push(inside - below <= below + tick - inside ? below : below + tick);
	}
	return prices;
}

/** Wh offered at the price by zone, `[zoneId − 1]`, within the caps. */
function supplyAt(book: AuctionBook, sells: readonly { zoneId: number; limit: number; wh: number }[], price: number) {
	const supply = new Float64Array(ZONES);
	for (const { zoneId, limit, wh } of sells) {
		if (limit > price) continue;
		const at = zoneId - 1;
		supply[at] = Math.min((supply[at] as number) + wh, book.sellCapLeftWh[zoneId] as number);
	}
	return supply;
}

/** Bit per zone with supply whose charges the buyer can still pay. */
function affordable(book: AuctionBook, buyZoneId: number, leftSatPerKwh: number, supply: Float64Array): number {
	let zones = 0;
	for (let zone = 0; zone < ZONES; zone++) {
		if (supply[zone] === 0 || (book.isOwnZoneOnly && zone !== buyZoneId - 1)) continue;
		if ((book.adders[zone * ZONES + buyZoneId - 1] as number) <= leftSatPerKwh) zones |= 1 << zone;
	}
	return zones;
}

// ── allocation ───────────────────────────────────────────────────────────────────────────────────────────────────

/**
 * Who trades with whom at the price: what each buyer gets without the grid, from the cheapest zones; then what the
 * grid refused is offered to everybody again, in rank.
 */
function allocate(book: AuctionBook, price: number): AuctionOutcome {
	const filling = new AuctionFilling(book, price);
	const buyers = filling.buyers;
	const flow = new AuctionFlow(filling.supply);
	for (const buyer of buyers) buyer.grantedWh = flow.add(buyer.zones, buyer.leftWh);
	const shares = buyers.map(({ zones, grantedWh, order }) => {
		flow.giveBack(zones, grantedWh);
		let leftWh = grantedWh;
		return order.map((zone) => {
			const wh = leftWh === 0 ? 0 : flow.claim(zone, leftWh);
			leftWh -= wh;
			return wh;
		});
	});
	for (const [at, buyer] of buyers.entries()) {
		for (const [place, zone] of buyer.order.entries()) filling.take(buyer, zone, shares[at]?.[place] as number);
	}
	for (const buyer of buyers) {
		for (const zone of buyer.order) filling.take(buyer, zone, buyer.leftWh);
	}
	return filling.outcome;
}

type Buyer = {
	entry: Entry;
	leftWh: number;
	grantedWh: number;
	zones: number;
	/** Affordable zones (0 to 15), cheapest first. */
	order: number[];
};
type Seller = { entry: Entry; leftWh: number };

/** Fills at one price, each reserved on the grid as it is made. */
class AuctionFilling {
	readonly outcome: AuctionOutcome;
	readonly buyers: Buyer[] = [];
	readonly supply: Float64Array;
	readonly #book: AuctionBook;
	/** Sellers by zone and then by feeder, in rank; those that are done are dropped from the front. */
	readonly #places: Map<number, Seller[]>[] = Array.from({ length: ZONES }, () => new Map());
	readonly #rank = new Map<Entry, number>();
	readonly #sellCapLeftWh: number[];
	readonly #buyCapLeftWh: number[];
	readonly #path: TradePath = { sellZoneId: 0, sellNodeId: 0, buyZoneId: 0, buyNodeId: 0 };

	constructor(book: AuctionBook, price: number) {
		this.#book = book;
		this.outcome = { priceSatPerKwh: price, volumeWh: 0, fills: [], refusals: [] };
		this.#sellCapLeftWh = [...book.sellCapLeftWh];
		this.#buyCapLeftWh = [...book.buyCapLeftWh];
		const sells = book.sells.filter(({ order }) => order.priceSatPerKwh <= price);
		this.supply = supplyAt(
			book,
			sells.map(({ zoneId, openWh }) => ({ zoneId, limit: price, wh: openWh })),
			price,
		);
		for (const [rank, entry] of sells.entries()) {
			this.#rank.set(entry, rank);
			const places = this.#places[entry.zoneId - 1] as Map<number, Seller[]>;
			const queue = places.get(entry.nodeId);
			if (queue === undefined) places.set(entry.nodeId, [{ entry, leftWh: entry.openWh }]);
			else queue.push({ entry, leftWh: entry.openWh });
		}
		for (const places of this.#places) for (const queue of places.values()) queue.reverse();
		const capLeftWh = [...book.buyCapLeftWh];
		for (const entry of book.buys) {
			const { zoneId } = entry;
			const zones = affordable(book, zoneId, entry.order.priceSatPerKwh - price, this.supply);
			if (zones === 0) continue;
			const leftWh = Math.min(entry.openWh, capLeftWh[zoneId] as number);
			capLeftWh[zoneId] = (capLeftWh[zoneId] as number) - leftWh;
			const adder = (zone: number) => book.adders[zone * ZONES + zoneId - 1] as number;
			const order = Array.from({ length: ZONES }, (_, zone) => zone)
				.filter((zone) => (zones & (1 << zone)) !== 0)
				.sort((a, b) => adder(a) - adder(b) || a - b);
			this.buyers.push({ entry, leftWh, grantedWh: 0, zones, order });
		}
	}

	/** From the zone's sellers in rank; a feeder that refuses is left out for this buyer. */
	take(buyer: Buyer, zone: number, mostWh: number): void {
		const refused = new Set<number>();
		let leftWh = mostWh;
		while (leftWh > 0) {
			const place = this.#bestPlace(zone, refused);
			if (place === null) return;
			const [nodeId, queue] = place;
			const seller = queue[queue.length - 1] as Seller;
			const wh = this.#fill(buyer, seller, leftWh);
			if (wh < Math.min(leftWh, seller.leftWh + wh)) refused.add(nodeId);
			if (seller.leftWh === 0) queue.pop();
			leftWh -= wh;
		}
	}

	#bestPlace(zone: number, refused: Set<number>): [nodeId: number, queue: Seller[]] | null {
		let best: [number, Seller[]] | null = null;
		let bestRank = Number.POSITIVE_INFINITY;
		for (const [nodeId, queue] of this.#places[zone] as Map<number, Seller[]>) {
			const seller = queue[queue.length - 1];
			if (seller === undefined || refused.has(nodeId)) continue;
			const rank = this.#rank.get(seller.entry) as number;
			if (rank > bestRank) continue;
			bestRank = rank;
			best = [nodeId, queue];
		}
		return best;
	}

	#fill(buyer: Buyer, seller: Seller, mostWh: number): number {
		const { headroom } = this.#book;
		const sell = seller.entry;
		const buy = buyer.entry;
		const sellCap = this.#sellCapLeftWh[sell.zoneId] as number;
		const buyCap = this.#buyCapLeftWh[buy.zoneId] as number;
		const wantedWh = Math.min(mostWh, seller.leftWh, sellCap, buyCap);
		if (wantedWh === 0) return 0;
		let energyWh = wantedWh;
		let lossWh = 0;
		if (headroom !== null) {
			const path = this.#path;
			path.sellZoneId = sell.zoneId;
			path.sellNodeId = sell.nodeId;
			path.buyZoneId = buy.zoneId;
			path.buyNodeId = buy.nodeId;
			const { admittedWh, limitingElement: element } = headroom.admit(path, wantedWh);
			if (element !== null && admittedWh < wantedWh) {
				this.outcome.refusals.push({ buy, element, requestedWh: wantedWh, admittedWh });
			}
			if (admittedWh === 0) return 0;
			energyWh = admittedWh;
			lossWh = headroom.reserve(path, admittedWh).lossWh;
		}
		seller.leftWh -= energyWh;
		buyer.leftWh -= energyWh;
		this.#sellCapLeftWh[sell.zoneId] = sellCap - energyWh;
		this.#buyCapLeftWh[buy.zoneId] = buyCap - energyWh;
		this.outcome.volumeWh += energyWh;
		this.outcome.fills.push({ sell, buy, energyWh, lossWh });
		return energyWh;
	}
}
