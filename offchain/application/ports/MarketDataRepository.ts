import type { SessionState } from "../../domain/engine/EngineEvent.ts";
import type { WindowId } from "../../domain/units/window.ts";

/** Prices are what the buyers paid, sat/kWh; `vwapSatPerKwh` is rounded to the nearest integer. */
export type Candle = {
	startSeconds: number;
	openSatPerKwh: number;
	highSatPerKwh: number;
	lowSatPerKwh: number;
	closeSatPerKwh: number;
	vwapSatPerKwh: number;
	energyWh: number;
	trades: number;
};

export type CandleQuery = {
	/** Only trades delivered to this zone. */
	buyZoneId?: number;
	/** Only trades of this delivery window. */
	windowId?: WindowId;
	intervalSeconds: number;
	fromSeconds: number;
	toSeconds: number;
};

export type WindowSummary = {
	windowId: WindowId;
	sessionState: SessionState;
	trades: number;
	energyWh: number;
	lossWh: number;
	buyerMsat: number;
	sellerMsat: number;
	vwapSatPerKwh: number | null;
	/** Where the settlement of the window stands; null before its gate has closed. */
	stage: string | null;
	chunkCount: number | null;
	nextChunk: number | null;
	/** What keeps the settlement from going on, for the operator. */
	problem: string | null;
};

/** Energy traded between two zones in a window. */
export type ZoneFlow = { windowId: WindowId; sellZoneId: number; buyZoneId: number; energyWh: number };

export interface MarketDataRepository {
	candles(query: CandleQuery): Promise<Candle[]>;
	/** Newest window first. */
	windows(query: { fromWindow?: WindowId; toWindow?: WindowId; limit: number }): Promise<WindowSummary[]>;
	zoneFlows(windowId: WindowId): Promise<ZoneFlow[]>;
}
