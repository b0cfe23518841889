import type { Order, Side } from "../../domain/orders/Order.ts";
import type { ReasonCode } from "../../domain/orders/reasonCodes.ts";
import type { Address, Hash32, Hex } from "../../domain/units/Address.ts";
import type { WindowId } from "../../domain/units/window.ts";

/** Where an order stands in its life (SPEC O1) once the engine has seen it. */
export const ORDER_STATES = ["active", "partiallyFilled", "completed", "cancelled", "expired", "rejected"] as const;
export type OrderState = (typeof ORDER_STATES)[number];

export type OrderRecord = {
	orderHash: Hash32;
	order: Order;
	signature: Hex;
	state: OrderState;
	/** Why it was rejected, cancelled or expired. */
	reason: ReasonCode | null;
	detail: string | null;
	/** Sum of its fills, without those undone. */
	filledWh: number;
	/** Still in the book. */
	openWh: number;
	/** Input that placed it, input that last changed it. */
	placedSequence: number;
	changedSequence: number;
	placedAtMillis: number;
};

/** One transition of an order, in log order. */
export type OrderTransition = {
	sequence: number;
	eventIndex: number;
	type: string;
	reason: ReasonCode | null;
	energyWh: number | null;
	atMillis: number;
};

export type OrderQuery = {
	account?: Address;
	windowId?: WindowId;
	side?: Side;
	states?: OrderState[];
	/** Only orders placed before this input; for paging backwards. */
	beforeSequence?: number;
	/** At most 1,000. */
	limit: number;
};

/** Orders as committed; newest first. */
export interface OrderRepository {
	byHash(orderHash: Hash32): Promise<OrderRecord | null>;
	find(query: OrderQuery): Promise<OrderRecord[]>;
	history(orderHash: Hash32): Promise<OrderTransition[]>;
}
