import type { EngineEvent } from "../../offchain/domain/engine/EngineEvent.ts";
import type { Order } from "../../offchain/domain/orders/Order.ts";
import type { Hash32 } from "../../offchain/domain/units/Address.ts";

export type AcknowledgedOrder = { orderHash: Hash32; order: Order; sequence: number; events: EngineEvent[] };

/** What the world outside was told, for the checker; none of the programs reads it. */
export class History {
	readonly orders: AcknowledgedOrder[] = [];
	readonly cancels: Hash32[] = [];
	readonly rejections: Hash32[] = [];
	/** Violations seen the moment they happened. */
	readonly seen: string[] = [];
	readonly halts: string[] = [];
	readonly alarms: string[] = [];
	readonly deaths: string[] = [];
}
