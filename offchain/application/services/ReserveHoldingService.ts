import { holdingPayments } from "../../domain/grid/balancing/holdingPayments.ts";
import type { Payout } from "../../domain/payouts/Payout.ts";
import type { BalancingRecord, RecordedBalancing } from "../ports/Balancing.ts";

const WINDOWS_PER_LOOK = 50;

/**
 * Works out, window by window after its settlement, what providers earned by holding reserve, and records it as owed. An
 * injection called and not metered earns nothing for its share; what demand response and consumption called downward did is
 * in no reading of exports, so their holding is paid whole.
 */
export class ReserveHoldingService {
	readonly #record: BalancingRecord;

	constructor(record: BalancingRecord) {
		this.#record = record;
	}

	async refresh(): Promise<void> {
		for (const window of await this.#record.unpaid(WINDOWS_PER_LOOK)) {
			await this.#record.keepHolding(window.windowId, payoutsOf(window, window.injectedWh));
		}
	}
}

function payoutsOf(window: RecordedBalancing, injectedWh: ReadonlyMap<number, number>): Payout[] {
	const { windowId, procured, offers, activation } = window;
	const called = activation?.called ?? [];
	const metered = called.filter(({ meterId, direction }) => meterId !== null && direction === "up");
	const deliveredWh = new Map(metered.map(({ offerId, meterId }) => [offerId, injectedWh.get(meterId as number) ?? 0]));
	const procurement = procured.map((each) => each.procurement);
	return holdingPayments(procurement, metered, deliveredWh).map(({ offerId, amountMsat }) => {
		const offer = offers.find((each) => each.offerId === offerId);
		if (offer === undefined) throw new Error(`invariant: window ${windowId} holds the unknown offer ${offerId}`);
		return { kind: "reserveHolding", windowId, account: offer.account, reference: offerId, amountMsat };
	});
}
