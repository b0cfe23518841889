import type { ZoneCode } from "../../domain/grid/zones.ts";
import type { WindowId } from "../../domain/units/window.ts";

/** One window in the demo's JSON. Energies Wh, money msat. */
export type WindowReport = {
	windowId: WindowId;
	/** "2026-11-24 10:45 UTC+7". */
	begins: string;
	state: string;
	ordersPlaced: number;
	ordersRejected: Record<string, number>;
	trades: number;
	/** Zones with a trade at either end. */
	tradingZones: ZoneCode[];
	haltedZones: ZoneCode[];
	/** Zones out of or into which energy was delivered; never a halted one. */
	deliveredZones: ZoneCode[];
	/** Sold = delivered + short + curtailed + skipped. */
	soldWh: number;
	deliveredWh: number;
	/** Not delivered by its seller, compensated. */
	shortWh: number;
	/** Taken by an authority's directive. */
	curtailedWh: number;
	/** In trades the contract skipped, with a code each. */
	skippedWh: number;
	/** Metered injection the delivered energy took; injected = delivered + lost. */
	injectedWh: number;
	lostWh: number;
	/** Debited = credited + charges. */
	debitedMsat: number;
	creditedMsat: number;
	chargesMsat: number;
	gasUsed: number;
	certificatesIssued: number;
	certificatesWh: number;
};

/** Energies summed over the windows, Wh. */
export type BalancingFigures = {
	/** Reserve held in every window, W: the least of them. */
	procuredW: number;
	/** Offered by nobody, W, summed over the windows. */
	missingW: number;
	/** Called upward and downward, demand response included. */
	activatedWh: number;
	upWh: number;
	downWh: number;
	/** Called of demand response: not bought as energy. */
	reducedWh: number;
	/** Traded by the operator's GridBalancing orders. */
	tradedWh: number;
	/** Needed and held by nobody. */
	missingWh: number;
	refusals: string[];
	windows: {
		windowId: WindowId;
		procuredW: number;
		meanCorrectionW: number;
		neededWh: number;
		activatedWh: number;
		tradedWh: number;
	}[];
};

/** Earned outside of trades: for holding reserve, and for making the market. */
export type PayoutFigures = {
	reserveHoldingMsat: number;
	makerRebateMsat: number;
	/** By the venue's own record. */
	paidSat: number;
	/** Of these payments, what the vault's events show. */
	depositedMsat: number;
	/** Earned = 1000 × paid + owed. */
	owedMsat: number;
};

export type DemoReport = {
	seed: string;
	participants: number;
	windows: WindowReport[];
	totals: {
		ordersPlaced: number;
		ordersRejected: Record<string, number>;
		unexplainedRejections: number;
		trades: number;
		tradingZones: ZoneCode[];
		haltedZones: ZoneCode[];
		soldWh: number;
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
	};
	/** What the system operator held and called; from its own record since this process began, trades from the book. */
	balancing?: BalancingFigures;
	payouts?: PayoutFigures;
	/** Every total or account on which engine, Postgres and chain differ, and every sum that does not close; for people. */
	disagreements: string[];
	/** True only where `disagreements` is empty and no rejection is unexplained. */
	balanced: boolean;
};
