import type { Clock } from "../../application/ports/Clock.ts";
import type { OrderDomain } from "../../domain/orders/orderTypedData.ts";
import type { Hash32 } from "../../domain/units/Address.ts";
import { type WindowId, windowAt, windowStart } from "../../domain/units/window.ts";
import { participantKey } from "../participants/participantKey.ts";
import type { StrategyContext } from "../strategies/OrderIntent.ts";
import type { OrderAnswer, OrderEntry } from "./OrderEntry.ts";
import { type PlannedAction, planWindow } from "./planWindow.ts";
import { signOrder } from "./signOrder.ts";
import { GATE_CLOSURE_SECONDS, TRADING_LEAD_SECONDS } from "./tradingTimes.ts";
import { emptyTally, type WindowTally } from "./WindowTally.ts";

export type SimulatedMarketOptions = {
	clock: Clock;
	entry: OrderEntry;
	domain: OrderDomain;
	/** Everything a strategy may know, without the window. */
	context: Omit<StrategyContext, "windowId">;
	/** The first window to trade; windows whose gate has closed are passed over. */
	firstWindow: WindowId;
	/** The last one; null = until stopped. */
	lastWindow: WindowId | null;
};

type Placed = { orderHash: Hash32; isWithdrawn: boolean };

const MAX_IN_FLIGHT = 16;
const RETRY_MARKET_MILLIS = 20_000;
/** Tallies kept for the report; older windows are forgotten. */
const MAX_TALLIES = 512;
const STRANGER = participantKey("nobody", 0);

/**
 * Plays the whole population against the public order entry in market time. It keeps no state that matters: plans are
 * a function of (seed, window), placing is idempotent by signed order, so killing and starting it again continues.
 */
export class SimulatedMarket {
	readonly #options: SimulatedMarketOptions;
	readonly #tallies = new Map<WindowId, WindowTally>();
	readonly #zoneOfMeter: Map<number, number>;
	#inFlight = 0;
	readonly #waiting: (() => void)[] = [];

	constructor(options: SimulatedMarketOptions) {
		this.#options = options;
		const meters = options.context.population.flatMap((participant) => participant.meters);
		this.#zoneOfMeter = new Map(meters.map(({ meterId, zoneId }) => [meterId, zoneId]));
	}

	/** What happened since this process began; null for a window it did not trade. */
	tally(windowId: WindowId): WindowTally | null {
		return this.#tallies.get(windowId) ?? null;
	}

	/** Resolves after the last window's gate, or when aborted. Rejects only on a broken invariant. */
	async run(signal: AbortSignal): Promise<void> {
		const { clock, firstWindow, lastWindow } = this.#options;
		const firstOpen = windowAt(clock.nowMillis() / 1000 + GATE_CLOSURE_SECONDS) + 1;
		const trading = new Set<Promise<void>>();
		let broken: unknown = null;
		for (let windowId = Math.max(firstWindow, firstOpen); ; windowId += 1) {
			if (lastWindow !== null && windowId > lastWindow) break;
			await clock.sleepUntil((windowStart(windowId) - TRADING_LEAD_SECONDS) * 1000, signal);
			if (signal.aborted || broken !== null) break;
			const window = this.#tradeWindow(windowId, signal)
				.catch((error: unknown) => {
					broken ??= error;
				})
				.finally(() => trading.delete(window));
			trading.add(window);
		}
		await Promise.all(trading);
		if (broken !== null) throw broken;
	}

	async #tradeWindow(windowId: WindowId, signal: AbortSignal): Promise<void> {
		const { clock, context } = this.#options;
		const tally = emptyTally(windowId);
		this.#tallies.set(windowId, tally);
		this.#forgetOldTallies();
		const placed = new Map<string, Placed>();
		/** Each participant acts one step after the other. */
		const lastStep = new Map<number, Promise<void>>();
		for (const action of planWindow({ ...context, windowId })) {
			await clock.sleepUntil(action.atSeconds * 1000, signal);
			if (signal.aborted) break;
			const before = lastStep.get(action.participant.index) ?? Promise.resolve();
			const step = before.then(() => this.#act(action, tally, placed, signal));
			// Awaited below; a failure must not be reported as unhandled before that.
			step.catch(() => undefined);
			lastStep.set(action.participant.index, step);
		}
		await Promise.all(lastStep.values());
	}

	async #act(action: PlannedAction, tally: WindowTally, placed: Map<string, Placed>, signal: AbortSignal) {
		const { participant } = action;
		const keyOf = (sequence: number) => `${participant.index}:${sequence}`;
		if (action.type === "cancel") {
			const target = placed.get(keyOf(action.sequence));
			if (target === undefined) return;
			const answer = await this.#ask(
				() => this.#options.entry.cancel(participant, target.orderHash),
				tally.windowId,
				signal,
			);
			// A refusal means that the order had gone: filled, expired or cancelled by a halt.
			target.isWithdrawn = answer.status === "accepted";
			if (target.isWithdrawn) tally.cancelled += 1;
			return;
		}
		if (action.replacesSequence !== null && placed.get(keyOf(action.replacesSequence))?.isWithdrawn !== true) return;
		const key = action.signedByStranger ? STRANGER : participant.privateKey;
		const signed = await signOrder(action.order, this.#options.domain, key);
		tally.orderHashes.add(signed.orderHash);
		const answer = await this.#ask(() => this.#options.entry.place(signed), tally.windowId, signal);
		if (answer.status === "unavailable") {
			tally.unanswered += 1;
			return;
		}
		tally.placed += 1;
		if (answer.status === "accepted") {
			tally.accepted += 1;
			placed.set(keyOf(action.order.sequence), { orderHash: signed.orderHash, isWithdrawn: false });
			return;
		}
		tally.rejectedByReason[answer.reason] = (tally.rejectedByReason[answer.reason] ?? 0) + 1;
		tally.rejections.push({
			order: action.order,
			orderHash: signed.orderHash,
			participant: participant.name,
			zoneId: this.#zoneOfMeter.get(action.order.meterId) ?? 0,
			expectedReasons: action.expectedReasons,
			reason: answer.reason,
			detail: answer.detail,
			answeredAtSeconds: this.#options.clock.nowMillis() / 1000,
		});
	}

	/** Asks again while nothing is known of the request and the gate is still open. */
	async #ask(request: () => Promise<OrderAnswer>, windowId: WindowId, signal: AbortSignal): Promise<OrderAnswer> {
		const { clock } = this.#options;
		for (;;) {
			const answer = await this.#limited(request);
			const gateMillis = (windowStart(windowId) - GATE_CLOSURE_SECONDS) * 1000;
			if (answer.status !== "unavailable" || signal.aborted || clock.nowMillis() >= gateMillis) return answer;
			await clock.sleepUntil(clock.nowMillis() + RETRY_MARKET_MILLIS, signal);
		}
	}

	async #limited<T>(request: () => Promise<T>): Promise<T> {
		if (this.#inFlight >= MAX_IN_FLIGHT) await new Promise<void>((resolve) => this.#waiting.push(resolve));
		else this.#inFlight += 1;
		try {
			return await request();
		} finally {
			const next = this.#waiting.shift();
			if (next === undefined) this.#inFlight -= 1;
			else next();
		}
	}

	#forgetOldTallies(): void {
		for (const windowId of this.#tallies.keys()) {
			if (this.#tallies.size <= MAX_TALLIES) return;
			this.#tallies.delete(windowId);
		}
	}
}
