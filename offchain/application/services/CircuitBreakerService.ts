import { LONGEST_PAUSE_SECONDS } from "../../domain/engine/core/TradingPauses.ts";
import {
	type PriceBreach,
	PriceBreaker,
	type PriceBreakerRules,
	type PriceObservation,
} from "../../domain/pricing/PriceBreaker.ts";
import type { Trade } from "../../domain/settlement/Trade.ts";
import { type WindowId, windowStart } from "../../domain/units/window.ts";
import type { Clock } from "../ports/Clock.ts";
import type { EngineGateway } from "../ports/EngineGateway.ts";
import type { EngineQueries } from "../ports/EngineQueries.ts";
import type { TradeRepository } from "../ports/TradeRepository.ts";

const GATE_CLOSURE_SECONDS = 5 * 60;
/** So much of the session must be left after a pause that those who waited can still trade. */
const LEAST_AFTER_SECONDS = 60;
/** Looked at in every round: the next to close, where nearly all is traded; of the later ones as many, in turn. */
const WINDOWS_PER_ROUND = 8;

export type CircuitBreakerOptions = {
	engineQueries: Pick<EngineQueries, "sessions">;
	trades: Pick<TradeRepository, "ofWindow">;
	engine: Pick<EngineGateway, "submit">;
	clock: Clock;
	rules: PriceBreakerRules;
	/** Market seconds a zone is paused; at most `LONGEST_PAUSE_SECONDS`. */
	pauseSeconds: number;
	/** For people: what was paused and why. */
	onChange: (message: string) => void;
};

/** Prices of one zone and window: what buyers there paid, what sellers there received. Charges lie between the two. */
type Tracks = { paid: PriceBreaker; received: PriceBreaker };
type Watched = { seen: Set<string>; tracks: Map<number, Tracks> };

/**
 * Watches what is traded and pauses a zone of a window whose price moves too fast (SPEC P3). The pause is the engine's, a
 * logged input with reference and price in it, bounded and over by itself; this only decides. A process that begins takes
 * the trades already made as reference and pauses nobody for them.
 */
export class CircuitBreakerService {
	readonly #options: CircuitBreakerOptions;
	readonly #watched = new Map<WindowId, Watched>();
	#turn = 0;
	/** What a busy engine did not take. */
	#pending: { windowId: WindowId; zoneId: number; breach: PriceBreach }[] = [];

	constructor(options: CircuitBreakerOptions) {
		const { pauseSeconds } = options;
		if (!(Number.isSafeInteger(pauseSeconds) && pauseSeconds > 0 && pauseSeconds <= LONGEST_PAUSE_SECONDS)) {
			throw new RangeError(`a pause of ${pauseSeconds} s`);
		}
		this.#options = options;
	}

	/** Looks once at every open window. */
	async refresh(): Promise<void> {
		const { engineQueries, trades } = this.#options;
		const sessions = await engineQueries.sessions();
		const open = sessions.filter(({ state }) => state === "open" || state === "crossZoneClosed");
		for (const windowId of this.#watched.keys()) {
			if (!open.some((session) => session.windowId === windowId)) this.#watched.delete(windowId);
		}
		for (const { windowId, zoneId, breach } of this.#pending.splice(0)) {
			if (this.#watched.has(windowId)) await this.#pause(windowId, zoneId, breach);
		}
		const later = open.slice(WINDOWS_PER_ROUND);
		if (this.#turn >= later.length) this.#turn = 0;
		const inTurn = later.slice(this.#turn, this.#turn + WINDOWS_PER_ROUND);
		this.#turn += WINDOWS_PER_ROUND;
		for (const { windowId } of [...open.slice(0, WINDOWS_PER_ROUND), ...inTurn]) {
			await this.#look(windowId, await trades.ofWindow(windowId));
		}
	}

	async #look(windowId: WindowId, trades: readonly Trade[]): Promise<void> {
		const known = this.#watched.get(windowId);
		const watched: Watched = known ?? { seen: new Set(), tracks: new Map() };
		this.#watched.set(windowId, watched);
		const fresh = trades.filter(({ tradeId }) => !watched.seen.has(tradeId));
		for (const { tradeId } of fresh) watched.seen.add(tradeId);
		const zoneIds = [...new Set(fresh.flatMap(({ sellZoneId, buyZoneId }) => [sellZoneId, buyZoneId]))];
		for (const zoneId of zoneIds.sort((a, b) => a - b)) {
			const tracks = watched.tracks.get(zoneId) ?? this.#newTracks();
			watched.tracks.set(zoneId, tracks);
			const paid = tracks.paid.observe(
				fresh.flatMap((trade): PriceObservation[] =>
					trade.buyZoneId === zoneId ? [{ priceSatPerKwh: trade.buyerPriceSatPerKwh, energyWh: trade.energyWh }] : [],
				),
			);
			const received = tracks.received.observe(
				fresh.flatMap((trade): PriceObservation[] =>
					trade.sellZoneId === zoneId ? [{ priceSatPerKwh: trade.sellerPriceSatPerKwh, energyWh: trade.energyWh }] : [],
				),
			);
			const breach = paid ?? received;
			if (breach === null || known === undefined) continue;
			await this.#pause(windowId, zoneId, breach);
		}
	}

	#newTracks(): Tracks {
		return { paid: new PriceBreaker(this.#options.rules), received: new PriceBreaker(this.#options.rules) };
	}

	async #pause(windowId: WindowId, zoneId: number, breach: PriceBreach): Promise<void> {
		const { engine, clock, pauseSeconds, onChange } = this.#options;
		const nowSeconds = Math.floor(clock.nowMillis() / 1000);
		const latest = windowStart(windowId) - GATE_CLOSURE_SECONDS - LEAST_AFTER_SECONDS;
		const untilSeconds = Math.min(nowSeconds + pauseSeconds, latest);
		if (untilSeconds <= nowSeconds) return;
		const reply = await engine.submit({ type: "PauseTrading", windowId, zoneIds: [zoneId], untilSeconds, ...breach });
		const { referenceSatPerKwh, tradedSatPerKwh } = breach;
		const moved = `window ${windowId}, zone ${zoneId}: ${referenceSatPerKwh} to ${tradedSatPerKwh} sat/kWh`;
		if (reply.status !== "applied") {
			this.#pending.push({ windowId, zoneId, breach });
			return;
		}
		const isPaused = reply.events.some(({ type }) => type === "TradingPaused");
		if (isPaused) onChange(`circuit breaker: ${moved}; paused for ${untilSeconds - nowSeconds} s`);
	}
}
