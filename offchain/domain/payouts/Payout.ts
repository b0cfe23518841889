import type { Address } from "../units/Address.ts";
import type { WindowId } from "../units/window.ts";

/** What the venue owes outside of trades: for holding reserve, and for quoting well. */
export const PAYOUT_KINDS = ["reserveHolding", "makerRebate"] as const;
export type PayoutKind = (typeof PAYOUT_KINDS)[number];

/** Owed once for (kind, window, account, reference), however often it is worked out. */
export type Payout = {
	kind: PayoutKind;
	windowId: WindowId;
	account: Address;
	/** What it is for, such as the offer that was held. */
	reference: string;
	amountMsat: number;
};
