import type { Order } from "../../domain/orders/Order.ts";
import type { ReasonCode } from "../../domain/orders/reasonCodes.ts";
import type { Hash32 } from "../../domain/units/Address.ts";
import type { WindowId } from "../../domain/units/window.ts";

type UnexplainedRejection = {
	orderHash: Hash32;
	participant: string;
	order: Order;
	reason: ReasonCode;
	detail: string;
};

/** What the participants were answered in one window since this process began. */
export type WindowTally = {
	windowId: WindowId;
	/** Orders sent and answered. */
	placed: number;
	accepted: number;
	rejectedByReason: Partial<Record<ReasonCode, number>>;
	unexplained: UnexplainedRejection[];
	cancelled: number;
	/** Orders given up because the API did not answer before gate closure. */
	unanswered: number;
	/** Every order sent, answered or not. */
	orderHashes: Set<Hash32>;
};

export function emptyTally(windowId: WindowId): WindowTally {
	return {
		windowId,
		placed: 0,
		accepted: 0,
		rejectedByReason: {},
		unexplained: [],
		cancelled: 0,
		unanswered: 0,
		orderHashes: new Set(),
	};
}
