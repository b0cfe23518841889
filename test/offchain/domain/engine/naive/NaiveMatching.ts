import type { PlaceEnergyOrder } from "../../../../../offchain/domain/engine/EngineInput.ts";
import { isRenewable } from "../../../../../offchain/domain/grid/energySource.ts";
import type { LimitReach, TradePath } from "../../../../../offchain/domain/grid/WindowHeadroom.ts";
import type { Order } from "../../../../../offchain/domain/orders/Order.ts";
import type { ReasonCode } from "../../../../../offchain/domain/orders/reasonCodes.ts";
import { landedAdder } from "../../../../../offchain/domain/settlement/chargeSatPerKwh.ts";
import type { Trade } from "../../../../../offchain/domain/settlement/Trade.ts";
import { energyWh, priceSatPerKwh } from "../../../../../offchain/domain/units/units.ts";
import type { WindowId } from "../../../../../offchain/domain/units/window.ts";
import { isInCall, NaiveAdmission } from "./NaiveAdmission.ts";
import type { Entry, Meter, Session } from "./naiveState.ts";

/** An order looks once more where something moved after the grid refused. */
const LOOKS = 2;
const CLASS_RANK = { emergency: 0, gridBalancing: 1, market: 2, limit: 3 } as const;

/** Which orders meet, in which order, for how much: arrays and sorts. */
export class NaiveMatching extends NaiveAdmission {
	protected place({ order, orderHash }: Omit<PlaceEnergyOrder, "type">): void {
		if (this.state.orders.has(orderHash)) return;
		const refusal = this.refusal(order);
		if (refusal !== null) return this.reject(orderHash, order, refusal[0], refusal[1]);
		const session = this.state.sessions.get(order.windowId) as Session;
		const meter = this.state.meters.get(order.meterId) as Meter;
		const entry: Entry = {
			orderHash,
			order,
			openWh: order.energyWh,
			filledWh: 0,
			time: this.sequence,
			zoneId: meter.zoneId,
			nodeId: meter.nodeId,
			greyness: order.side === "sell" && isRenewable(meter.source) ? 0 : 1,
		};
		if (order.postOnly && this.candidates(session, entry).length > 0) {
			return this.reject(orderHash, order, "POST_ONLY_WOULD_TRADE", "an opposite order stands at this price");
		}
		if (order.timeInForce === "fok" && !this.fillsCompletely(session, entry)) {
			return this.reject(orderHash, order, "FILL_OR_KILL", "not enough can be traded at once");
		}
		session.sequences.push(`${order.trader}:${order.sequence}`);
		session.entries.push(entry);
		this.state.orders.set(orderHash, { windowId: order.windowId, entry });
		this.reserve(session, order.trader, this.orderHoldMsat(order, entry.openWh));
		if (order.side === "sell") session.soldWh[order.meterId] = (session.soldWh[order.meterId] ?? 0) + entry.openWh;
		this.events.push({ type: "OrderPlaced", orderHash, order });
		this.match(session, entry);
		if (entry.openWh === 0) return;
		if (order.orderClass === "market" || order.timeInForce === "ioc" || order.timeInForce === "fok") {
			return this.end(session, entry, "IMMEDIATE_REMAINDER");
		}
		this.events.push({ type: "OrderRested", orderHash, windowId: order.windowId, openWh: entry.openWh });
	}

	/** Resting orders the entry could trade with, best first (SPEC M3), whatever the grid says. */
	protected candidates(session: Session, taker: Entry): Entry[] {
		const { windowId } = taker.order;
		if (this.isHalted(windowId, taker.zoneId) || this.isPaused(windowId, taker.zoneId)) return [];
		if (isInCall(session, taker.zoneId)) return [];
		return session.entries
			.filter((maker) => {
				if (maker === taker || maker.openWh === 0 || maker.order.side === taker.order.side) return false;
				if (session.state === "crossZoneClosed" && maker.zoneId !== taker.zoneId) return false;
				if (this.isPaused(windowId, maker.zoneId) || isInCall(session, maker.zoneId)) return false;
				return !this.isHalted(windowId, maker.zoneId) && this.surplus(taker, maker) >= 0;
			})
			.sort(
				(a, b) =>
					CLASS_RANK[a.order.orderClass] - CLASS_RANK[b.order.orderClass] ||
					this.surplus(taker, b) - this.surplus(taker, a) ||
					a.greyness - b.greyness ||
					distance(taker, a) - distance(taker, b) ||
					a.time - b.time,
			);
	}

