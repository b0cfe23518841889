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
	market
		.command("balancing")
		.description("reserve held in a window, what was called of it, and the operator's orders")
		.requiredOption("--window <window>", '"+2", a window id, or "2026-04-21T13:15" (UTC+7)', parseWindow)
		.action(async (options: WindowOptions, command: Command) => showBalancing(options, command.optsWithGlobals()));
	market
		.command("makers")
		.description("who makes a window's market, by the scores its rebates are shared by")
		.requiredOption("--window <window>", '"+2", a window id, or "2026-04-21T13:15" (UTC+7)', parseWindow)
		.action(async (options: WindowOptions, command: Command) => showMakers(options, command.optsWithGlobals()));
	return market;
}

type DepthOptions = { window: WindowReference; zone: number; levels: number };
type WindowOptions = { window: WindowReference };
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

async function showBalancing({ window }: WindowOptions, global: GlobalOptions): Promise<void> {
	const context = new CliContext(global);
	const client = context.client();
	const windowId = await resolveWindow(client, window);
	const { procurement, activation, ...rest } = await client.balancing(windowId);
	context.print({ ...rest, procurement, activation }, () => {
		const held = formatTable(
			["reserve", "", "required kW", "held kW", "missing kW", "sat/MWh held", "by"],
			procurement.map(({ product, direction, requiredW, procuredW, missingW, marginalSatPerMwHour, accepted }) => [
				product,
				direction,
				requiredW / 1000,
				procuredW / 1000,
				missingW / 1000,
				marginalSatPerMwHour,
				accepted.map(({ offerId }) => offerId).join(", "),
			]),
		);
		const title = `Window ${windowId} (${formatWindow(windowId)})`;
		if (activation === null) return `${title}\n${held}\nNothing is called yet.`;
		const called = formatTable(
			["called", "zone", "", "energy", "sat/kWh"],
			activation.called.map(({ offerId, zoneId, direction, calledWh, energySatPerKwh }) => [
				offerId,
				zoneCode(zoneId),
				direction,
				formatEnergy(calledWh),
				energySatPerKwh,
			]),
		);
		const filledWh = activation.orders.reduce((sum, order) => sum + order.filledWh, 0);
		const need = `Automatic control gave ${activation.meanCorrectionW / 1000} kW on average: ${activation.neededWh} Wh needed, ${filledWh} Wh traded, ${activation.missingWh} Wh missing.`;
		return `${title}\n${held}\n${called}\n${need}`;
	});
}

async function showMakers({ window }: WindowOptions, global: GlobalOptions): Promise<void> {
	const context = new CliContext(global);
	const client = context.client();
	const windowId = await resolveWindow(client, window);
	const makers = await client.makers(windowId);
	context.print({ windowId, makers }, () =>
		makers.length === 0
			? `Nobody has quoted both sides of window ${windowId} (${formatWindow(windowId)}) yet.`
			: formatTable(
					["account", "score", "samples", "share"],
					makers.map(({ account, score, samples, sharePartsPerMillion }) => [
						account,
						score,
						samples,
						`${(sharePartsPerMillion / 10_000).toFixed(1)} %`,
					]),
				),
	);
}
