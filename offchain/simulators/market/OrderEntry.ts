import type { SignedOrder } from "../../domain/orders/Order.ts";
import type { ReasonCode } from "../../domain/orders/reasonCodes.ts";
import type { Hash32 } from "../../domain/units/Address.ts";
import type { Participant } from "../participants/Participant.ts";

export type OrderAnswer =
	| { status: "accepted" }
	| { status: "rejected"; reason: ReasonCode; detail: string }
	/** Nothing is known of the order: network error, queue full, rate limit. The same request may be sent again. */
	| { status: "unavailable"; detail: string };

/** All a simulated participant can do: what the public API offers to any wallet. */
export interface OrderEntry {
	place(signed: SignedOrder): Promise<OrderAnswer>;
	cancel(participant: Participant, orderHash: Hash32): Promise<OrderAnswer>;
}
