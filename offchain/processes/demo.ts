import { formatWindow } from "../domain/units/window.ts";
import { balancingFigures } from "../simulators/report/balancingFigures.ts";
import { buildDemoReport } from "../simulators/report/buildDemoReport.ts";
import type { DemoReport } from "../simulators/report/DemoReport.ts";
import { runLocal } from "./exchange/runLocal.ts";
import type { Exchange } from "./exchange/startExchange.ts";

const END_STAGES = new Set(["reconciled", "empty", "missed", "voided", "expired"]);
const LOOK_MILLIS = 300;

/** `npm run demo`: a fixed number of windows from the first order to the certificates, then one report. */
await runLocal(
	"npm run demo",
	{ stateName: "demo", windows: 4, secondsPerWindow: 15 },
	async (exchange, options, signal) => {
		const windowIds = Array.from({ length: Math.max(1, options.windows) }, (_, index) => exchange.firstWindow + index);
		console.error(
			`[gridtokenx] trading ${windowIds.length} windows from ${formatWindow(windowIds[0] as number)} at ${exchange.url}`,
		);
		const simulated = exchange.simulate(signal);
		await Promise.all([simulated, whenReconciled(exchange, windowIds, signal)]);
		if (signal.aborted) return;
		const report = await buildDemoReport({
			seed: exchange.run.seed,
			participants: exchange.run.participants,
			windowIds,
			source: exchange.reports,
			unexplained: await exchange.simulation.unexplained(windowIds),
			balancing: await balancingFigures(exchange.balancing, windowIds),
			payouts: await exchange.payouts(),
		});
		exchange.state.write({ ...exchange.run, isFinished: true });
		if (options.json) console.log(JSON.stringify(report));
		else print(report);
		if (!report.balanced) throw new Error(`not balanced: ${report.disagreements[0] ?? "no window settled"}`);
	},
);

/** Resolves when the pipeline of every window has ended; says each step. */
async function whenReconciled(exchange: Exchange, windowIds: readonly number[], signal: AbortSignal): Promise<void> {
	const said = new Map<number, string>();
	while (!signal.aborted) {
		const windows = await exchange.marketData.windows({
			fromWindow: windowIds[0],
			toWindow: windowIds.at(-1),
			limit: windowIds.length,
		});
		for (const { windowId, stage, sessionState, trades, problem } of windows) {
			const state = problem === null ? (stage ?? sessionState) : `${stage}: ${problem}`;
			if (said.get(windowId) === state) continue;
			said.set(windowId, state);
			console.error(`[gridtokenx] window ${formatWindow(windowId)}: ${state} (${trades} trades)`);
		}
		const ended = windows.filter(({ stage }) => stage !== null && END_STAGES.has(stage));
		if (ended.length === windowIds.length) return;
		await new Promise((resolve) => setTimeout(resolve, LOOK_MILLIS));
	}
}

function print({ windows, totals, balancing, payouts, balanced }: DemoReport): void {
	console.table(
		Object.fromEntries(
			windows.map((window) => [
				window.begins,
				{
					orders: window.ordersPlaced,
					trades: window.trades,
					soldWh: window.soldWh,
					deliveredWh: window.deliveredWh,
					lostWh: window.lostWh,
					shortWh: window.shortWh,
					chargesMsat: window.chargesMsat,
					certificates: window.certificatesIssued,
					gas: window.gasUsed,
				},
			]),
		),
	);
	console.log(
		`${totals.trades} trades in ${totals.tradingZones.length} zones; halted: ${totals.haltedZones.join(" ")}`,
	);
	if (balancing !== undefined) {
		console.log(
			`Reserve of ${balancing.procuredW / 1000} kW held in every window; ${balancing.upWh} Wh called up, ${balancing.downWh} Wh down, ${balancing.tradedWh} Wh traded for it`,
		);
	}
	if (payouts !== undefined) {
		console.log(
			`Earned ${payouts.reserveHoldingMsat} msat for reserve and ${payouts.makerRebateMsat} msat for quoting; ${payouts.paidSat} sat paid into the vault`,
		);
	}
	console.log(balanced ? "Engine, database and chain agree on every account." : "NOT BALANCED");
}
