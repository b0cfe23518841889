import type { TradePath, WindowHeadroom } from "../../grid/WindowHeadroom.ts";
import type { AuctionBook } from "./AuctionBook.ts";
import { AuctionFlow } from "./AuctionFlow.ts";
import type { AuctionRanks } from "./AuctionRanks.ts";
import { type AuctionPlace, AuctionRefusals } from "./AuctionRefusals.ts";
import type { Entry } from "./Entry.ts";

const ZONES = 16;
const NOBODY = -1;

export type AuctionFill = { sell: Entry; buy: Entry; energyWh: number; lossWh: number };
export type AuctionRefusal = { buy: Entry; element: string; requestedWh: number; admittedWh: number };
/** Its fills are reserved on the grid. */
export type AuctionOutcome = {
	/** The sellers' net price, one for all. */
	priceSatPerKwh: number;
	volumeWh: number;
	fills: AuctionFill[];
	/** The first by each element. */
	refusals: AuctionRefusal[];
};

type Buyer = AuctionPlace & { entry: Entry; leftWh: number; grantedWh: number; sources: Sources };
/** Zones (0 to 15) a buyer can afford, the cheapest first, and the same as bits. */
type Sources = { order: readonly number[]; zones: number };

/**
 * Who trades with whom at one price: what each buyer gets without the grid, from the cheapest zones; then what the
 * grid refused is offered to everybody again, in rank. Within each of the two passes a refusal stands for everybody it
 * reaches, as in continuous matching. Reserves on `headroom`.
 */
export function allocate(
	book: AuctionBook,
	ranks: AuctionRanks,
	price: number,
	headroom: WindowHeadroom | null,
): AuctionOutcome {
	const filling = new AuctionFilling(book, ranks, price, headroom);
	const buyers = filling.buyers;
	const shares = sharesOf(buyers, filling.supplyWh);
	for (const [at, buyer] of buyers.entries()) {
		const order = buyer.sources.order;
		for (let place = 0; place < order.length; place++) {
			filling.take(buyer, order[place] as number, shares[at]?.[place] as number);
		}
	}
	filling.beginAgain();
	for (const buyer of buyers) {
		for (const zone of buyer.sources.order) filling.take(buyer, zone, buyer.leftWh);
	}
	return filling.outcome;
}

/** What each buyer gets from each of his sources without the grid. */
function sharesOf(buyers: readonly Buyer[], supplyWh: Float64Array): number[][] {
	const flow = new AuctionFlow(supplyWh);
	for (const buyer of buyers) buyer.grantedWh = flow.add(buyer.sources.zones, buyer.leftWh);
	return buyers.map(({ grantedWh, sources }) => {
		if (grantedWh > 0) flow.giveBack(sources.zones, grantedWh);
		let leftWh = grantedWh;
		return sources.order.map((zone) => {
			const wh = leftWh === 0 ? 0 : flow.claim(zone, leftWh);
			leftWh -= wh;
			return wh;
		});
	});
}

/** Fills at one price, each reserved on the grid as it is made. */
class AuctionFilling {
	readonly outcome: AuctionOutcome;
	readonly buyers: Buyer[] = [];
	/** `[zoneId − 1]`, within the caps. */
	readonly supplyWh = new Float64Array(ZONES);
	readonly #ranks: AuctionRanks;
	readonly #headroom: WindowHeadroom | null;
	/** By rank; nothing of those above the price. */
	readonly #sellLeftWh: Float64Array;
	/** By place: ranks of its sells. */
	readonly #queues: readonly number[][];
	/** By place: how many of its sells are done. */
	readonly #done: Int32Array;
	readonly #sellCapLeftWh: number[];
	readonly #buyCapLeftWh: number[];
	readonly #refusing = new Set<string>();
	#refusals: AuctionRefusals;
	readonly #path: TradePath = { sellZoneId: 0, sellNodeId: 0, buyZoneId: 0, buyNodeId: 0 };

	constructor(book: AuctionBook, ranks: AuctionRanks, price: number, headroom: WindowHeadroom | null) {
		this.outcome = { priceSatPerKwh: price, volumeWh: 0, fills: [], refusals: [] };
		this.#ranks = ranks;
		this.#headroom = headroom;
		this.#refusals = new AuctionRefusals(ranks);
		this.#sellCapLeftWh = [...book.sellCapLeftWh];
		this.#buyCapLeftWh = [...book.buyCapLeftWh];
		this.#sellLeftWh = new Float64Array(ranks.sells.length);
		this.#queues = Array.from({ length: ranks.sellPlaceCount }, () => []);
		this.#done = new Int32Array(ranks.sellPlaceCount);
		for (let rank = 0; rank < ranks.sells.length; rank++) this.#offer(ranks.sells[rank] as Entry, rank, price);
		this.#collectBuyers(book, price);
	}

	#offer({ priceSatPerKwh, openWh, zoneId }: Entry, rank: number, price: number): void {
		if (priceSatPerKwh > price) return;
		this.#sellLeftWh[rank] = openWh;
		this.#queues[this.#ranks.sellPlace[rank] as number]?.push(rank);
		const supplyWh = (this.supplyWh[zoneId - 1] as number) + openWh;
		this.supplyWh[zoneId - 1] = Math.min(supplyWh, this.#sellCapLeftWh[zoneId] as number);
	}

