import type { BalancingActivation, BalancingWindow } from "../../application/ports/Balancing.ts";
import type { Clock } from "../../application/ports/Clock.ts";
import type { Order } from "../../domain/orders/Order.ts";
import type { OrderDomain } from "../../domain/orders/orderTypedData.ts";
import { energyWh, priceSatPerKwh } from "../../domain/units/units.ts";
import { type WindowId, windowStart } from "../../domain/units/window.ts";
import type { OrderEntry } from "../market/OrderEntry.ts";
import { signOrder } from "../market/signOrder.ts";
import { GATE_CLOSURE_SECONDS } from "../market/tradingTimes.ts";
import type { RecordedRejection } from "../market/WindowTally.ts";
import type { Participant } from "../participants/Participant.ts";

export type ReserveProvidersOptions = {
	clock: Clock;
	entry: OrderEntry;
	domain: OrderDomain;
	/** What the operator publishes of a window; null before it has bought reserve. */
	balancing: (windowId: WindowId) => Promise<BalancingWindow | null>;
	providerOf: ReadonlyMap<number, Participant>;
	firstWindow: WindowId;
	lastWindow: WindowId | null;
};

/** The call comes some ten minutes before delivery. */
const WATCH_LEAD_SECONDS = 11 * 60;
const LOOK_MARKET_MILLIS = 20_000;
const MAX_REJECTIONS = 1_000;

/**
 * Providers of reserve as they answer the operator: each watches the published calls and, when called, offers that energy
 * at its price, immediate-or-cancel, so that nothing of it goes to anyone after the call. A call is answered once: the
 * order is the same after a restart, and placing is idempotent.
 */
export class ReserveProviders {
	readonly #options: ReserveProvidersOptions;
	readonly #rejections: RecordedRejection[] = [];

	constructor(options: ReserveProvidersOptions) {
		this.#options = options;
	}

	/** Refused answers since this process began. */
	rejections(windowId: WindowId): RecordedRejection[] {
		return this.#rejections.filter(({ order }) => order.windowId === windowId);
	}

	async run(signal: AbortSignal): Promise<void> {
		const { clock, firstWindow, lastWindow } = this.#options;
		for (let windowId = firstWindow; lastWindow === null || windowId <= lastWindow; windowId += 1) {
			await clock.sleepUntil((windowStart(windowId) - WATCH_LEAD_SECONDS) * 1000, signal);
			await this.#answer(windowId, signal);
			if (signal.aborted) return;
		}
	}

	/** Until called and answered, or the gate closes. */
	async #answer(windowId: WindowId, signal: AbortSignal): Promise<void> {
		const { clock, balancing } = this.#options;
		const gateMillis = (windowStart(windowId) - GATE_CLOSURE_SECONDS) * 1000;
		while (!signal.aborted && clock.nowMillis() < gateMillis) {
			const window = await balancing(windowId).catch(() => null);
			const activation = window?.activation ?? null;
			if (activation !== null) {
				const answers = await Promise.all(activation.called.map((call) => this.#place(windowId, call)));
				if (answers.every((isAnswered) => isAnswered)) return;
			}
			await clock.sleepUntil(clock.nowMillis() + LOOK_MARKET_MILLIS, signal);
		}
	}

	async #place(windowId: WindowId, call: BalancingActivation): Promise<boolean> {
		const provider = call.meterId === null ? undefined : this.#options.providerOf.get(call.meterId);
		if (provider === undefined) return true;
		const { entry, domain, clock } = this.#options;
		const order: Order = {
			trader: provider.address,
			meterId: call.meterId as number,
			windowId,
			side: call.direction === "up" ? "sell" : "buy",
			orderClass: "limit",
			timeInForce: "ioc",
			postOnly: false,
			selfTradeMode: "cancelNewest",
			priceSatPerKwh: priceSatPerKwh(call.energySatPerKwh),
			energyWh: energyWh(call.calledWh),
			sequence: 1,
			epoch: 0,
			validUntil: 0,
			directiveId: 0,
		};
		const signed = await signOrder(order, domain, provider.privateKey);
		const answer = await entry.place(signed);
		if (answer.status === "unavailable") return false;
		if (answer.status === "rejected" && this.#rejections.length < MAX_REJECTIONS) {
			this.#rejections.push({
				order,
				orderHash: signed.orderHash,
				participant: provider.name,
				zoneId: call.zoneId,
				expectedReasons: [],
				reason: answer.reason,
				detail: answer.detail,
				answeredAtSeconds: clock.nowMillis() / 1000,
			});
		}
		return true;
	}
}
