import type { SessionState } from "../../../../../offchain/domain/engine/EngineEvent.ts";
import type { Address } from "../../../../../offchain/domain/units/Address.ts";
import {
	deliveryDayStart,
	type UnixSeconds,
	type WindowId,
	windowAt,
	windowEnd,
	windowStart,
} from "../../../../../offchain/domain/units/window.ts";
import { NaiveAuctions } from "./NaiveAuctions.ts";
import type { Session } from "./naiveState.ts";

/** Gates of a delivery window relative to its start (SPEC M8). */
const OPENS_BEFORE_DELIVERY_DAY_SECONDS = 8 * 3600;
const CROSS_ZONE_GATE_SECONDS = 15 * 60;
const GATE_CLOSURE_SECONDS = 5 * 60;
/** Orders of ended windows are remembered this long, so that a late repetition changes nothing. */
const WINDOWS_REMEMBERED = 96;

/** Windows through their states, by the clock and by the chain. */
export class NaiveSessions extends NaiveAuctions {
	protected advance(nowSeconds: UnixSeconds): void {
		const state = this.state;
		if (!Number.isSafeInteger(nowSeconds) || nowSeconds < state.nowSeconds) {
			return this.refuse("AdvanceClock", "CLOCK_BACKWARDS", `${nowSeconds} after ${state.nowSeconds}`);
		}
		state.nowSeconds = nowSeconds;
		state.nextToOpen = Math.max(state.nextToOpen, windowAt(nowSeconds + GATE_CLOSURE_SECONDS) + 1);
		while (deliveryDayStart(state.nextToOpen) - OPENS_BEFORE_DELIVERY_DAY_SECONDS <= nowSeconds) {
			const session: Session = {
				state: "scheduled",
				entries: [],
				sequences: [],
				trades: [],
				reservedMsat: {},
				soldWh: {},
				headroom: null,
				calls: [],
			};
			state.sessions.set(state.nextToOpen, session);
			this.turn(state.nextToOpen, session, "open");
			const opensAt = deliveryDayStart(state.nextToOpen) - OPENS_BEFORE_DELIVERY_DAY_SECONDS;
			this.call(state.nextToOpen, session, 0xffff, opensAt);
			state.nextToOpen += 1;
		}
		for (const [windowId, session] of [...state.sessions]) this.advanceSession(windowId, session, nowSeconds);
	}

	protected advanceSession(windowId: WindowId, session: Session, nowSeconds: UnixSeconds): void {
		const start = windowStart(windowId);
		if (session.state === "open" || session.state === "crossZoneClosed") {
			this.cancelWhere(
				windowId,
				session,
				({ order }) => order.validUntil !== 0 && order.validUntil <= nowSeconds,
				"expired",
			);
		}
		if (session.state === "open" && nowSeconds >= start - CROSS_ZONE_GATE_SECONDS)
			this.turn(windowId, session, "crossZoneClosed");
		if (session.state === "crossZoneClosed" && nowSeconds >= start - GATE_CLOSURE_SECONDS) {
			this.cancelWhere(windowId, session, () => true, "expired");
			this.turn(windowId, session, "closed");
			session.calls = [];
		}
		this.resume(windowId, session, nowSeconds);
		if (session.state === "open" || session.state === "crossZoneClosed") this.uncrossDue(windowId, session);
		if (session.state === "closed" && session.trades.length === 0 && nowSeconds >= start)
			return this.finish(windowId, session, "expired");
		if (session.state === "committed" && nowSeconds >= start) this.turn(windowId, session, "delivering");
		if (session.state === "delivering" && nowSeconds >= windowEnd(windowId)) this.turn(windowId, session, "metered");
	}

	protected turn(windowId: WindowId, session: Session, to: SessionState): void {
		this.events.push({ type: "SessionStateChanged", windowId, from: session.state, to });
		session.state = to;
	}

	/** Frees whatever the window still holds and forgets it. */
	protected finish(windowId: WindowId, session: Session, to: SessionState): void {
		this.cancelWhere(windowId, session, () => true, "expired");
		for (const [account, amount] of Object.entries(session.reservedMsat))
			this.reserve(session, account as Address, -amount);
		this.turn(windowId, session, to);
		this.state.pauses = this.state.pauses.filter((pause) => pause.windowId !== windowId);
		this.state.sessions.delete(windowId);
		for (const { orderHash } of session.entries) this.state.orders.set(orderHash, { windowId, entry: null });
		for (const [orderHash, known] of this.state.orders) {
			if (known.windowId < windowId - WINDOWS_REMEMBERED) this.state.orders.delete(orderHash);
		}
	}

	protected settle(windowId: WindowId, deltas: { account: Address; deltaMsat: number }[], isPartial: boolean): void {
		const session = this.state.sessions.get(windowId);
		if (!isPartial && session !== undefined) this.finish(windowId, session, "settled");
		for (const { account, deltaMsat } of deltas) {
			const held = this.accountOf(account);
			held.availableMsat += deltaMsat;
			if (isPartial && session !== undefined && held.availableMsat < 0) {
				// Between two chunks the window's own hold covers what it took.
				this.reserve(session, account, held.availableMsat);
			}
			this.changedAccounts.add(account);
		}
	}
}
