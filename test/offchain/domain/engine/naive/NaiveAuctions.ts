import type { PauseTrading } from "../../../../../offchain/domain/engine/EngineInput.ts";
import type { Order } from "../../../../../offchain/domain/orders/Order.ts";
import { landedAdder } from "../../../../../offchain/domain/settlement/chargeSatPerKwh.ts";
import type { Hash32 } from "../../../../../offchain/domain/units/Address.ts";
import { type UnixSeconds, type WindowId, windowStart } from "../../../../../offchain/domain/units/window.ts";
import { isInCall } from "./NaiveAdmission.ts";
import { NaiveEndings } from "./NaiveEndings.ts";
import { type NaiveBid, naiveAuction } from "./naiveAuction.ts";
import type { Entry, Session } from "./naiveState.ts";

/** Gates of a delivery window relative to its start (SPEC M8). */
const GATE_CLOSURE_SECONDS = 5 * 60;

const CLASS_RANK = { emergency: 0, gridBalancing: 1, market: 2, limit: 3 } as const;

/** Calls, uncrossing at one price, and pauses that end with one. */
export class NaiveAuctions extends NaiveEndings {
	protected call(windowId: WindowId, session: Session, zones: number, fromSeconds: UnixSeconds): void {
		const uncrossesAt = fromSeconds + (this.rulesAt(windowId)?.callSeconds ?? 0);
		if (zones === 0 || uncrossesAt <= this.state.nowSeconds) return;
		if (uncrossesAt >= windowStart(windowId) - GATE_CLOSURE_SECONDS) return;
		const others = session.calls.map((call) => ({ ...call, zones: call.zones & ~zones }));
		session.calls = [...others.filter((call) => call.zones !== 0), { zones, uncrossesAt }];
		this.events.push({ type: "AuctionCalled", windowId, zoneIds: zoneIdsOf(zones), uncrossesAt });
	}

	protected uncrossDue(windowId: WindowId, session: Session): void {
		const due = session.calls.filter(({ uncrossesAt }) => uncrossesAt <= this.state.nowSeconds);
		if (due.length === 0) return;
		session.calls = session.calls.filter((call) => !due.includes(call));
		const zones = due.reduce((all, call) => all | call.zones, 0);
		this.uncross(windowId, session, zoneIdsOf(zones));
	}

