import type { Address } from "../../units/Address.ts";
import {
	deliveryDayStart,
	type UnixSeconds,
	type WindowId,
	windowAt,
	windowEnd,
	windowStart,
} from "../../units/window.ts";
import type { SessionState } from "../EngineEvent.ts";
import type { AuctionPhases } from "./AuctionPhases.ts";
import type { BookPool } from "./BookPool.ts";
import type { EngineLedger } from "./EngineLedger.ts";
import { holdingOf, newSession, type Session } from "./EngineState.ts";
import {
	CROSS_ZONE_GATE_SECONDS,
	GATE_CLOSURE_SECONDS,
	OPENS_BEFORE_DELIVERY_DAY_SECONDS,
	WINDOWS_REMEMBERED,
} from "./gates.ts";
import type { OrderMatching } from "./OrderMatching.ts";
import type { TradingPauses } from "./TradingPauses.ts";
import { WindowBook } from "./WindowBook.ts";

/** Trading sessions from scheduled to their end, by the clock and the chain's facts (SPEC M8). */
export class DeliverySessions {
	readonly #ledger: EngineLedger;
	readonly #matching: OrderMatching;
	readonly #pauses: TradingPauses;
	readonly #auctions: AuctionPhases;
	readonly #pool: BookPool;

	constructor(
		ledger: EngineLedger,
		matching: OrderMatching,
		pauses: TradingPauses,
		auctions: AuctionPhases,
		pool: BookPool,
	) {
		this.#pauses = pauses;
		this.#ledger = ledger;
		this.#matching = matching;
		this.#auctions = auctions;
		this.#pool = pool;
	}

	/** The clock does not go back: the caller has checked. */
	advance(nowSeconds: UnixSeconds): void {
		const { state } = this.#ledger;
		state.nowSeconds = nowSeconds;
		state.nextToOpen = Math.max(state.nextToOpen, windowAt(nowSeconds + GATE_CLOSURE_SECONDS) + 1);
		while (deliveryDayStart(state.nextToOpen) - OPENS_BEFORE_DELIVERY_DAY_SECONDS <= nowSeconds) {
			const session = newSession(state.nextToOpen, new WindowBook(this.#pool));
			state.sessions.set(session.windowId, session);
			this.#turn(session, "open");
			this.#auctions.opened(session);
			state.nextToOpen += 1;
		}
		for (const session of state.sessions.values()) this.#advanceSession(session, nowSeconds);
	}

	commit(windowId: WindowId): void {
		const { sessions, nowSeconds } = this.#ledger.state;
		const session = sessions.get(windowId);
		if (session?.state !== "closed") return;
		this.#turn(session, "committed");
		this.#advanceSession(session, nowSeconds);
	}

	settle(windowId: WindowId, deltas: { account: Address; deltaMsat: number }[], isPartial: boolean): void {
		const session = this.#ledger.state.sessions.get(windowId);
		if (!isPartial && session !== undefined) this.finish(session, "settled");
		for (const { account: address, deltaMsat } of deltas) {
			const account = this.#ledger.account(address);
			account.availableMsat += deltaMsat;
			if (isPartial && session !== undefined && account.availableMsat < 0) {
				// Between two chunks the window's own hold covers what it took.
				this.#ledger.reserve(holdingOf(session, account), account.availableMsat);
			}
			this.#ledger.changed(account);
		}
	}

	/** Frees whatever the window still holds and forgets it. */
	finish(session: Session, to: SessionState): void {
		const { windowId } = session;
		const { sessions, orders } = this.#ledger.state;
		this.#matching.cancelWhere(session, () => true, "expired");
		for (const holding of session.holdings.values()) this.#ledger.reserve(holding, -holding.reservedMsat);
		session.book.close();
		this.#turn(session, to);
		this.#ledger.state.pauses = this.#ledger.state.pauses.filter((pause) => pause.windowId !== windowId);
		sessions.delete(windowId);
		for (const { account } of session.holdings.values()) account.lastHolding = null;
		for (const { orderHash } of session.entries) {
			orders.replace(orderHash, windowId);
			this.#matching.remember(orderHash, windowId);
		}
		const { hashesByWindow } = this.#matching;
		for (const [other, hashes] of hashesByWindow) {
			if (other >= windowId - WINDOWS_REMEMBERED) continue;
			orders.forget(hashes);
			hashesByWindow.delete(other);
		}
	}

	#advanceSession(session: Session, nowSeconds: UnixSeconds): void {
		const start = windowStart(session.windowId);
		const isTrading = session.state === "open" || session.state === "crossZoneClosed";
		if (isTrading && session.nextExpiry <= nowSeconds) this.#expire(session, nowSeconds);
		if (session.state === "open" && nowSeconds >= start - CROSS_ZONE_GATE_SECONDS)
			this.#turn(session, "crossZoneClosed");
		if (session.state === "crossZoneClosed" && nowSeconds >= start - GATE_CLOSURE_SECONDS) {
			this.#matching.cancelWhere(session, () => true, "expired");
			this.#turn(session, "closed");
			session.calls = [];
			session.callZones = 0;
		}
		this.#pauses.resumeDue(session, nowSeconds);
		if (session.calls.length > 0) this.#auctions.uncrossDue(session, nowSeconds);
		if (session.state === "closed" && session.trades.length === 0 && nowSeconds >= start) {
			return this.finish(session, "expired");
		}
		if (session.state === "committed" && nowSeconds >= start) this.#turn(session, "delivering");
		if (session.state === "delivering" && nowSeconds >= windowEnd(session.windowId)) this.#turn(session, "metered");
	}

	#expire(session: Session, nowSeconds: UnixSeconds): void {
		let next = Number.POSITIVE_INFINITY;
		for (const entry of session.entries) {
			const { validUntil } = entry.order;
			if (validUntil === 0 || entry.openWh === 0) continue;
			if (validUntil <= nowSeconds) this.#matching.end(session, entry, "expired");
			else next = Math.min(next, validUntil);
		}
		session.nextExpiry = next;
	}

	#turn(session: Session, to: SessionState): void {
		this.#matching.events.push({
			type: "SessionStateChanged",
			windowId: session.windowId,
			from: session.state,
			to,
		});
		session.state = to;
	}
}
