import { Command } from "commander";
import { zoneCode } from "../domain/grid/zones.ts";
import { formatWindow } from "../domain/units/window.ts";
import { parseUnsigned, parseWindow, parseZone, type WindowReference } from "./argumentParsers.ts";
import { CliContext, type GlobalOptions } from "./CliContext.ts";
import { formatEnergy } from "./formatAmounts.ts";
import { formatTable } from "./formatTable.ts";
import { resolveWindow } from "./resolveWindow.ts";

/** `gridtokenx market …` */
export function marketCommand(): Command {
	const market = new Command("market").description("books, windows, trades");
	market
		.command("depth")
		.description("the live book of one zone in one window")
		.requiredOption("--window <window>", '"+2", a window id, or "2026-04-21T13:15" (UTC+7)', parseWindow)
		.requiredOption("--zone <zone>", "MEA, C1 … S3, or X-LA, X-MY, X-KH", parseZone)
		.option("--levels <n>", "levels a side", parseUnsigned, 10)
		.action(async (options: DepthOptions, command: Command) => showDepth(options, command.optsWithGlobals()));
	market
		.command("windows")
		.description("delivery windows and where their settlement stands, newest first")
		.option("--limit <n>", "at most this many", parseUnsigned, 12)
		.action(async (options: { limit: number }, command: Command) =>
			showWindows(options.limit, command.optsWithGlobals()),
		);
	market
		.command("trades")
		.description("trades as committed, newest first")
		.option("--window <window>", "of this window", parseWindow)
		.option("--limit <n>", "at most this many", parseUnsigned, 20)
		.action(async (options: TradeOptions, command: Command) => showTrades(options, command.optsWithGlobals()));
	return market;
}

type DepthOptions = { window: WindowReference; zone: number; levels: number };
type TradeOptions = { window?: WindowReference; limit: number };

async function showDepth({ window, zone, levels }: DepthOptions, global: GlobalOptions): Promise<void> {
	const context = new CliContext(global);
	const client = context.client();
	const windowId = await resolveWindow(client, window);
	const depth = await client.marketDepth(windowId, zone, levels);
	context.print(depth, () => {
		const rows = Array.from({ length: Math.max(depth.bids.length, depth.asks.length) }, (_, row) => {
			const bid = depth.bids[row];
			const ask = depth.asks[row];
			return [
				bid?.orders ?? "",
				bid === undefined ? "" : formatEnergy(bid.energyWh),
				bid?.priceSatPerKwh ?? "",
				ask?.priceSatPerKwh ?? "",
				ask === undefined ? "" : formatEnergy(ask.energyWh),
				ask?.orders ?? "",
			];
		});
		const title = `${zoneCode(zone)}, window ${windowId} (${formatWindow(windowId)}), sat/kWh`;
		return `${title}\n${formatTable(["orders", "bids", "all-in", "net", "asks", "orders"], rows)}`;
	});
}

async function showWindows(limit: number, global: GlobalOptions): Promise<void> {
	const context = new CliContext(global);
	const windows = await context.client().windows({ limit });
	context.print(windows, () =>
		formatTable(
			["window", "delivery", "session", "settlement", "trades", "energy", "VWAP"],
			windows.map(({ windowId, sessionState, stage, problem, trades, energyWh, vwapSatPerKwh }) => [
				windowId,
				formatWindow(windowId),
				sessionState,
				problem === null ? (stage ?? "") : `${stage}: ${problem}`,
				trades,
				formatEnergy(energyWh),
				vwapSatPerKwh ?? "",
			]),
		),
	);
}

async function showTrades({ window, limit }: TradeOptions, global: GlobalOptions): Promise<void> {
	const context = new CliContext(global);
	const client = context.client();
	const windowId = window === undefined ? undefined : await resolveWindow(client, window);
	const list = await client.trades({ windowId, limit });
	context.print(list, () =>
		formatTable(
			["trade", "window", "from", "to", "Wh", "lost", "seller gets", "buyer pays", ""],
			list.trades.map(({ trade, isUnwound }) => [
				trade.tradeId,
				formatWindow(trade.windowId),
				zoneCode(trade.sellZoneId),
				zoneCode(trade.buyZoneId),
				trade.energyWh,
				trade.lossWh,
				trade.sellerPriceSatPerKwh,
				trade.buyerPriceSatPerKwh,
				isUnwound ? "undone" : "",
			]),
		),
	);
}
