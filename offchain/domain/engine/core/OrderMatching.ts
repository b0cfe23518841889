import type { GridLimits } from "../../grid/GridLimits.ts";
import type { LimitReach, TradePath, WindowHeadroom } from "../../grid/WindowHeadroom.ts";
import { EVERY_ZONE } from "../../grid/zones.ts";
import type { Order } from "../../orders/Order.ts";
import type { ReasonCode } from "../../orders/reasonCodes.ts";
import { landedAdder } from "../../settlement/chargeSatPerKwh.ts";
import type { Trade } from "../../settlement/Trade.ts";
import type { Hash32 } from "../../units/Address.ts";
import { energyWh, priceSatPerKwh } from "../../units/units.ts";
import type { WindowId } from "../../units/window.ts";
import { HIGHEST_PRICE, LADDER_WIDTH, LOWEST, LOWEST_PRICE, NONE } from "../book/PriceLadders.ts";
import type { EngineEvent } from "../EngineEvent.ts";
import type { PlaceEnergyOrder, TradeTrim } from "../EngineInput.ts";
import type { BookPool } from "./BookPool.ts";
import { CandidateWalk } from "./CandidateWalk.ts";
import type { EngineLedger } from "./EngineLedger.ts";
import { addEntry, entriesOf, type HeadroomFactory, holdingOf, type Session } from "./EngineState.ts";
import type { Entry, Holding, Meter } from "./Entry.ts";
import { GridRefusals, type PlaceRefusals, refusedZones } from "./GridRefusals.ts";
import { newEntry } from "./newEntry.ts";
import { orderRefusal } from "./orderRefusal.ts";
import { RANKS } from "./WindowBook.ts";
import { ZoneCharges } from "./ZoneCharges.ts";

const ZONES = 16;
/** An order looks once more where something moved after the grid refused: it may have made room. */
const LOOKS = 2;

/** Orders from placement to their end: checks, matching in rank order, fills within the grid and the caps, cancels. */
export class OrderMatching {
	events: EngineEvent[] = [];
	sequence = 0;
	/** Orders without an entry by the window they named, for forgetting them together. */
	readonly hashesByWindow = new Map<WindowId, Hash32[]>();
	readonly #ledger: EngineLedger;
	readonly #pool: BookPool;
	readonly #headrooms: HeadroomFactory;
	readonly #walk = new CandidateWalk();
	readonly charges: ZoneCharges;
	readonly #path: TradePath = { sellZoneId: 0, sellNodeId: 0, buyZoneId: 0, buyNodeId: 0 };
	readonly #refusals = new GridRefusals();

	constructor(ledger: EngineLedger, pool: BookPool, headrooms: HeadroomFactory) {
		this.#ledger = ledger;
		this.charges = new ZoneCharges(ledger.state);
		this.#pool = pool;
		this.#headrooms = headrooms;
	}

	// ── placing ──────────────────────────────────────────────────────────────────────────────────────────────

