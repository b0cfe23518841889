import type { Order } from "../orders/Order.ts";
import type { ReasonCode } from "../orders/reasonCodes.ts";
import type { Trade } from "../settlement/Trade.ts";
import type { Address, Hash32 } from "../units/Address.ts";
import type { UnixSeconds, WindowId } from "../units/window.ts";
import type { Directive } from "./EngineInput.ts";

/**
 * What the engine says happened. The stream is complete enough to rebuild depth, history and ledgers. Past tense;
 * the same names are used in the feed and in SQL. Each is plain JSON.
 */
export type EngineEvent =
	| { type: "OrderPlaced"; orderHash: Hash32; order: Order }
	| { type: "OrderRejected"; orderHash: Hash32; order: Order; reason: ReasonCode; detail: string }
	| {
			type: "OrderCancelled";
			orderHash: Hash32;
			account: Address;
			windowId: WindowId;
			openWh: number;
			reason: ReasonCode;
	  }
	| { type: "OrderExpired"; orderHash: Hash32; account: Address; windowId: WindowId; openWh: number }
	| { type: "OrderAmended"; orderHash: Hash32; replacementHash: Hash32; openWh: number }
	/** The order rests in the book with this much open. */
	| { type: "OrderRested"; orderHash: Hash32; windowId: WindowId; openWh: number }
	/** One per fill, followed by the trade. */
	| { type: "OrderMatched"; tradeId: string; sellOrderHash: Hash32; buyOrderHash: Hash32; energyWh: number }
	| { type: "TradeExecuted"; trade: Trade }
	/** A fill undone before commitment (directive, limit change); the energy and money are released. */
	| { type: "TradeUnwound"; tradeId: string; windowId: WindowId; energyWh: number; reason: ReasonCode }
	/** Part of a trade undone before commitment; the trade stands with `keptWh` and `lossWh`, or with 0 no more. */
	| {
			type: "TradeTrimmed";
			tradeId: string;
			windowId: WindowId;
			keptWh: number;
			trimmedWh: number;
			lossWh: number;
			element: string;
			reason: ReasonCode;
	  }
	| {
			type: "GridConstraintViolation";
			windowId: WindowId;
			element: string;
			requestedWh: number;
			admittedWh: number;
			orderHash: Hash32;
	  }
	| { type: "SessionStateChanged"; windowId: WindowId; from: SessionState; to: SessionState }
	/** Prices moved too fast: resting orders wait in these zones until then. */
	| {
			type: "TradingPaused";
			windowId: WindowId;
			zoneIds: number[];
			untilSeconds: UnixSeconds;
			referenceSatPerKwh: number;
			tradedSatPerKwh: number;
	  }
	| { type: "TradingResumed"; windowId: WindowId; zoneIds: number[] }
	/** These zones collect orders for one auction, at the first clock input from then on. */
	| { type: "AuctionCalled"; windowId: WindowId; zoneIds: number[]; uncrossesAt: UnixSeconds }
	/** The call of these zones has ended: its fills precede this, at one net price; null where nothing traded. */
	| {
			type: "AuctionUncrossed";
			windowId: WindowId;
			zoneIds: number[];
			priceSatPerKwh: number | null;
			volumeWh: number;
	  }
	| { type: "AuthorityOverride"; directive: Directive; lifted: boolean }
	| { type: "AccountChanged"; account: Address; availableMsat: number; reservedMsat: number }
	| { type: "InputRefused"; inputType: string; reason: ReasonCode; detail: string };

export const SESSION_STATES = [
	"scheduled",
	"open",
	"crossZoneClosed",
	"closed",
	"committed",
	"delivering",
	"metered",
	"settled",
	"voided",
	"expired",
] as const;
export type SessionState = (typeof SESSION_STATES)[number];
