import type { WindowHeadroom } from "../../../../../offchain/domain/grid/WindowHeadroom.ts";

export type NaiveBid = {
	id: string;
	/** Class rank, then time among equals. */
	rank: number;
	time: number;
	greyness: number;
	limit: number;
	wh: number;
	zoneId: number;
	nodeId: number;
};
export type NaiveAuction = {
	sells: NaiveBid[];
	buys: NaiveBid[];
	adder: (sellZoneId: number, buyZoneId: number) => number;
	isOwnZoneOnly: boolean;
	tick: number;
	reference: number;
	headroom: WindowHeadroom | null;
	sellCapLeftWh: (zoneId: number) => number;
	buyCapLeftWh: (zoneId: number) => number;
};
export type NaiveFill = { sell: NaiveBid; buy: NaiveBid; wh: number; lossWh: number };
type Refusal = { buy: NaiveBid; element: string; requestedWh: number; admittedWh: number };
type Outcome = { price: number; volumeWh: number; fills: NaiveFill[]; refusals: Refusal[] };

/** The auction by trying every price of the band on the grid and keeping the best. */
export function naiveAuction(auction: NaiveAuction): Outcome | null {
	let best: { key: number[]; price: number } | null = null;
	const limits = [...auction.sells, ...auction.buys].map(({ limit }) => limit);
	const first = Math.floor(Math.min(...limits) / auction.tick) * auction.tick;
	for (let price = first; price <= Math.max(...limits); price += auction.tick) {
		const { granted, supplyWh } = grants(auction, price);
		if (sum(granted.map(({ wh }) => wh)) === 0) continue;
		const outcome = allocate({ ...auction, headroom: auction.headroom?.copy() ?? null }, price);
		if (outcome.volumeWh === 0) continue;
		const imbalance = Math.abs(supplyWh - sum(granted.map(({ wantedWh }) => wantedWh)));
		const key = [-outcome.volumeWh, imbalance, Math.abs(price - auction.reference), price];
		if (best === null || isBefore(key, best.key)) best = { key, price };
	}
	return best === null ? null : allocate(auction, best.price);
}

/** Volume at one price without the grid: by the cut theorem, over every set of sellers' zones. */
export function volumeAt(auction: NaiveAuction, price: number): number {
	return sum(grants(auction, price).granted.map(({ wh }) => wh));
}

/** What every buyer gets without the grid, in rank: the most that leaves those before him what they got. */
function grants(auction: NaiveAuction, price: number) {
	const supply = new Map<number, number>();
	for (const { zoneId, limit, wh } of auction.sells) {
		if (limit > price) continue;
		supply.set(zoneId, Math.min((supply.get(zoneId) ?? 0) + wh, auction.sellCapLeftWh(zoneId)));
	}
	const zones = [...supply].filter(([, wh]) => wh > 0).map(([zoneId]) => zoneId);
	const granted: { buy: NaiveBid; wantedWh: number; wh: number; zones: number[] }[] = [];
	for (const buy of inRank(auction.buys, -1)) {
		const affordable = zones
			.filter((zoneId) => !auction.isOwnZoneOnly || zoneId === buy.zoneId)
			.filter((zoneId) => price + auction.adder(zoneId, buy.zoneId) <= buy.limit)
			.sort((a, b) => auction.adder(a, buy.zoneId) - auction.adder(b, buy.zoneId) || a - b);
		if (affordable.length === 0) continue;
		const inZone = granted.filter((other) => other.buy.zoneId === buy.zoneId);
		const wantedWh = Math.min(buy.wh, auction.buyCapLeftWh(buy.zoneId) - sum(inZone.map((other) => other.wantedWh)));
		const slacks = subsetsOf(zones)
			.filter((subset) => affordable.every((zoneId) => subset.includes(zoneId)))
			.map((subset) => slack(subset, supply, granted));
		granted.push({ buy, wantedWh, wh: Math.min(wantedWh, ...slacks), zones: affordable });
	}
	return { granted, supply, zones, supplyWh: sum([...supply.values()]) };
}

/** What the zones of the set have left when those who can buy nowhere else are served. */
function slack(subset: number[], supply: Map<number, number>, granted: { wh: number; zones: number[] }[]): number {
	const served = granted.filter(({ zones }) => zones.every((zoneId) => subset.includes(zoneId)));
	return sum(subset.map((zoneId) => supply.get(zoneId) ?? 0)) - sum(served.map(({ wh }) => wh));
}