	place({ order, orderHash }: Omit<PlaceEnergyOrder, "type">): void {
		const { state } = this.#ledger;
		if (state.orders.get(orderHash) !== undefined) return;
		const refusal = orderRefusal(this.#ledger, order);
		if (refusal !== null) return this.#reject(orderHash, order, refusal[0], refusal[1]);
		const session = state.sessions.get(order.windowId) as Session;
		const meter = state.meters.get(order.meterId) as Meter;
		const account = meter.account ?? this.#ledger.account(order.trader);
		const { zoneId, nodeId } = meter;
		const greyness = order.side === "sell" ? meter.greyness : 1;
		const holding = holdingOf(session, account);
		const entry = newEntry(orderHash, order, this.sequence, zoneId, nodeId, greyness, holding);
		if (order.postOnly && this.#begins(session, entry)) {
			return this.#reject(orderHash, order, "POST_ONLY_WOULD_TRADE", "an opposite order stands at this price");
		}
		if (order.timeInForce === "fok" && !this.#fillsCompletely(session, entry)) {
			return this.#reject(orderHash, order, "FILL_OR_KILL", "not enough can be traded at once");
		}
		this.#accept(session, entry);
		this.events.push({ type: "OrderPlaced", orderHash, order });
		this.match(session, entry);
		if (entry.openWh === 0) return;
		if (order.orderClass === "market" || order.timeInForce === "ioc" || order.timeInForce === "fok") {
			return this.end(session, entry, "IMMEDIATE_REMAINDER");
		}
		session.book.add(entry);
		this.events.push({ type: "OrderRested", orderHash, windowId: order.windowId, openWh: entry.openWh });
	}

	#accept(session: Session, entry: Entry): void {
		const { order, orderHash, holding } = entry;
		addEntry(holding, entry);
		session.entries.push(entry);
		if (order.validUntil !== 0) session.nextExpiry = Math.min(session.nextExpiry, order.validUntil);
		this.#ledger.state.orders.add(orderHash, entry);
		this.#ledger.reserve(holding, this.#ledger.orderHoldMsat(order, session, order.energyWh));
		if (entry.isSell) addTo(session.soldWh, entry.meterId, order.energyWh);
	}

	remember(orderHash: Hash32, windowId: WindowId): void {
		const hashes = this.hashesByWindow.get(windowId);
		if (hashes === undefined) this.hashesByWindow.set(windowId, [orderHash]);
		else hashes.push(orderHash);
	}

