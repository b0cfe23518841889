import { ICT_OFFSET_SECONDS, windowStart } from "../../domain/units/window.ts";
import type { MarketView, WindowView } from "./MarketView.ts";

const CONTROL = String.fromCharCode(27);
const STYLE = { bold: "1", dim: "2", red: "31", green: "32", yellow: "33", cyan: "36" } as const;
const MAX_WINDOWS = 10;
const MAX_NOTICES = 5;
const BAR_CELLS = 16;

const STATE_STYLE: Record<string, keyof typeof STYLE> = {
	open: "cyan",
	crossZoneClosed: "cyan",
	committed: "yellow",
	delivering: "yellow",
	metered: "yellow",
	settled: "green",
	voided: "red",
	expired: "red",
};

/** The whole screen as lines, none longer than `columns` visible characters. */
export function renderMarket(view: MarketView, columns: number): string[] {
	const windows = view.windows.slice(-MAX_WINDOWS);
	const mostWh = Math.max(1, ...windows.map((window) => window.energyWh));
	const frequency = view.frequencyMillihertz === null ? "" : `   ${(view.frequencyMillihertz / 1000).toFixed(3)} Hz`;
	const lines: [text: string, style?: keyof typeof STYLE][] = [
		["GridTokenX  local exchange, simulated participants on a local chain", "bold"],
		[
			`${clockTime(view.nowMillis)}   ${view.participants} participants   ${view.settledWindows} windows settled${frequency}`,
		],
		[`${view.url}   Ctrl-C stops; start again to continue`, "dim"],
		[""],
		["delivery  state            orders  refused  trades      MWh  sat/kWh", "dim"],
		...windows.map((window): [string, keyof typeof STYLE | undefined] => [
			windowLine(window, mostWh),
			STATE_STYLE[window.state],
		]),
	];
	if (view.notices.length > 0) {
		lines.push([""], ...view.notices.slice(-MAX_NOTICES).map((notice): [string] => [notice]));
	}
	if (view.problem !== null) lines.push([""], [view.problem, "red"]);
	return lines.map(([text, style]) => paint(text.slice(0, Math.max(20, columns)), style));
}

/** One window as a line of a log, for output that is no terminal. */
export function windowLogLine(window: WindowView): string {
	const halted = window.haltedZones.length > 0 ? `, halted ${window.haltedZones.join(" ")}` : "";
	const price = window.vwapSatPerKwh === null ? "" : ` at ${window.vwapSatPerKwh} sat/kWh`;
	return `window ${quarter(window.windowId)} ${window.state}: ${window.orders} orders, ${window.trades} trades, ${megawattHours(window.energyWh)} MWh${price}${halted}`;
}

function windowLine(window: WindowView, mostWh: number): string {
	const bar = "█".repeat(Math.round((window.energyWh / mostWh) * BAR_CELLS));
	const halted = window.haltedZones.length > 0 ? `  halted: ${window.haltedZones.join(" ")}` : "";
	return [
		quarter(window.windowId).padEnd(9),
		window.state.padEnd(16),
		String(window.orders).padStart(6),
		String(window.rejected).padStart(8),
		String(window.trades).padStart(7),
		megawattHours(window.energyWh).padStart(8),
		(window.vwapSatPerKwh === null ? "–" : String(window.vwapSatPerKwh)).padStart(8),
		` ${bar}${halted}`,
	].join(" ");
}

function megawattHours(energyWh: number): string {
	return (energyWh / 1_000_000).toFixed(2);
}

function quarter(windowId: number): string {
	return clockTime(windowStart(windowId) * 1000).slice(11, 16);
}

function clockTime(millis: number): string {
	const local = new Date(millis + ICT_OFFSET_SECONDS * 1000).toISOString();
	return `${local.slice(0, 10)} ${local.slice(11, 19)} UTC+7`;
}

function paint(text: string, style: keyof typeof STYLE | undefined): string {
	return style === undefined ? text : `${CONTROL}[${STYLE[style]}m${text}${CONTROL}[0m`;
}
