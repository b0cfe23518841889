import type { Order } from "../../domain/orders/Order.ts";
import type { Address, Hash32 } from "../../domain/units/Address.ts";

export type DeskAnswer =
	| { status: "accepted"; orderHash: Hash32 }
	| { status: "rejected"; orderHash: Hash32; reason: string; detail: string }
	/** Nothing is known of the order; the same one may be sent again. */
	| { status: "unavailable"; detail: string };

/** The system operator's trading desk: its wallet signs, and orders go the way everyone's go. */
export interface OperatorDesk {
	readonly account: Address;
	place(order: Order): Promise<DeskAnswer>;
}