	/** What the taker gains on his limit, sat/kWh; negative when the prices do not cross. */
	protected surplus(taker: Entry, maker: Entry): number {
		const [sell, buy] = taker.order.side === "sell" ? [taker, maker] : [maker, taker];
		return (
			buy.order.priceSatPerKwh -
			sell.order.priceSatPerKwh -
			landedAdder(this.chargesOf(sell.order.windowId, sell.zoneId, buy.zoneId))
		);
	}

	protected match(session: Session, taker: Entry): void {
		this.lookAround(session, [taker]);
	}

	/** What is refused to a place is refused to all of its side there, in this look. */
	protected lookAround(session: Session, takers: Entry[]): void {
		for (let look = 0, isDue = true; look < LOOKS && isDue; look++) {
			const refused = new Set<string>();
			const tooLittle: Record<string, number> = {};
			isDue = false;
			for (const taker of takers) {
				const from = `${taker.order.side} ${taker.zoneId} ${taker.nodeId}`;
				for (const maker of this.candidates(session, taker)) {
					if (taker.openWh === 0) break;
					const zones = `${from}, ${maker.zoneId}`;
					const places = `${zones} ${maker.nodeId}`;
					const isAbroad = maker.zoneId !== taker.zoneId;
					if (refused.has(zones) || refused.has(places) || (isAbroad && refused.has(`${from}, abroad`))) continue;
					if (Math.min(taker.openWh, maker.openWh) <= (tooLittle[zones] ?? 0)) continue;
					if (maker.order.trader === taker.order.trader) {
						const mode = taker.order.selfTradeMode;
						if (mode !== "cancelNewest") this.end(session, maker, "SELF_TRADE");
						if (mode !== "cancelOldest") this.end(session, taker, "SELF_TRADE");
						continue;
					}
					const before = taker.openWh;
					const reach = this.fill(session, taker, maker);
					if (taker.openWh < before && (refused.size > 0 || Object.keys(tooLittle).length > 0)) isDue = true;
					if (reach === "zones") refused.add(zones);
					else if (reach !== null && reach !== "amount") refused.add(places);
					if (isOfTaker(reach, taker)) refused.add(`${from}, abroad`);
					if (reach === "amount" && taker.openWh === before) {
						tooLittle[zones] = Math.max(tooLittle[zones] ?? 0, this.tooLittleWh(session, taker, maker, before));
					}
				}
			}
		}
	}

	/** Wh up to which a pair is refused for its loss: all the taker has open, or what it could be with this maker. */
	protected tooLittleWh(session: Session, taker: Entry, maker: Entry, openWh: number): number {
		const [sell, buy] = taker.order.side === "sell" ? [taker, maker] : [maker, taker];
		const headroom = this.headroomOf(session, taker.order.windowId);
		return headroom?.admit(pathOf(sell, buy), openWh).admittedWh === 0 ? openWh : Math.min(openWh, maker.openWh);
	}

