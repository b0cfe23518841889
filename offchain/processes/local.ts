import { ZONE_CODES } from "../domain/grid/zones.ts";
import { windowAt } from "../domain/units/window.ts";
import type { MarketView } from "../simulators/terminal/MarketView.ts";
import { TerminalSummary } from "../simulators/terminal/TerminalSummary.ts";
import { runLocal } from "./exchange/runLocal.ts";
import type { Exchange } from "./exchange/startExchange.ts";

const SHOWN_WINDOWS = 10;
const WINDOWS_AHEAD = 3;

/** `npm start`: the whole exchange with a live simulated market, until Ctrl-C. */
await runLocal(
	"npm start",
	{ stateName: "local", windows: 0, secondsPerWindow: 20 },
	async (exchange, _options, signal) => {
		const terminal = new TerminalSummary(() => view(exchange));
		terminal.start();
		try {
			await exchange.simulate(signal);
		} finally {
			terminal.stop();
		}
	},
);

async function view(exchange: Exchange): Promise<MarketView> {
	const { clock, marketData, reports, simulation, run, firstWindow, notices, url } = exchange;
	const nowMillis = clock.nowMillis();
	const toWindow = windowAt(nowMillis / 1000) + WINDOWS_AHEAD;
	const fromWindow = Math.max(firstWindow, toWindow - SHOWN_WINDOWS + 1);
	const rows = await marketData.windows({ fromWindow, toWindow, limit: SHOWN_WINDOWS });
	const windows = await Promise.all(
		rows.reverse().map(async (row) => {
			const figures = await reports.market(row.windowId);
			return {
				windowId: row.windowId,
				state: row.stage ?? row.sessionState,
				orders: figures.ordersPlaced,
				rejected: Object.values(figures.ordersRejected).reduce((sum, count) => sum + count, 0),
				trades: row.trades,
				energyWh: row.energyWh,
				vwapSatPerKwh: row.vwapSatPerKwh,
				haltedZones: figures.haltedZoneIds.flatMap((zoneId) => ZONE_CODES[zoneId - 1] ?? []),
			};
		}),
	);
	return {
		nowMillis,
		participants: run.participants,
		windows,
		settledWindows: await reports.settledWindows(),
		frequencyMillihertz: simulation.controlRoom.latest?.frequencyMillihertz ?? null,
		url,
		notices,
		problem: simulation.problem,
	};
}
