import type { Order } from "../../domain/orders/Order.ts";

/** Says whether new orders are taken now. Cancellations always are. */
export interface OrderGate {
	/** Why the order is not taken now, in words; null when it is. */
	refusal(order: Pick<Order, "windowId">): string | null;
}