	/** As much as caps and grid admit; whom what kept the rest back holds for as well, null where nothing did. */
	protected fill(session: Session, taker: Entry, maker: Entry): LimitReach | null {
		const { windowId } = taker.order;
		const [sell, buy] = taker.order.side === "sell" ? [taker, maker] : [maker, taker];
		const path = pathOf(sell, buy);
		const headroom = this.headroomOf(session, windowId);
		const mostWh = Math.min(taker.openWh, maker.openWh);
		const cappedWh = Math.min(
			mostWh,
			this.capLeft(session, windowId, sell.zoneId, "sell"),
			this.capLeft(session, windowId, buy.zoneId, "buy"),
		);
		const capReach = cappedWh < mostWh ? "zones" : null;
		if (cappedWh === 0) return capReach;
		const admission = headroom?.admit(path, cappedWh) ?? {
			admittedWh: cappedWh,
			limitingElement: null,
			limitReach: null,
		};
		const { admittedWh, limitingElement } = admission;
		if (limitingElement !== null && admittedWh < cappedWh) {
			this.events.push({
				type: "GridConstraintViolation",
				windowId,
				element: limitingElement,
				requestedWh: cappedWh,
				admittedWh,
				orderHash: taker.orderHash,
			});
		}
		const reach = withinCap(admission.limitReach, capReach);
		if (admittedWh === 0) return reach;
		const { lossWh } = headroom?.reserve(path, admittedWh) ?? { lossWh: 0 };
		const adder = landedAdder(this.chargesOf(sell.order.windowId, sell.zoneId, buy.zoneId));
		const netPrice = maker === sell ? sell.order.priceSatPerKwh : buy.order.priceSatPerKwh - adder;
		this.trade(session, sell, buy, netPrice, taker.order.side, admittedWh, lossWh);
		return reach;
	}

	protected trade(
		session: Session,
		sell: Entry,
		buy: Entry,
		netPrice: number,
		takerSide: Order["side"],
		admittedWh: number,
		lossWh: number,
	): void {
		const charges = this.chargesOf(sell.order.windowId, sell.zoneId, buy.zoneId);
		const sellerPrice = netPrice + charges.lossSatPerKwh;
		const buyerPrice = netPrice + landedAdder(charges);
		const { windowId } = sell.order;
		const trade: Trade = {
			tradeId: `${this.sequence}-${this.events.length}`,
			windowId,
			sellOrderHash: sell.orderHash,
			buyOrderHash: buy.orderHash,
			seller: sell.order.trader,
			buyer: buy.order.trader,
			sellMeterId: sell.order.meterId,
			buyMeterId: buy.order.meterId,
			sellZoneId: sell.zoneId,
			buyZoneId: buy.zoneId,
			energyWh: energyWh(admittedWh),
			lossWh: energyWh(lossWh),
			sellerPriceSatPerKwh: priceSatPerKwh(sellerPrice),
			buyerPriceSatPerKwh: priceSatPerKwh(buyerPrice),
			takerSide,
		};
		session.trades.push(trade);
		for (const entry of [sell, buy]) {
			entry.openWh -= admittedWh;
			entry.filledWh += admittedWh;
		}
		// The buyer's hold falls from his limit to the price; the seller's margin stays until settlement.
		this.reserve(session, buy.order.trader, (buyerPrice - buy.order.priceSatPerKwh) * admittedWh);
		this.events.push(
			{
				type: "OrderMatched",
				tradeId: trade.tradeId,
				sellOrderHash: sell.orderHash,
				buyOrderHash: buy.orderHash,
				energyWh: admittedWh,
			},
			{ type: "TradeExecuted", trade },
		);
	}

