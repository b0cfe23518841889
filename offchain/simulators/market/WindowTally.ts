import type { ReasonCode } from "../../domain/orders/reasonCodes.ts";
import type { Hash32 } from "../../domain/units/Address.ts";
import type { WindowId } from "../../domain/units/window.ts";
import type { RejectedOrder } from "./explainRejection.ts";

export type RecordedRejection = RejectedOrder & { orderHash: Hash32; participant: string; detail: string };

/** What the participants were answered in one window since this process began. */
export type WindowTally = {
	windowId: WindowId;
	/** Orders sent and answered. */
	placed: number;
	accepted: number;
	rejectedByReason: Partial<Record<ReasonCode, number>>;
	rejections: RecordedRejection[];
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
		rejections: [],
		cancelled: 0,
		unanswered: 0,
		orderHashes: new Set(),
	};
}
