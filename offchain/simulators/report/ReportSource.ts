import type { WindowId } from "../../domain/units/window.ts";

/** What the record says of one window's market; from the repositories, so that it survives restarts. */
export type MarketFigures = {
	state: string;
	ordersPlaced: number;
	ordersRejected: Record<string, number>;
	trades: number;
	soldWh: number;
	/** Zone ids with a trade at either end. */
	tradingZoneIds: number[];
	/** Zone ids an executed directive halted in this window. */
	haltedZoneIds: number[];
};

/** What the chain says of one window's settlement. */
export type SettlementFigures = {
	deliveredWh: number;
	shortWh: number;
	curtailedWh: number;
	skippedWh: number;
	injectedWh: number;
	lostWh: number;
	debitedMsat: number;
	creditedMsat: number;
	chargesMsat: number;
	gasUsed: number;
	certificatesIssued: number;
	certificatesWh: number;
	/** Zone ids out of or into which energy was delivered. */
	deliveredZoneIds: number[];
};

/** The record the demo reports from: repositories, chain and the reconciliation of both with the engine. */
export interface ReportSource {
	market(windowId: WindowId): Promise<MarketFigures>;
	/** Null while the window is not settled. */
	settlement(windowId: WindowId): Promise<SettlementFigures | null>;
	/** Totals and accounts on which engine, Postgres and chain differ, each in one line; empty where all agree. */
	disagreements(windowIds: readonly WindowId[]): Promise<string[]>;
}
