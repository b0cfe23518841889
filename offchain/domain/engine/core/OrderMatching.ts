import type { GridLimits } from "../../grid/GridLimits.ts";
import type { LimitReach, TradePath, WindowHeadroom } from "../../grid/WindowHeadroom.ts";
import type { Order } from "../../orders/Order.ts";
import type { ReasonCode } from "../../orders/reasonCodes.ts";
import { landedAdder } from "../../settlement/chargeSatPerKwh.ts";
import type { Trade } from "../../settlement/Trade.ts";
import type { Hash32 } from "../../units/Address.ts";
import { energyWh, priceSatPerKwh } from "../../units/units.ts";
import type { WindowId } from "../../units/window.ts";
import { NONE } from "../book/PriceLadders.ts";
import type { EngineEvent } from "../EngineEvent.ts";
import type { PlaceEnergyOrder } from "../EngineInput.ts";
import type { BookPool } from "./BookPool.ts";
import { CandidateWalk } from "./CandidateWalk.ts";
import type { EngineLedger } from "./EngineLedger.ts";
import { addEntry, entriesOf, type HeadroomFactory, holdingOf, type Session } from "./EngineState.ts";
import type { Entry, Holding, Meter } from "./Entry.ts";
import { GridRefusals, type PlaceRefusals, refusedZones } from "./GridRefusals.ts";
import { isCrossed } from "./isCrossed.ts";
import { newEntry } from "./newEntry.ts";
import { orderRefusal } from "./orderRefusal.ts";
import { pathBetween } from "./pathBetween.ts";
import { addTo, addToZones } from "./tradedEnergy.ts";
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
	/** Used again for every candidate. */
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
		const path = taker.isSell ? pathBetween(taker, maker, this.#path) : pathBetween(maker, taker, this.#path);
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
		const path = pathBetween(sell, buy, this.#path);
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
			const path = pathBetween(sell, buy);
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
		if (!isCrossed(session.book, this.charges.addersAt(session.windowId))) return;
		const takers = session.entries.filter(({ openWh, order }) => openWh > 0 && !order.postOnly);
		for (let look = 0, isDue = true; look < LOOKS && isDue; look++) {
			this.#refusals.clear();
			isDue = false;
			for (const taker of takers) {
				if (taker.openWh > 0 && this.#look(session, taker)) isDue = true;
			}
		}
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
}

function takeFrom(entry: Entry, session: Session, wh: number): void {
	entry.openWh -= wh;
	entry.filledWh += wh;
	session.book.update(entry);
}

function capLeft(capWh: number | undefined, usedWh: number | undefined): number {
	return Math.max(0, (capWh as number) - (usedWh as number));
}
