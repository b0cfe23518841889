import type { WindowHeadroom } from "../../grid/WindowHeadroom.ts";
import type { Entry } from "./Entry.ts";

/** Market and limit orders compete by their limits. */
export const CLASS_RANK = { emergency: 0, gridBalancing: 1, market: 2, limit: 2 } as const;

/** What takes part in an auction, each side in order of arrival; no order crosses another of its owner. */
export type AuctionBook = {
	sells: Entry[];
	buys: Entry[];
	/** Flat, `[sellZoneId − 1][buyZoneId − 1]`: from the seller's net price to the buyer's all-in one. */
	adders: Int32Array;
	isOwnZoneOnly: boolean;
	tickSatPerKwh: number;
	/** Between prices that are otherwise as good. */
	referenceSatPerKwh: number;
	headroom: WindowHeadroom | null;
	/** What the authorities' caps leave, `[zoneId]`. */
	sellCapLeftWh: number[];
	buyCapLeftWh: number[];
};