	#reject(orderHash: Hash32, order: Order, reason: ReasonCode, detail: string): void {
		this.#ledger.state.orders.add(orderHash, order.windowId);
		this.remember(orderHash, order.windowId);
		this.events.push({ type: "OrderRejected", orderHash, order, reason, detail });
	}

	// ── matching ─────────────────────────────────────────────────────────────────────────────────────────────

	match(session: Session, taker: Entry): void {
		for (let look = 0; look < LOOKS && taker.openWh > 0; look++) {
			this.#refusals.clear();
			if (!this.#look(session, taker)) return;
		}
	}

	/** Everything it can trade with, in rank; true where a fill came after a refusal. */
	#look(session: Session, taker: Entry): boolean {
		const { entries } = this.#pool;
		const refusals = this.#refusals;
		if (refusals.isExhausted(taker)) return false;
		this.#begin(session, taker, refusals.of(taker));
		let hasMoved = false;
		let hasPassedOver = false;
		while (taker.openWh > 0) {
			const slot = this.#walk.next();
			if (slot === NONE) {
				if (!hasPassedOver) refusals.exhaust(taker);
				return hasMoved;
			}
			const maker = entries[slot] as Entry;
			if (this.#isTooLittle(taker, maker, taker.openWh)) continue;
			if (maker.holding === taker.holding) {
				const mode = taker.order.selfTradeMode;
				if (mode !== "cancelNewest") this.end(session, maker, "SELF_TRADE");
				if (mode !== "cancelOldest") this.end(session, taker, "SELF_TRADE");
				continue;
			}
			const before = taker.openWh;
			const reach = this.#fill(session, taker, maker);
			const filledWh = before - taker.openWh;
			if (filledWh > 0 && !refusals.isEmpty) hasMoved = true;
			if (reach === "amount" && filledWh > 0) {
				hasPassedOver = true;
				this.#walk.passOver(maker);
			} else if (reach !== null) this.#refuse(session, taker, maker, reach, before);
		}
		return hasMoved;
	}

	/** Whether so little between them has been refused for its loss. */
	#isTooLittle(taker: Entry, maker: Entry, openWh: number): boolean {
		if (this.#refusals.isEmpty) return false;
		const tooLittleWh = this.#refusals.of(taker).tooLittleWh[maker.zoneId - 1] as number;
		return Math.min(openWh, maker.openWh) <= tooLittleWh;
	}

	/** Remembers what refused the taker's `openWh` and leaves out of the walk whom it reaches. */
	#refuse(session: Session, taker: Entry, maker: Entry, reach: LimitReach, openWh: number): void {
		if (reach !== "amount") {
			this.#walk.leaveOut(maker, this.#refusals.add(taker, maker, reach));
			return;
		}
		// Where all the taker has open would be too little, every amount is.
		const path = taker.isSell ? this.#pathOf(taker, maker) : this.#pathOf(maker, taker);
		const isAll = this.headroom(session)?.admit(path, openWh).admittedWh === 0;
		this.#refusals.addAmount(taker, maker, isAll ? openWh : Math.min(openWh, maker.openWh));
		if (isAll) this.#walk.leaveOutZones(1 << (maker.zoneId - 1));
	}

	#begin(session: Session, taker: Entry, refusals: Readonly<PlaceRefusals> | null): void {
		const tradingZones = this.#ledger.rules(session).tradingZones & ~(session.pausedZones | session.callZones);
		const own = 1 << (taker.zoneId - 1);
		const reach = session.state === "crossZoneClosed" ? tradingZones & own : tradingZones;
		const zones = (tradingZones & own) === 0 ? 0 : reach;
		const open = refusals === null ? zones : zones & ~refusedZones(refusals, taker.openWh);
		this.#walk.begin(session.book, taker, open, this.charges.addersAt(session.windowId), refusals);
	}

	#begins(session: Session, taker: Entry): boolean {
		this.#begin(session, taker, null);
		return this.#walk.next() !== NONE;
	}

	/** As much as caps and grid admit; whom what kept the rest back holds for as well, null where nothing did. */
	#fill(session: Session, taker: Entry, maker: Entry): LimitReach | null {
		const sell = taker.isSell ? taker : maker;
		const buy = taker.isSell ? maker : taker;
		const path = this.#pathOf(sell, buy);
		const headroom = this.headroom(session);
		const most = Math.min(taker.openWh, maker.openWh);
		const wantedWh = Math.min(most, this.#capLeftWh(session, sell.zoneId, buy.zoneId));
		let admittedWh = wantedWh;
		let lossWh = 0;
		let reach: LimitReach | null = wantedWh < most ? "zones" : null;
		if (wantedWh === 0) return reach;
		if (headroom !== null) {
			const admission = headroom.admit(path, wantedWh);
			admittedWh = admission.admittedWh;
			if (admission.limitingElement !== null && admittedWh < wantedWh) {
				if (admission.limitReach !== "amount" || reach === null) reach = admission.limitReach;
				this.events.push({
					type: "GridConstraintViolation",
					windowId: session.windowId,
					element: admission.limitingElement,
					requestedWh: wantedWh,
					admittedWh,
					orderHash: taker.orderHash,
				});
			}
			if (admittedWh === 0) return reach;
			lossWh = headroom.reserve(path, admittedWh).lossWh;
		}
		// At the resting order's price: the seller's net, or the buyer's all-in less the charges.
		const price = maker.priceSatPerKwh;
		const netPrice =
			maker === sell ? price : price - landedAdder(this.charges.at(session.windowId, sell.zoneId, buy.zoneId));
		this.trade(session, sell, buy, netPrice, taker.isSell ? "sell" : "buy", admittedWh, lossWh);
		return reach;
	}

	/** A fill the grid has reserved, at the seller's net price. */
	trade(
		session: Session,
		sell: Entry,
		buy: Entry,
		netPrice: number,
		takerSide: Trade["takerSide"],
		wh: number,
		lossWh: number,
	): void {
		const charges = this.charges.at(session.windowId, sell.zoneId, buy.zoneId);
		const buyerPrice = netPrice + landedAdder(charges);
		const trade: Trade = {
			tradeId: `${this.sequence}-${this.events.length}`,
			windowId: session.windowId,
			sellOrderHash: sell.orderHash,
			buyOrderHash: buy.orderHash,
			seller: sell.holding.account.address,
			buyer: buy.holding.account.address,
			sellMeterId: sell.meterId,
			buyMeterId: buy.meterId,
			sellZoneId: sell.zoneId,
			buyZoneId: buy.zoneId,
			energyWh: energyWh(wh),
			lossWh: energyWh(lossWh),
			sellerPriceSatPerKwh: priceSatPerKwh(netPrice + charges.lossSatPerKwh),
			buyerPriceSatPerKwh: priceSatPerKwh(buyerPrice),
			takerSide,
		};
		session.trades.push(trade);
		addToZones(session, trade, wh);
		takeFrom(sell, session, wh);
		takeFrom(buy, session, wh);
		// The buyer's hold falls from his limit to the price; the seller's margin stays until settlement.
		this.#ledger.reserve(buy.holding, (buyerPrice - buy.priceSatPerKwh) * wh);
		const { tradeId, sellOrderHash, buyOrderHash } = trade;
		this.events.push(
			{ type: "OrderMatched", tradeId, sellOrderHash, buyOrderHash, energyWh: wh },
			{ type: "TradeExecuted", trade },
		);
	}

	/** Tries on the grid what a first look would fill, then undoes it. */
	#fillsCompletely(session: Session, taker: Entry): boolean {
		const headroom = this.headroom(session);
		const undo: { path: TradePath; wh: number; lossWh: number }[] = [];
		const movedWh = { sell: new Float64Array(ZONES + 1), buy: new Float64Array(ZONES + 1) };
		const { capWh } = this.#ledger.rules(session);
		let leftWh = taker.openWh;
		this.#refusals.clear();
		this.#begin(session, taker, null);
		while (leftWh > 0) {
			const slot = this.#walk.next();
			if (slot === NONE) break;
			const maker = this.#pool.entries[slot] as Entry;
			if (this.#isTooLittle(taker, maker, leftWh)) continue;
			if (maker.holding === taker.holding) break;
			const [sell, buy] = taker.isSell ? [taker, maker] : [maker, taker];
			const sellMoved = movedWh.sell[sell.zoneId] as number;
			const buyMoved = movedWh.buy[buy.zoneId] as number;
			const sellCap = capLeft(capWh[sell.zoneId], session.sellZoneWh[sell.zoneId]) - sellMoved;
			const buyCap = capLeft(capWh[buy.zoneId], session.buyZoneWh[buy.zoneId]) - buyMoved;
			const most = Math.min(leftWh, maker.openWh);
			const wantedWh = Math.min(most, sellCap, buyCap);
			const path = { ...this.#pathOf(sell, buy) };
			const admission = wantedWh === 0 || headroom === null ? null : headroom.admit(path, wantedWh);
			const wh = admission?.admittedWh ?? wantedWh;
			const limitReach = admission?.limitReach ?? null;
			const reach = wantedWh < most && (limitReach ?? "amount") === "amount" ? "zones" : limitReach;
			if (reach === null || (reach === "amount" && wh > 0)) this.#walk.passOver(maker);
			else this.#refuse(session, taker, maker, reach, leftWh);
			if (wh === 0) continue;
			if (headroom !== null) undo.push({ path, wh, lossWh: headroom.reserve(path, wh).lossWh });
			leftWh -= wh;
			movedWh.sell[sell.zoneId] = sellMoved + wh;
			movedWh.buy[buy.zoneId] = buyMoved + wh;
		}
		for (const { path, wh, lossWh } of undo.reverse()) headroom?.release(path, wh, lossWh);
		return leftWh === 0;
	}

	#capLeftWh(session: Session, sellZoneId: number, buyZoneId: number): number {
		const { capWh } = this.#ledger.rules(session);
		return Math.min(
			capLeft(capWh[sellZoneId], session.sellZoneWh[sellZoneId]),
			capLeft(capWh[buyZoneId], session.buyZoneWh[buyZoneId]),
		);
	}

	/** After limits widen or charges fall: every resting order, oldest first, looks again. */
	rematchAll(): void {
		for (const session of this.#ledger.state.sessions.values()) {
			if (session.state === "open" || session.state === "crossZoneClosed") this.rematch(session);
		}
	}

	rematch(session: Session): void {
		if (!this.#hasCrossedOrders(session)) return;
		const takers = session.entries.filter(({ openWh, order }) => openWh > 0 && !order.postOnly);
		for (let look = 0, isDue = true; look < LOOKS && isDue; look++) {
			this.#refusals.clear();
			isDue = false;
			for (const taker of takers) {
				if (taker.openWh > 0 && this.#look(session, taker)) isDue = true;
			}
		}
	}

	/** Whether any zone's best bid reaches any zone's best ask at today's charges: most windows need no second look. */
	#hasCrossedOrders({ book, windowId }: Session): boolean {
		const { ladders } = this.#pool.ladders;
		const bids = new Int32Array(ZONES).fill(-1);
		const asks = new Int32Array(ZONES).fill(2 ** 30);
		for (const [index, ladder] of book.ladder.entries()) {
			const record = ladder * LADDER_WIDTH;
			if (ladder === NONE || ladders[record + LOWEST] === NONE) continue;
			const zone = index & 15;
			if (index < RANKS * 32) {
				bids[zone] = Math.max(bids[zone] as number, ladders[record + HIGHEST_PRICE] as number);
			} else asks[zone] = Math.min(asks[zone] as number, ladders[record + LOWEST_PRICE] as number);
		}
		const adders = this.charges.addersAt(windowId);
		return adders.some((adder, pair) => (bids[pair & 15] as number) - (asks[pair >>> 4] as number) - adder >= 0);
	}

	// ── ending ───────────────────────────────────────────────────────────────────────────────────────────────

	cancelWhere(session: Session, matches: (entry: Entry) => boolean, reason: ReasonCode | "expired"): void {
		for (const entry of session.entries) {
			if (entry.openWh > 0 && matches(entry)) this.end(session, entry, reason);
		}
	}

	/** All of one account's open orders in the window. */
	cancelHolding(session: Session, holding: Holding | undefined, reason: ReasonCode): void {
		if (holding === undefined) return;
		for (const entry of entriesOf(holding)) this.end(session, entry, reason);
	}

	end(session: Session, entry: Entry, reason: ReasonCode | "expired"): void {
		const { holding, orderHash, openWh } = entry;
		if (openWh === 0) return;
		entry.openWh = 0;
		session.book.update(entry);
		if (entry.isSell) {
			this.#ledger.reserve(holding, -this.#ledger.marginMsat(session, openWh));
			addTo(session.soldWh, entry.meterId, -openWh);
		} else this.#ledger.reserve(holding, -entry.priceSatPerKwh * openWh);
		const account = holding.account.address;
		const { windowId } = session;
		this.events.push(
			reason === "expired"
				? { type: "OrderExpired", orderHash, account, windowId, openWh }
				: { type: "OrderCancelled", orderHash, account, windowId, openWh, reason },
		);
	}

	/** Undoes the window's fills in the zone, last first. */
	unwindZone(session: Session, zoneId: number, reason: ReasonCode): void {
		const { windowId } = session;
		const touches = ({ sellZoneId, buyZoneId }: Trade) =>
			zoneId === EVERY_ZONE || sellZoneId === zoneId || buyZoneId === zoneId;
		const undone = session.trades.filter(touches);
		session.trades = session.trades.filter((trade) => !touches(trade));
		for (const trade of undone.reverse()) {
			session.headroom?.release(this.#pathOfTrade(trade), trade.energyWh, trade.lossWh);
			this.#giveBack(session, trade, trade.energyWh);
			this.events.push({ type: "TradeUnwound", tradeId: trade.tradeId, windowId, energyWh: trade.energyWh, reason });
		}
	}

	/** Takes energy from trades that stand exactly as the trim says; the orders are not opened again. */
	trim(session: Session, trims: readonly TradeTrim[]): void {
		const { windowId, headroom } = session;
		const byId = new Map(session.trades.map((trade, at) => [trade.tradeId, at]));
		const trades: (Trade | null)[] = session.trades;
		for (const { tradeId, keptWh, trimmedWh, element } of trims) {
			const at = byId.get(tradeId) ?? -1;
			const trade = trades[at];
			if (trade === undefined || trade === null || trade.energyWh !== keptWh + trimmedWh) continue;
			const path = this.#pathOfTrade(trade);
			if (keptWh === 0) headroom?.release(path, trade.energyWh, trade.lossWh);
			const lossWh = keptWh === 0 ? 0 : (headroom?.trim(path, trade.energyWh, trade.lossWh, keptWh).lossWh ?? 0);
			this.#giveBack(session, trade, trimmedWh);
			trades[at] = keptWh === 0 ? null : { ...trade, energyWh: energyWh(keptWh), lossWh: energyWh(lossWh) };
			const reason = "TRIMMED_BY_GRID";
			this.events.push({ type: "TradeTrimmed", tradeId, windowId, keptWh, trimmedWh, lossWh, element, reason });
		}
		session.trades = trades.filter((trade) => trade !== null);
	}

	/** What both sides and the meter hold for part of a trade. */
	#giveBack(session: Session, trade: Trade, wh: number): void {
		const sell = this.#ledger.state.orders.get(trade.sellOrderHash) as Entry;
		const buy = this.#ledger.state.orders.get(trade.buyOrderHash) as Entry;
		sell.filledWh -= wh;
		buy.filledWh -= wh;
		addTo(session.soldWh, trade.sellMeterId, -wh);
		addToZones(session, trade, -wh);
		this.#ledger.reserve(buy.holding, -trade.buyerPriceSatPerKwh * wh);
		this.#ledger.reserve(sell.holding, -this.#ledger.marginMsat(session, wh));
	}

	#pathOfTrade(trade: Trade): TradePath {
		const { orders } = this.#ledger.state;
		return this.#pathOf(orders.get(trade.sellOrderHash) as Entry, orders.get(trade.buyOrderHash) as Entry);
	}

	// ── grid ─────────────────────────────────────────────────────────────────────────────────────────────────

	headroom(session: Session): WindowHeadroom | null {
		if (session.headroom === null) {
			const limits = this.limitsOf(session.windowId);
			if (limits !== null) session.headroom = this.#headrooms.create(limits);
		}
		return session.headroom;
	}

	limitsOf(windowId: WindowId): GridLimits | null {
		const { limits } = this.#ledger.state;
		return (
			limits.findLast(({ fromWindow, toWindow }) => fromWindow <= windowId && windowId <= toWindow)?.limits ?? null
		);
	}

	#pathOf(sell: Entry, buy: Entry): TradePath {
		const path = this.#path;
		path.sellZoneId = sell.zoneId;
		path.sellNodeId = sell.nodeId;
		path.buyZoneId = buy.zoneId;
		path.buyNodeId = buy.nodeId;
		return path;
	}
}

function takeFrom(entry: Entry, session: Session, wh: number): void {
	entry.openWh -= wh;
	entry.filledWh += wh;
	session.book.update(entry);
}

function capLeft(capWh: number | undefined, usedWh: number | undefined): number {
	return Math.max(0, (capWh as number) - (usedWh as number));
}

function addTo(amounts: Map<number, number>, key: number, amount: number): void {
	amounts.set(key, (amounts.get(key) ?? 0) + amount);
}

export function addToZones(session: Session, { sellZoneId, buyZoneId }: Trade, wh: number): void {
	session.sellZoneWh[sellZoneId] = (session.sellZoneWh[sellZoneId] as number) + wh;
	session.buyZoneWh[buyZoneId] = (session.buyZoneWh[buyZoneId] as number) + wh;
}