	#collectBuyers(book: AuctionBook, price: number): void {
		const capLeftWh = [...book.buyCapLeftWh];
		const byCount: Sources[][] = Array.from({ length: ZONES }, () => []);
		const offering = this.#ranks.sources.map((zones) => zones.filter((zone) => (this.supplyWh[zone] as number) > 0));
		for (const [rank, entry] of this.#ranks.buys.entries()) {
			const zone = entry.zoneId - 1;
			const zones = offering[zone] as number[];
			const most = entry.priceSatPerKwh - price;
			let count = 0;
			while (count < zones.length && (book.adders[(zones[count] as number) * ZONES + zone] as number) <= most) count++;
			if (count === 0) continue;
			const known = byCount[zone] as Sources[];
			known[count] ??= sourcesOf(zones.slice(0, count));
			const leftWh = Math.min(entry.openWh, capLeftWh[entry.zoneId] as number);
			capLeftWh[entry.zoneId] = (capLeftWh[entry.zoneId] as number) - leftWh;
			const place = this.#ranks.buyPlace[rank] as number;
			this.buyers.push({ entry, zone, place, leftWh, grantedWh: 0, sources: known[count] as Sources });
		}
	}

	/** What was refused may be asked again, and who was passed by is there again. */
	beginAgain(): void {
		this.#refusals = new AuctionRefusals(this.#ranks);
		this.#done.fill(0);
	}

	/** From the zone's sellers in rank. */
	take(buyer: Buyer, zone: number, mostWh: number): void {
		let leftWh = mostWh;
		while (leftWh > 0 && !this.#refusals.ofZone(zone, buyer)) {
			const rank = this.#bestIn(zone, buyer);
			if (rank === NOBODY) return;
			const wh = this.#fill(buyer, rank, leftWh);
			if (wh === NOBODY) return;
			leftWh -= wh;
		}
	}

	/** The best sell of the zone that has some left and is not refused to the buyer's place. */
	#bestIn(zone: number, buyer: Buyer): number {
		let best = NOBODY;
		for (const place of this.#ranks.placesOfZone[zone] as number[]) {
			if (this.#refusals.ofPlace({ zone, place }, buyer)) continue;
			const queue = this.#queues[place] as number[];
			let done = this.#done[place] as number;
			while (done < queue.length && this.#sellLeftWh[queue[done] as number] === 0) done++;
			this.#done[place] = done;
			const rank = queue[done];
			if (rank !== undefined && (best === NOBODY || rank < best)) best = rank;
		}
		return best;
	}

	/** Wh filled; NOBODY where the zone has nothing more for this buyer. */
	#fill(buyer: Buyer, rank: number, mostWh: number): number {
		const sell = this.#ranks.sells[rank] as Entry;
		const buy = buyer.entry;
		const sellCap = this.#sellCapLeftWh[sell.zoneId] as number;
		const buyCap = this.#buyCapLeftWh[buy.zoneId] as number;
		const sellLeft = this.#sellLeftWh[rank] as number;
		const wantedWh = Math.min(mostWh, sellLeft, sellCap, buyCap);
		if (wantedWh === 0) return NOBODY;
		let energyWh = wantedWh;
		let lossWh = 0;
		let isOver = false;
		if (this.#headroom !== null) {
			const path = this.#path;
			path.sellZoneId = sell.zoneId;
			path.sellNodeId = sell.nodeId;
			path.buyZoneId = buy.zoneId;
			path.buyNodeId = buy.nodeId;
			const { admittedWh, limitingElement: element, limitReach } = this.#headroom.admit(path, wantedWh);
			energyWh = admittedWh;
			if (element !== null && !this.#refusing.has(element)) {
				this.#refusing.add(element);
				this.outcome.refusals.push({ buy, element, requestedWh: wantedWh, admittedWh });
			}
			if (limitReach === "amount") {
				// Too little to be worth its loss: the sell is passed by, or what the buyer wants is too little for any.
				const isSmallSell = admittedWh === 0 && wantedWh === sellLeft;
				if (isSmallSell) this.#passBy(rank);
				else isOver = true;
			} else if (limitReach !== null) {
				const place = this.#ranks.sellPlace[rank] as number;
				this.#refusals.add(limitReach, { zone: sell.zoneId - 1, place }, buyer);
			}
			if (energyWh > 0) lossWh = this.#headroom.reserve(path, energyWh).lossWh;
		}
		if (energyWh > 0) {
			this.#sellLeftWh[rank] = sellLeft - energyWh;
			buyer.leftWh -= energyWh;
			this.#sellCapLeftWh[sell.zoneId] = sellCap - energyWh;
			this.#buyCapLeftWh[buy.zoneId] = buyCap - energyWh;
			this.outcome.volumeWh += energyWh;
			this.outcome.fills.push({ sell, buy, energyWh, lossWh });
		}
		return isOver ? NOBODY : energyWh;
	}

	/** It is at the front of its place. */
	#passBy(rank: number): void {
		const place = this.#ranks.sellPlace[rank] as number;
		this.#done[place] = (this.#done[place] as number) + 1;
	}
}

function sourcesOf(order: readonly number[]): Sources {
	return { order, zones: order.reduce((zones, zone) => zones | (1 << zone), 0) };
}