function allocate(auction: NaiveAuction, price: number): Outcome {
	const { granted, supply, zones } = grants(auction, price);
	const outcome: Outcome = { price, volumeWh: 0, fills: [], refusals: [] };
	const sells = inRank(auction.sells, 1)
		.filter(({ limit }) => limit <= price)
		.map((bid) => ({ bid, leftWh: bid.wh }));
	const buyers = granted.map(({ buy, wantedWh, wh, zones: affordable }) => ({
		bid: buy,
		leftWh: wantedWh,
		wh,
		zones: affordable,
	}));
	// What is refused stays refused to all it reaches, and sells too small for their loss are passed by, in this pass.
	const refused = new Set<string>();
	const passedBy = new Set<NaiveBid>();
	const take = (buyer: (typeof buyers)[number], zoneId: number, mostWh: number): void => {
		let leftWh = mostWh;
		for (const seller of sells) {
			const { bid: sell } = seller;
			const { bid: buy } = buyer;
			const zones = `${zoneId} to ${buy.zoneId}`;
			const places = `${zones}, ${sell.nodeId} to ${buy.nodeId}`;
			if (leftWh === 0 || sell.zoneId !== zoneId || seller.leftWh === 0) continue;
			const [from, to] = [`${zoneId} ${sell.nodeId} abroad`, `abroad to ${buy.zoneId} ${buy.nodeId}`];
			if (refused.has(zones) || refused.has(places) || passedBy.has(sell)) continue;
			if (zoneId !== buy.zoneId && (refused.has(from) || refused.has(to))) continue;
			const sold = sum(outcome.fills.filter((fill) => fill.sell.zoneId === zoneId).map(({ wh }) => wh));
			const bought = sum(outcome.fills.filter((fill) => fill.buy.zoneId === buy.zoneId).map(({ wh }) => wh));
			const caps = [auction.sellCapLeftWh(zoneId) - sold, auction.buyCapLeftWh(buy.zoneId) - bought];
			const requestedWh = Math.min(leftWh, seller.leftWh, ...caps);
			if (requestedWh === 0) return;
			const path = pathOf(sell, buy);
			const admission = auction.headroom?.admit(path, requestedWh);
			const admittedWh = admission?.admittedWh ?? requestedWh;
			const [element, reach] = [admission?.limitingElement ?? null, admission?.limitReach ?? null];
			if (element !== null) outcome.refusals.push({ buy, element, requestedWh, admittedWh });
			const isSmall = reach === "amount" && admittedWh === 0 && requestedWh === seller.leftWh;
			if (reach === "zones") refused.add(zones);
			if (reach === "seller" || reach === "buyer" || reach === "ends") refused.add(places);
			if (reach === "seller" || reach === "ends") refused.add(from);
			if (reach === "buyer" || reach === "ends") refused.add(to);
			if (isSmall) passedBy.add(sell);
			if (admittedWh > 0) {
				const { lossWh } = auction.headroom?.reserve(path, admittedWh) ?? { lossWh: 0 };
				outcome.fills.push({ sell, buy, wh: admittedWh, lossWh });
				outcome.volumeWh += admittedWh;
				seller.leftWh -= admittedWh;
				buyer.leftWh -= admittedWh;
				leftWh -= admittedWh;
			}
			if (reach === "amount" && !isSmall) return;
		}
	};
	// From the cheapest zone as much as leaves everybody served, then the next; later buyers' grants stay possible.
	const shares: [buyer: (typeof buyers)[number], zoneId: number, wh: number][] = [];
	const left = new Map(supply);
	for (const [at, buyer] of buyers.entries()) {
		let ownWh = buyer.wh;
		for (const zoneId of buyer.zones) {
			const open = [{ wh: ownWh, zones: buyer.zones }, ...buyers.slice(at + 1)];
			const binding = subsetsOf(zones)
				.filter((subset) => subset.includes(zoneId) && !buyer.zones.every((other) => subset.includes(other)))
				.map((subset) => slack(subset, left, open));
			const wh = Math.min(ownWh, left.get(zoneId) as number, ...binding);
			left.set(zoneId, (left.get(zoneId) as number) - wh);
			ownWh -= wh;
			shares.push([buyer, zoneId, wh]);
		}
		if (ownWh !== 0) throw new Error("the model did not serve a buyer");
	}
	for (const [buyer, zoneId, wh] of shares) take(buyer, zoneId, wh);
	refused.clear();
	passedBy.clear();
	for (const buyer of buyers) for (const zoneId of buyer.zones) take(buyer, zoneId, buyer.leftWh);
	return outcome;
}

function inRank(bids: NaiveBid[], direction: number): NaiveBid[] {
	return bids.toSorted(
		(a, b) => a.rank - b.rank || direction * (a.limit - b.limit) || a.greyness - b.greyness || a.time - b.time,
	);
}

function subsetsOf(zones: number[]): number[][] {
	return Array.from({ length: 2 ** zones.length }, (_, bits) => zones.filter((_zone, at) => (bits >>> at) & 1));
}

function isBefore(a: number[], b: number[]): boolean {
	const at = a.findIndex((value, index) => value !== b[index]);
	return at >= 0 && (a[at] as number) < (b[at] as number);
}

function pathOf(sell: NaiveBid, buy: NaiveBid) {
	return { sellZoneId: sell.zoneId, sellNodeId: sell.nodeId, buyZoneId: buy.zoneId, buyNodeId: buy.nodeId };
}

function sum(values: number[]): number {
	return values.reduce((total, value) => total + value, 0);
}
