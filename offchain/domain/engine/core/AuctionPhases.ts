import { deliveryDayStart, type UnixSeconds, windowStart } from "../../units/window.ts";
import type { AuctionBook } from "./AuctionBook.ts";
import type { EngineLedger } from "./EngineLedger.ts";
import type { Session } from "./EngineState.ts";
import type { Entry } from "./Entry.ts";
import { GATE_CLOSURE_SECONDS, OPENS_BEFORE_DELIVERY_DAY_SECONDS } from "./gates.ts";
import type { OrderMatching } from "./OrderMatching.ts";
import { endSelfCrossing } from "./selfCrossing.ts";
import { indicativeAuction, uncross } from "./uncross.ts";

const ALL_ZONES = 0xffff;

/** Calls and auctions of windows that open and of zones that trade again after a halt (SPEC M5). */
export class AuctionPhases {
	readonly #ledger: EngineLedger;
	readonly #matching: OrderMatching;

	constructor(ledger: EngineLedger, matching: OrderMatching) {
		this.#ledger = ledger;
		this.#matching = matching;
	}

	/** The window has opened: its call ends a fixed time after the hour it opens at, and one that opens late has none. */
	opened(session: Session): void {
		const opensAt = deliveryDayStart(session.windowId) - OPENS_BEFORE_DELIVERY_DAY_SECONDS;
		this.#call(session, ALL_ZONES, opensAt);
	}

	/** These zones (bit `zoneId − 1`) trade again. */
	reopened(session: Session, zones: number): void {
		this.#call(session, zones, this.#ledger.state.nowSeconds);
	}

	/** Begins a call, unless the rules have none or the gate would close before it ends. */
	#call(session: Session, zones: number, fromSeconds: UnixSeconds): void {
		const { windowId } = session;
		const uncrossesAt = fromSeconds + (this.#ledger.rules(session).market?.callSeconds ?? 0);
		if (zones === 0 || uncrossesAt <= this.#ledger.state.nowSeconds) return;
		if (uncrossesAt >= windowStart(windowId) - GATE_CLOSURE_SECONDS) return;
		for (const call of session.calls) call.zones &= ~zones;
		session.calls = [...session.calls.filter((call) => call.zones !== 0), { zones, uncrossesAt }];
		session.callZones |= zones;
		this.#matching.events.push({ type: "AuctionCalled", windowId, zoneIds: zoneIdsOf(zones), uncrossesAt });
	}

	/** One auction for every call that is over. */
	uncrossDue(session: Session, nowSeconds: UnixSeconds): void {
		let zones = 0;
		for (const call of session.calls) if (call.uncrossesAt <= nowSeconds) zones |= call.zones;
		if (zones === 0) return;
		session.calls = session.calls.filter((call) => (call.zones & zones) === 0);
		session.callZones &= ~zones;
		this.#uncross(session, zones);
	}

	/** These zones waited in a pause: where the rules have auctions it was their call, else what crosses trades. */
	resumed(session: Session, zoneIds: readonly number[]): void {
		const callSeconds = this.#ledger.rules(session).market?.callSeconds ?? 0;
		if (callSeconds === 0) return this.#matching.rematch(session);
		this.#uncross(
			session,
			zoneIds.reduce((zones, zoneId) => zones | (1 << (zoneId - 1)), 0),
		);
	}

	#uncross(session: Session, zones: number): void {
		const { events } = this.#matching;
		const { windowId } = session;
		const reach = {
			zones: this.#tradingZones(session),
			isOwnZoneOnly: session.state === "crossZoneClosed",
			adders: this.#matching.charges.addersAt(windowId),
		};
		endSelfCrossing(session.entries, reach, (entry, reason) => this.#matching.end(session, entry, reason));
		const outcome = uncross(this.#bookOf(session, this.#matching.headroom(session)));
		for (const { buy, element, requestedWh, admittedWh } of outcome?.refusals ?? []) {
			const { orderHash } = buy;
			events.push({ type: "GridConstraintViolation", windowId, element, requestedWh, admittedWh, orderHash });
		}
		const priceSatPerKwh = outcome?.priceSatPerKwh ?? null;
		for (const { sell, buy, energyWh, lossWh } of outcome?.fills ?? []) {
			const takerSide = isOlder(sell, buy) ? "buy" : "sell";
			this.#matching.trade(session, sell, buy, priceSatPerKwh as number, takerSide, energyWh, lossWh);
		}
		const volumeWh = outcome?.volumeWh ?? 0;
		events.push({ type: "AuctionUncrossed", windowId, zoneIds: zoneIdsOf(zones), priceSatPerKwh, volumeWh });
		// One price cannot always serve every pair of zones: what still crosses trades as at any other time.
		this.#matching.rematch(session);
	}

	/** Price and volume if the calls under way ended now, before the grid; null where nothing would trade. */
	indicative(session: Session): { priceSatPerKwh: number; volumeWh: number } | null {
		return indicativeAuction(this.#bookOf({ ...session, callZones: 0 }, null));
	}

	/** Every resting order of the zones that trade takes part, not only those of the zones that were in the call. */
	#bookOf(session: Session, headroom: AuctionBook["headroom"]): AuctionBook {
		const { market, capWh } = this.#ledger.rules(session);
		const zones = this.#tradingZones(session);
		const orders = session.entries.filter(({ openWh, zoneId }) => openWh > 0 && (zones & (1 << (zoneId - 1))) !== 0);
		const last = session.trades[session.trades.length - 1];
		const middle = ((market?.floorSatPerKwh ?? 0) + (market?.ceilingSatPerKwh ?? 0)) >>> 1;
		return {
			sells: orders.filter(({ order }) => order.side === "sell"),
			buys: orders.filter(({ order }) => order.side === "buy"),
			adders: this.#matching.charges.addersAt(session.windowId),
			isOwnZoneOnly: session.state === "crossZoneClosed",
			tickSatPerKwh: market?.tickSatPerKwh ?? 1,
			referenceSatPerKwh: last?.sellerPriceSatPerKwh ?? middle,
			headroom,
			sellCapLeftWh: capWh.map((most, zoneId) => Math.max(0, most - (session.sellZoneWh[zoneId] as number))),
			buyCapLeftWh: capWh.map((most, zoneId) => Math.max(0, most - (session.buyZoneWh[zoneId] as number))),
		};
	}

	#tradingZones(session: Session): number {
		return this.#ledger.rules(session).tradingZones & ~(session.callZones | session.pausedZones);
	}
}

function isOlder(one: Entry, other: Entry): boolean {
	return one.time < other.time;
}

export function zoneIdsOf(zones: number): number[] {
	return Array.from({ length: 16 }, (_, index) => index + 1).filter((zoneId) => (zones & (1 << (zoneId - 1))) !== 0);
}
