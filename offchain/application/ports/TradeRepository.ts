import type { Trade } from "../../domain/settlement/Trade.ts";
import type { Address, Hash32 } from "../../domain/units/Address.ts";
import type { WindowId } from "../../domain/units/window.ts";

export type TradeRecord = { trade: Trade; sequence: number; executedAtMillis: number; isUnwound: boolean };

export type TradeQuery = {
	account?: Address;
	windowId?: WindowId;
	orderHash?: Hash32;
	beforeSequence?: number;
	/** At most 1,000. */
	limit: number;
};

/** Trades as committed; newest first. */
export interface TradeRepository {
	byId(tradeId: string): Promise<TradeRecord | null>;
	find(query: TradeQuery): Promise<TradeRecord[]>;
	/** All trades of a window that still stand, in the order they were made. */
	ofWindow(windowId: WindowId): Promise<Trade[]>;
}
