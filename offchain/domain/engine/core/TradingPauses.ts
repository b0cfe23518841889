import { ZONE_COUNT } from "../../grid/zones.ts";
import type { UnixSeconds, WindowId } from "../../units/window.ts";
import type { PauseTrading } from "../EngineInput.ts";
import type { AuctionPhases } from "./AuctionPhases.ts";
import type { EngineState, Session } from "./EngineState.ts";
import type { OrderMatching } from "./OrderMatching.ts";

/** Long enough for traders to look, short enough to leave the window's session worth having. */
export const LONGEST_PAUSE_SECONDS = 900;

/** Pauses of zones from the circuit breaker's input to their end by the clock (SPEC P3). */
export class TradingPauses {
	readonly #state: EngineState;
	readonly #matching: OrderMatching;
	readonly #auctions: AuctionPhases;

	constructor(state: EngineState, matching: OrderMatching, auctions: AuctionPhases) {
		this.#state = state;
		this.#matching = matching;
		this.#auctions = auctions;
	}

	/** Why it may not be, or null where the zones are paused now. */
	pause({ windowId, zoneIds, untilSeconds, referenceSatPerKwh, tradedSatPerKwh }: PauseTrading): string | null {
		const { nowSeconds, sessions, pauses } = this.#state;
		const session = sessions.get(windowId);
		if (session === undefined || !isTrading(session)) return `window ${windowId} does not trade`;
		const seconds = untilSeconds - nowSeconds;
		if (!(Number.isSafeInteger(untilSeconds) && seconds > 0 && seconds <= LONGEST_PAUSE_SECONDS)) {
			return `a pause of ${seconds} s`;
		}
		const wrong = zoneIds.find((zoneId) => !(Number.isInteger(zoneId) && zoneId >= 1 && zoneId <= ZONE_COUNT));
		if (wrong !== undefined) return `zone ${wrong}`;
		const fresh = [...new Set(zoneIds)].filter((zoneId) => (session.pausedZones & bit(zoneId)) === 0);
		if (fresh.length === 0) return "every zone named is paused already";
		fresh.sort((a, b) => a - b);
		pauses.push({ windowId, zoneIds: fresh, untilSeconds });
		this.derive(windowId);
		const { events } = this.#matching;
		events.push({ type: "TradingPaused", windowId, zoneIds: fresh, untilSeconds, referenceSatPerKwh, tradedSatPerKwh });
		return null;
	}

	/** Ends what is over; where the window still trades, what waited meets in an auction or, without them, as it came. */
	resumeDue(session: Session, nowSeconds: UnixSeconds): void {
		if (session.pausedZones === 0) return;
		const { windowId } = session;
		const isOver = isTrading(session) ? (until: UnixSeconds) => until <= nowSeconds : () => true;
		const over = this.#state.pauses.filter((pause) => pause.windowId === windowId && isOver(pause.untilSeconds));
		if (over.length === 0) return;
		this.#state.pauses = this.#state.pauses.filter((pause) => !over.includes(pause));
		this.derive(windowId);
		const zoneIds = over.flatMap((pause) => pause.zoneIds).sort((a, b) => a - b);
		this.#matching.events.push({ type: "TradingResumed", windowId, zoneIds });
		if (isTrading(session)) this.#auctions.resumed(session, zoneIds);
	}

	/** The window's mask from its pauses. */
	derive(windowId: WindowId): void {
		const session = this.#state.sessions.get(windowId);
		if (session === undefined) return;
		session.pausedZones = 0;
		for (const pause of this.#state.pauses) {
			if (pause.windowId === windowId) for (const zoneId of pause.zoneIds) session.pausedZones |= bit(zoneId);
		}
	}
}

function isTrading({ state }: Session): boolean {
	return state === "open" || state === "crossZoneClosed";
}

function bit(zoneId: number): number {
	return 1 << (zoneId - 1);
}
