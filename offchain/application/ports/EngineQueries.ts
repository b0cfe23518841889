import type { SessionState } from "../../domain/engine/EngineEvent.ts";
import type { Address } from "../../domain/units/Address.ts";
import type { UnixSeconds, WindowId } from "../../domain/units/window.ts";

/** Energy resting at one price. Bids are all-in prices, asks net prices, sat/kWh. */
export type DepthLevel = { priceSatPerKwh: number; energyWh: number; orders: number };

/** One zone's book of one window, best level first; `sequence` is the last input it contains. */
export type MarketDepth = {
	windowId: WindowId;
	zoneId: number;
	sequence: number;
	bids: DepthLevel[];
	asks: DepthLevel[];
	/** While the zone (0: any) collects orders for an auction: when it ends, and what it would give now. */
	auction?: IndicativeAuction;
};

/** One net price for every seller, as if the grid were free; null where nothing would trade. */
export type IndicativeAuction = { uncrossesAt: UnixSeconds; priceSatPerKwh: number | null; volumeWh: number };

export type AccountView = {
	account: Address;
	availableMsat: number;
	reservedMsat: number;
	epoch: number;
	/** Licence tier, 0 without one; `licensedUntil` in unix seconds. */
	tier: number;
	licensedUntil: UnixSeconds;
	/** From this window on the account's exit counts; 0 without one. */
	exitFromWindow: WindowId;
	meters: MeterView[];
};

export type MeterView = {
	meterId: number;
	zoneId: number;
	source: string;
	maxWindowWh: number;
	nodeId: number;
	isActive: boolean;
};

export type SessionView = {
	windowId: WindowId;
	state: SessionState;
	/** Unix seconds of each gate. */
	opensAt: UnixSeconds;
	crossZoneClosesAt: UnixSeconds;
	closesAt: UnixSeconds;
	haltedZoneIds: number[];
	/** Stopped for a while by the circuit breaker; absent where none. */
	pausedZoneIds?: number[];
};

/** What the engine holds in memory at this instant. Everything already in the past is in the repositories. */
export interface EngineQueries {
	/** At most `levels` levels a side. */
	depth(windowId: WindowId, zoneId: number, levels: number): Promise<MarketDepth>;
	account(address: Address): Promise<AccountView | null>;
	session(windowId: WindowId): Promise<SessionView | null>;
	/** Sessions not yet settled, voided or expired, earliest window first. */
	sessions(): Promise<SessionView[]>;
}
