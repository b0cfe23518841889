import type { ReasonCode } from "../../../../../offchain/domain/orders/reasonCodes.ts";

type Resting = {
	id: number;
	owner: number;
	side: number;
	zone: number;
	isRenewable: boolean;
	price: number;
	wh: number;
	time: number;
};

/** The replayed book with one array and sorts: what `OrderBook` is compared with. */
export class NaiveOrderBook {
	orders: Resting[] = [];
	fills: [makerId: number, price: number, wh: number][] = [];
	readonly #adders: ArrayLike<number>;
	#time = 0;

	constructor(adders: ArrayLike<number> = []) {
		this.#adders = adders;
	}

	place(
		id: number,
		owner: number,
		side: number,
		zone: number,
		isRenewable: boolean,
		price: number,
		wh: number,
		lifetime: number,
	): ReasonCode | null {
		this.fills = [];
		const taker = { id, owner, side, zone, isRenewable: side === 1 && isRenewable, price, wh, time: ++this.#time };
		const candidates = this.#candidates(taker);
		if (lifetime === 3 && candidates.length > 0) return "POST_ONLY_WOULD_TRADE";
		const own = candidates.findIndex((maker) => owner !== 0 && maker.owner === owner);
		const tradable = own < 0 ? candidates : candidates.slice(0, own);
		if (lifetime === 2 && tradable.reduce((sum, maker) => sum + maker.wh, 0) < wh) return "FILL_OR_KILL";
		for (const maker of tradable) {
			const filled = Math.min(taker.wh, maker.wh);
			if (filled === 0) break;
			this.fills.push([maker.id, maker.price, filled]);
			taker.wh -= filled;
			maker.wh -= filled;
		}
		this.orders = this.orders.filter((order) => order.wh > 0);
		if (taker.wh === 0) return null;
		if (own >= 0) return "SELF_TRADE";
		if (lifetime !== 1) this.orders.push(taker);
		return null;
	}

	cancel(id: number): ReasonCode | null {
		this.fills = [];
		const before = this.orders.length;
		this.orders = this.orders.filter((order) => order.id !== id);
		return this.orders.length === before ? "ORDER_UNKNOWN" : null;
	}

	amend(id: number, price: number, wh: number): ReasonCode | null {
		this.fills = [];
		const order = this.orders.find((resting) => resting.id === id);
		if (order === undefined) return "ORDER_UNKNOWN";
		if (price === order.price && wh < order.wh) {
			order.wh = wh;
			return null;
		}
		this.cancel(id);
		return this.place(id, order.owner, order.side, order.zone, order.isRenewable, price, wh, 0);
	}

	depth(side: number): [price: number, wh: number][] {
		const byPrice = new Map<number, number>();
		for (const order of this.orders) {
			if (order.side === side) byPrice.set(order.price, (byPrice.get(order.price) ?? 0) + order.wh);
		}
		return [...byPrice].sort(([a], [b]) => (side === 0 ? b - a : a - b));
	}

	#candidates(taker: Resting): Resting[] {
		const surplus = (maker: Resting) => {
			const [sell, buy] = taker.side === 1 ? [taker, maker] : [maker, taker];
			return buy.price - sell.price - (this.#adders[(sell.zone - 1) * 16 + buy.zone - 1] ?? 0);
		};
		const greyness = (maker: Resting) => (maker.isRenewable ? 0 : 1);
		const distance = (maker: Resting) => (maker.zone === taker.zone ? 0 : 1);
		return this.orders
			.filter((maker) => maker.side !== taker.side && surplus(maker) >= 0)
			.sort(
				(a, b) => surplus(b) - surplus(a) || greyness(a) - greyness(b) || distance(a) - distance(b) || a.time - b.time,
			);
	}
}
