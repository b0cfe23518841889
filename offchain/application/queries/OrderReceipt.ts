import type { EngineEvent } from "../../domain/engine/EngineEvent.ts";
import type { Order } from "../../domain/orders/Order.ts";
import type { ReasonCode } from "../../domain/orders/reasonCodes.ts";
import type { Hash32 } from "../../domain/units/Address.ts";
import type { OrderRecord, OrderState } from "../ports/OrderRepository.ts";

/** What a trader is told about an order that was accepted. */
export type OrderReceipt = {
	orderHash: Hash32;
	/** Place of the order in the engine's log. */
	sequence: number;
	state: OrderState;
	filledWh: number;
	openWh: number;
	/** Why the rest was cancelled or expired. */
	reason: ReasonCode | null;
	/** The order had been placed before; this is where it stands now. */
	repeated: boolean;
	/** What this input caused, the counterparties' fills included; empty when repeated. */
	events: EngineEvent[];
};

/** Reads the order's fate out of the events of the input that placed it. */
export function receiptFromEvents(
	order: Order,
	orderHash: Hash32,
	sequence: number,
	events: EngineEvent[],
): OrderReceipt {
	let filledWh = 0;
	let openWh = 0;
	let ended: OrderState | null = null;
	let reason: ReasonCode | null = null;
	for (const event of events) {
		if (event.type === "OrderMatched" && (event.sellOrderHash === orderHash || event.buyOrderHash === orderHash)) {
			filledWh += event.energyWh;
		} else if (event.type === "OrderRested" && event.orderHash === orderHash) {
			openWh = event.openWh;
		} else if (event.type === "OrderCancelled" && event.orderHash === orderHash) {
			ended = "cancelled";
			reason = event.reason;
			openWh = 0;
		} else if (event.type === "OrderExpired" && event.orderHash === orderHash) {
			ended = "expired";
			openWh = 0;
		}
	}
	const state = ended ?? openState(order.energyWh, filledWh);
	return { orderHash, sequence, state, filledWh, openWh, reason, repeated: false, events };
}

export function receiptFromRecord(record: OrderRecord): OrderReceipt {
	const { orderHash, placedSequence, state, filledWh, openWh, reason } = record;
	return { orderHash, sequence: placedSequence, state, filledWh, openWh, reason, repeated: true, events: [] };
}

function openState(energyWh: number, filledWh: number): OrderState {
	if (filledWh === energyWh) return "completed";
	return filledWh > 0 ? "partiallyFilled" : "active";
}
