import type { Procurement, ReserveOffer } from "../../domain/grid/balancing/reserves.ts";
import type { WindowId } from "../../domain/units/window.ts";
import type { BalancingProcurement, BalancingQueries, BalancingRecord, BalancingWindow } from "../ports/Balancing.ts";
import type { OrderRepository } from "../ports/OrderRepository.ts";

const WATTS_PER_MW = 1_000_000;

/** What was held and called, from the record, with how far the operator's orders are filled: on any node, for ever. */
export class BalancingStatements implements BalancingQueries {
	readonly #record: Pick<BalancingRecord, "find">;
	readonly #orders: Pick<OrderRepository, "byHash">;

	constructor(record: Pick<BalancingRecord, "find">, orders: Pick<OrderRepository, "byHash">) {
		this.#record = record;
		this.#orders = orders;
	}

	async window(windowId: WindowId): Promise<BalancingWindow | null> {
		const recorded = await this.#record.find(windowId);
		if (recorded === null) return null;
		const { procured, activation } = recorded;
		const procurement = procured.map((each) => inWatts(each.direction, each.procurement));
		if (activation === null) return { windowId, procurement, activation };
		const orders = await Promise.all(
			activation.orders.map(async (order) => {
				const placed = await this.#orders.byHash(order.orderHash);
				return { ...order, filledWh: placed?.filledWh ?? 0 };
			}),
		);
		return { windowId, procurement, activation: { ...activation, orders } };
	}
}

function inWatts(direction: ReserveOffer["direction"], procurement: Procurement): BalancingProcurement {
	const { product, requiredMw, missingMw, marginalSatPerMwHour } = procurement;
	const accepted = procurement.accepted.map(({ offerId, capacityMw }) => ({
		offerId,
		capacityW: Math.round(capacityMw * WATTS_PER_MW),
	}));
	return {
		product,
		direction,
		requiredW: Math.round(requiredMw * WATTS_PER_MW),
		procuredW: accepted.reduce((sum, { capacityW }) => sum + capacityW, 0),
		missingW: Math.round(missingMw * WATTS_PER_MW),
		marginalSatPerMwHour,
		accepted,
	};
}
