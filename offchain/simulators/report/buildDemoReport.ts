import { type ZoneCode, zoneCode } from "../../domain/grid/zones.ts";
import { formatWindow, type WindowId } from "../../domain/units/window.ts";
import type { BalancingFigures, DemoReport, PayoutFigures, WindowReport } from "./DemoReport.ts";
import type { ReportSource } from "./ReportSource.ts";

export type DemoReportOptions = {
	seed: string;
	participants: number;
	windowIds: readonly WindowId[];
	source: ReportSource;
	/** Rejections nobody expected, one line each. */
	unexplained: readonly string[];
	balancing?: BalancingFigures;
	payouts?: PayoutFigures;
};

/** Reads every window from the record and adds up; `balanced` is earned by closing sums, never assumed. */
export async function buildDemoReport(options: DemoReportOptions): Promise<DemoReport> {
	const { source, windowIds } = options;
	const windows: WindowReport[] = [];
	const disagreements: string[] = [];
	for (const windowId of windowIds) {
		const report = await windowReport(windowId, source);
		if (report === null) disagreements.push(`window ${windowId} is not settled`);
		else {
			windows.push(report);
			disagreements.push(...openSums(report));
		}
	}
	disagreements.push(...options.unexplained.map((line) => `unexplained rejection: ${line}`));
	disagreements.push(...(await source.disagreements(windowIds)));
	disagreements.push(...openPayouts(options.payouts));
	return {
		seed: options.seed,
		participants: options.participants,
		windows,
		totals: { ...totals(windows), unexplainedRejections: options.unexplained.length },
		...(options.balancing === undefined ? {} : { balancing: options.balancing }),
		...(options.payouts === undefined ? {} : { payouts: options.payouts }),
		disagreements,
		balanced: disagreements.length === 0 && windows.length > 0,
	};
}

async function windowReport(windowId: WindowId, source: ReportSource): Promise<WindowReport | null> {
	const settlement = await source.settlement(windowId);
	if (settlement === null) return null;
	const { deliveredZoneIds, ...settled } = settlement;
	const { tradingZoneIds, haltedZoneIds, ...market } = await source.market(windowId);
	return {
		windowId,
		begins: formatWindow(windowId),
		...market,
		...settled,
		tradingZones: codes(tradingZoneIds),
		haltedZones: codes(haltedZoneIds),
		deliveredZones: codes(deliveredZoneIds),
	};
}

/** The sums that must close to the Wh and the msat, and the halts that must hold. */
function openSums(window: WindowReport): string[] {
	const open: string[] = [];
	const check = (name: string, left: number, right: number) => {
		if (left !== right) open.push(`window ${window.windowId}: ${name}: ${left} ≠ ${right}`);
	};
	check("injected = delivered + lost, Wh", window.injectedWh, window.deliveredWh + window.lostWh);
	const accountedWh = window.deliveredWh + window.shortWh + window.curtailedWh + window.skippedWh;
	check("sold = delivered + short + curtailed + skipped, Wh", window.soldWh, accountedWh);
	check("debited = credited + charges, msat", window.debitedMsat, window.creditedMsat + window.chargesMsat);
	for (const zone of window.haltedZones) {
		if (window.deliveredZones.includes(zone)) open.push(`window ${window.windowId}: ${zone} delivered while halted`);
	}
	return open;
}

function openPayouts(payouts: PayoutFigures | undefined): string[] {
	if (payouts === undefined || payouts.depositedMsat === payouts.paidSat * 1000) return [];
	return [`payouts: paid ${payouts.paidSat} sat ≠ deposited on chain ${payouts.depositedMsat} msat`];
}

function totals(windows: readonly WindowReport[]): Omit<DemoReport["totals"], "unexplainedRejections"> {
	const sum = (pick: (window: WindowReport) => number) => windows.reduce((total, window) => total + pick(window), 0);
	const rejected: Record<string, number> = {};
	for (const window of windows) {
		for (const [reason, count] of Object.entries(window.ordersRejected)) {
			rejected[reason] = (rejected[reason] ?? 0) + count;
		}
	}
	return {
		ordersPlaced: sum((window) => window.ordersPlaced),
		ordersRejected: rejected,
		trades: sum((window) => window.trades),
		tradingZones: [...new Set(windows.flatMap((window) => window.tradingZones))],
		haltedZones: [...new Set(windows.flatMap((window) => window.haltedZones))],
		soldWh: sum((window) => window.soldWh),
		deliveredWh: sum((window) => window.deliveredWh),
		shortWh: sum((window) => window.shortWh),
		curtailedWh: sum((window) => window.curtailedWh),
		skippedWh: sum((window) => window.skippedWh),
		injectedWh: sum((window) => window.injectedWh),
		lostWh: sum((window) => window.lostWh),
		debitedMsat: sum((window) => window.debitedMsat),
		creditedMsat: sum((window) => window.creditedMsat),
		chargesMsat: sum((window) => window.chargesMsat),
		gasUsed: sum((window) => window.gasUsed),
		certificatesIssued: sum((window) => window.certificatesIssued),
	};
}

function codes(zoneIds: readonly number[]): ZoneCode[] {
	return [...new Set(zoneIds)].sort((a, b) => a - b).map(zoneCode);
}