	/** Tries on the grid what a first look would fill, then undoes it. */
	protected fillsCompletely(session: Session, taker: Entry): boolean {
		const headroom = this.headroomOf(session, taker.order.windowId);
		const undo: [TradePath, number, number][] = [];
		const { windowId } = taker.order;
		const movedWh: Record<string, number> = {};
		const refused = new Set<string>();
		const tooLittle: Record<string, number> = {};
		const capLeft = (zoneId: number, side: "sell" | "buy") =>
			this.capLeft(session, windowId, zoneId, side) - (movedWh[`${side} ${zoneId}`] ?? 0);
		let leftWh = taker.openWh;
		for (const maker of this.candidates(session, taker)) {
			const zones = `${maker.zoneId}`;
			const places = `${maker.zoneId} ${maker.nodeId}`;
			const isAbroad = maker.zoneId !== taker.zoneId;
			if (refused.has(zones) || refused.has(places) || (isAbroad && refused.has("abroad"))) continue;
			if (Math.min(leftWh, maker.openWh) <= (tooLittle[zones] ?? 0)) continue;
			if (leftWh === 0 || maker.order.trader === taker.order.trader) break;
			const [sell, buy] = taker.order.side === "sell" ? [taker, maker] : [maker, taker];
			const path = pathOf(sell, buy);
			const mostWh = Math.min(leftWh, maker.openWh);
			const wantedWh = Math.min(mostWh, capLeft(sell.zoneId, "sell"), capLeft(buy.zoneId, "buy"));
			const admission = wantedWh === 0 ? null : (headroom?.admit(path, wantedWh) ?? null);
			const admittedWh = admission?.admittedWh ?? wantedWh;
			const reach = withinCap(admission?.limitReach ?? null, wantedWh < mostWh ? "zones" : null);
			if (reach === "zones") refused.add(zones);
			else if (reach !== null && reach !== "amount") refused.add(places);
			if (isOfTaker(reach, taker)) refused.add("abroad");
			if (reach === "amount" && admittedWh === 0) {
				tooLittle[zones] = Math.max(tooLittle[zones] ?? 0, this.tooLittleWh(session, taker, maker, leftWh));
			}
			if (admittedWh === 0) continue;
			if (headroom !== null) undo.push([path, admittedWh, headroom.reserve(path, admittedWh).lossWh]);
			leftWh -= admittedWh;
			movedWh[`sell ${sell.zoneId}`] = (movedWh[`sell ${sell.zoneId}`] ?? 0) + admittedWh;
			movedWh[`buy ${buy.zoneId}`] = (movedWh[`buy ${buy.zoneId}`] ?? 0) + admittedWh;
		}
		for (const [path, wh, lossWh] of undo.reverse()) headroom?.release(path, wh, lossWh);
		return leftWh === 0;
	}

	/** After limits widen or charges fall: every resting order, oldest first, looks again. */
	protected rematchAll(): void {
		for (const session of this.state.sessions.values()) {
			if (session.state === "open" || session.state === "crossZoneClosed") this.rematch(session);
		}
	}

	protected rematch(session: Session): void {
		this.lookAround(
			session,
			session.entries.filter(({ openWh, order }) => openWh > 0 && !order.postOnly),
		);
	}

	protected end(session: Session, entry: Entry, reason: ReasonCode | "expired"): void {
		const { order, orderHash, openWh } = entry;
		if (openWh === 0) return;
		entry.openWh = 0;
		this.reserve(session, order.trader, -this.orderHoldMsat(order, openWh));
		if (order.side === "sell") session.soldWh[order.meterId] = (session.soldWh[order.meterId] ?? 0) - openWh;
		const common = { orderHash, account: order.trader, windowId: order.windowId, openWh };
		this.events.push(
			reason === "expired" ? { type: "OrderExpired", ...common } : { type: "OrderCancelled", ...common, reason },
		);
	}

	protected cancelWhere(
		windowId: WindowId,
		session: Session,
		matches: (entry: Entry) => boolean,
		reason: ReasonCode | "expired",
	): void {
		if (session !== this.state.sessions.get(windowId)) throw new Error("invariant: session of another window");
		for (const entry of session.entries) {
			if (entry.openWh > 0 && matches(entry)) this.end(session, entry, reason);
		}
	}
}

export function pathOf(sell: Entry, buy: Entry): TradePath {
	return { sellZoneId: sell.zoneId, sellNodeId: sell.nodeId, buyZoneId: buy.zoneId, buyNodeId: buy.nodeId };
}

/** Nearer before farther: same feeder, same zone, elsewhere. */
export function distance(a: Entry, b: Entry): number {
	if (a.zoneId !== b.zoneId) return 2;
	return a.nodeId !== 0 && a.nodeId === b.nodeId ? 0 : 1;
}

/** A cap holds for every amount between the zones. */
function withinCap(limitReach: LimitReach | null, capReach: LimitReach | null): LimitReach | null {
	return limitReach === null || limitReach === "amount" ? (capReach ?? limitReach) : limitReach;
}

/** Whether it is the taker's own feeder that is full. */
function isOfTaker(reach: LimitReach | null, { order }: Entry): boolean {
	return reach === "ends" || reach === (order.side === "sell" ? "seller" : "buyer");
}