	protected uncross(windowId: WindowId, session: Session, zoneIds: number[]): void {
		for (const newer of session.entries) {
			for (const older of session.entries.slice(0, session.entries.indexOf(newer))) {
				if (older.order.trader !== newer.order.trader || newer.openWh === 0 || older.openWh === 0) continue;
				if (!this.candidates(session, newer).includes(older)) continue;
				if (newer.order.selfTradeMode !== "cancelNewest") this.end(session, older, "SELF_TRADE");
				if (newer.order.selfTradeMode !== "cancelOldest") this.end(session, newer, "SELF_TRADE");
			}
		}
		const rules = this.rulesAt(windowId);
		const bidsOf = (side: Order["side"]): NaiveBid[] =>
			session.entries
				.filter(({ order, openWh, zoneId }) => order.side === side && openWh > 0 && !isInCall(session, zoneId))
				.filter(({ zoneId }) => !this.isHalted(windowId, zoneId) && !this.isPaused(windowId, zoneId))
				.map(({ orderHash: id, order, openWh: wh, zoneId, nodeId, greyness, time }) => {
					const rank = Math.min(2, CLASS_RANK[order.orderClass]);
					return { id, rank, time, greyness, limit: order.priceSatPerKwh, wh, zoneId, nodeId };
				});
		const outcome = naiveAuction({
			sells: bidsOf("sell"),
			buys: bidsOf("buy"),
			adder: (sell, buy) => landedAdder(this.chargesOf(windowId, sell, buy)),
			isOwnZoneOnly: session.state === "crossZoneClosed",
			tick: rules?.tickSatPerKwh ?? 1,
			reference:
				session.trades.at(-1)?.sellerPriceSatPerKwh ??
				Math.floor(((rules?.floorSatPerKwh ?? 0) + (rules?.ceilingSatPerKwh ?? 0)) / 2),
			headroom: this.headroomOf(session, windowId),
			sellCapLeftWh: (zoneId) => this.capLeft(session, windowId, zoneId, "sell"),
			buyCapLeftWh: (zoneId) => this.capLeft(session, windowId, zoneId, "buy"),
		});
		const refusals = outcome?.refusals ?? [];
		for (const [at, { buy, ...refusal }] of refusals.entries()) {
			if (refusals.findIndex(({ element }) => element === refusal.element) < at) continue;
			const orderHash = buy.id as Hash32;
			this.events.push({ type: "GridConstraintViolation", windowId, ...refusal, orderHash });
		}
		const entryOf = ({ id }: NaiveBid) => this.state.orders.get(id as Hash32)?.entry as Entry;
		for (const { sell, buy, wh, lossWh } of outcome?.fills ?? []) {
			const takerSide = sell.time < buy.time ? "buy" : "sell";
			this.trade(session, entryOf(sell), entryOf(buy), outcome?.price as number, takerSide, wh, lossWh);
		}
		const [priceSatPerKwh, volumeWh] = [outcome?.price ?? null, outcome?.volumeWh ?? 0];
		this.events.push({ type: "AuctionUncrossed", windowId, zoneIds, priceSatPerKwh, volumeWh });
		this.rematch(session);
	}

	protected pause(input: PauseTrading): void {
		const { windowId, zoneIds, untilSeconds, referenceSatPerKwh, tradedSatPerKwh } = input;
		const refuse = (detail: string) => this.refuse("PauseTrading", "INPUT_NOT_ALLOWED", detail);
		const state = this.state.sessions.get(windowId)?.state;
		if (state !== "open" && state !== "crossZoneClosed") return refuse(`window ${windowId} does not trade`);
		const seconds = untilSeconds - this.state.nowSeconds;
		if (seconds <= 0 || seconds > 900) return refuse(`a pause of ${seconds} s`);
		const wrong = zoneIds.find((zoneId) => zoneId < 1 || zoneId > 16);
		if (wrong !== undefined) return refuse(`zone ${wrong}`);
		const fresh = Array.from({ length: 16 }, (_, index) => index + 1).filter(
			(zoneId) => zoneIds.includes(zoneId) && !this.isPaused(windowId, zoneId),
		);
		if (fresh.length === 0) return refuse("every zone named is paused already");
		this.state.pauses.push({ windowId, zoneIds: fresh, untilSeconds });
		const paused = { type: "TradingPaused", windowId, zoneIds: fresh, untilSeconds } as const;
		this.events.push({ ...paused, referenceSatPerKwh, tradedSatPerKwh });
	}

	protected resume(windowId: WindowId, session: Session, nowSeconds: UnixSeconds): void {
		const isTrading = session.state === "open" || session.state === "crossZoneClosed";
		const over: number[] = [];
		this.state.pauses = this.state.pauses.filter((pause) => {
			if (pause.windowId !== windowId || (isTrading && pause.untilSeconds > nowSeconds)) return true;
			over.push(...pause.zoneIds);
			return false;
		});
		if (over.length === 0) return;
		this.events.push({ type: "TradingResumed", windowId, zoneIds: over.sort((a, b) => a - b) });
		if (!isTrading) return;
		if ((this.rulesAt(windowId)?.callSeconds ?? 0) === 0) return this.rematch(session);
		this.uncross(windowId, session, over);
	}
}

export function zoneIdsOf(zones: number): number[] {
	return Array.from({ length: 16 }, (_, index) => index + 1).filter((zoneId) => (zones >>> (zoneId - 1)) & 1);
}
