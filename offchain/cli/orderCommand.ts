import { Command, Option } from "commander";
import {
	ORDER_CLASSES,
	type Order,
	type OrderClass,
	SELF_TRADE_MODES,
	type SelfTradeMode,
	SIDES,
	type Side,
	TIMES_IN_FORCE,
	type TimeInForce,
} from "../domain/orders/Order.ts";
import type { Address, Hash32 } from "../domain/units/Address.ts";
import { energyWh, priceSatPerKwh } from "../domain/units/units.ts";
import { formatWindow, windowEnd } from "../domain/units/window.ts";
import { parseAddress, parseHash, parseUnsigned, parseWindow, type WindowReference } from "./argumentParsers.ts";
import { CliContext, type GlobalOptions } from "./CliContext.ts";
import { CliError, EXIT } from "./CliError.ts";
import { formatTable } from "./formatTable.ts";
import { resolveWindow } from "./resolveWindow.ts";

type PlaceOptions = {
	side: Side;
	meter: number;
	window: WindowReference;
	price: number;
	energy: number;
	class: OrderClass;
	timeInForce: TimeInForce;
	validUntil: number;
	postOnly: boolean;
	selfTrade: SelfTradeMode;
	sequence?: number;
	epoch?: number;
	directive: number;
};

/** `gridtokenx order …` */
export function orderCommand(): Command {
	const order = new Command("order").description("place, cancel and list orders");
	order
		.command("place")
		.description("sign an order with your key and place it")
		.addOption(new Option("--side <side>", "buy or sell").choices(SIDES).makeOptionMandatory())
		.requiredOption("--meter <id>", "your meter", parseUnsigned)
		.requiredOption("--window <window>", '"+2", a window id, or "2026-04-21T13:15" (UTC+7)', parseWindow)
		.requiredOption("--price <sat/kWh>", "limit: all-in for a buyer, net for a seller", parseUnsigned)
		.requiredOption("--energy <Wh>", "energy delivered to the buyer", parseUnsigned)
		.addOption(new Option("--class <class>", "order class").choices(ORDER_CLASSES).default("limit"))
		.addOption(new Option("--time-in-force <tif>", "how long it stays").choices(TIMES_IN_FORCE).default("gtc"))
		.option("--valid-until <seconds>", "unix seconds, for gtt", parseUnsigned, 0)
		.option("--post-only", "refuse rather than take", false)
		.addOption(
			new Option("--self-trade <mode>", "when it meets your own order")
				.choices(SELF_TRADE_MODES)
				.default("cancelNewest"),
		)
		.option(
			"--sequence <number>",
			"client order id; the same again is the same order (default: from the clock)",
			parseUnsigned,
		)
		.option("--epoch <number>", "your cancel-all counter (default: asked from the API)", parseUnsigned)
		.option("--directive <id>", "directive an emergency order acts under", parseUnsigned, 0)
		.action(async (options: PlaceOptions, command: Command) => placeOrder(options, command.optsWithGlobals()));
	order
		.command("cancel")
		.description("cancel one order, or all of a window or of every window")
		.argument("[hash]", "order hash", parseHash)
		.option("--all", "every open order", false)
		.option("--window <window>", "with --all: of this window only", parseWindow)
		.action(async (hash: Hash32 | undefined, options: { all: boolean; window?: WindowReference }, command: Command) =>
			cancelOrder(hash, options, command.optsWithGlobals()),
		);
	order
		.command("list")
		.description("orders as committed, newest first")
		.option("--account <address>", "of this account (default: your key's, if you give one)", parseAddress)
		.option("--window <window>", "of this window", parseWindow)
		.option("--states <a,b>", "active, partiallyFilled, completed, cancelled, expired, rejected")
		.option("--limit <n>", "at most this many", parseUnsigned, 20)
		.action(async (options: ListOptions, command: Command) => listOrders(options, command.optsWithGlobals()));
	order
		.command("show")
		.description("one order and every transition of its life")
		.argument("<hash>", "order hash", parseHash)
		.action(async (hash: Hash32, _options: unknown, command: Command) => showOrder(hash, command.optsWithGlobals()));
	return order;
}

type ListOptions = { account?: Address; window?: WindowReference; states?: string; limit: number };

async function placeOrder(options: PlaceOptions, global: GlobalOptions): Promise<void> {
	const context = new CliContext(global);
	const client = context.client();
	const signer = context.signer();
	const windowId = await resolveWindow(client, options.window);
	const order: Order = {
		trader: signer.address,
		meterId: options.meter,
		windowId,
		side: options.side,
		orderClass: options.class,
		timeInForce: options.timeInForce,
		postOnly: options.postOnly,
		selfTradeMode: options.selfTrade,
		priceSatPerKwh: priceSatPerKwh(options.price),
		energyWh: energyWh(options.energy),
		sequence: options.sequence ?? sequenceFromClock(),
		epoch: options.epoch ?? (await client.account(signer.address)).epoch,
		validUntil: options.validUntil,
		directiveId: options.directive,
	};
	const answer = await client.placeOrder(signer, order);
	if (answer.status === "unavailable") throw new CliError(`${answer.code}: ${answer.detail}`, EXIT.unavailable);
	context.print(answer, () =>
		answer.status === "accepted"
			? `${answer.orderHash}\n${answer.state}, filled ${answer.filledWh} Wh, open ${answer.openWh} Wh, window ${windowId} (${formatWindow(windowId)})`
			: `rejected: ${answer.code}: ${answer.detail}`,
	);
	if (answer.status === "rejected") process.exitCode = EXIT.refused;
}

async function cancelOrder(
	hash: Hash32 | undefined,
	options: { all: boolean; window?: WindowReference },
	global: GlobalOptions,
): Promise<void> {
	if (options.all === (hash !== undefined)) throw new CliError("Give an order hash, or --all.", EXIT.usage);
	const context = new CliContext(global);
	const client = context.client();
	const signer = context.signer();
	let answer: Awaited<ReturnType<typeof client.cancelOrder>>;
	if (hash !== undefined) answer = await client.cancelOrder(signer, hash);
	else {
		const { marketTimeMillis, currentWindowId } = await client.freshVenue();
		const windowId = options.window === undefined ? undefined : await resolveWindow(client, options.window);
		// Far enough for a fast market clock, bounded by the end of the window that runs.
		const deadlineSeconds = Math.min(Math.floor(marketTimeMillis / 1000) + 600, windowEnd(currentWindowId) + 300);
		answer = await client.cancelAllOrders(signer, { windowId, deadlineSeconds });
	}
	context.print(answer, () =>
		answer.status === "cancelled"
			? `cancelled ${answer.orderHashes.length} order(s)${answer.repeated ? " (already before)" : ""}\n${answer.orderHashes.join("\n")}`.trimEnd()
			: `refused: ${answer.code}: ${answer.detail}`,
	);
	if (answer.status === "refused") process.exitCode = EXIT.refused;
}

async function listOrders(options: ListOptions, global: GlobalOptions): Promise<void> {
	const context = new CliContext(global);
	const client = context.client();
	const windowId = options.window === undefined ? undefined : await resolveWindow(client, options.window);
	const account = options.account ?? context.signerAddress();
	const list = await client.orders({ account, windowId, states: options.states, limit: options.limit });
	context.print(list, () =>
		formatTable(
			["order", "window", "side", "class", "sat/kWh", "Wh", "filled", "open", "state", "reason"],
			list.orders.map(({ orderHash, order, filledWh, openWh, state, reason }) => [
				orderHash,
				formatWindow(order.windowId),
				order.side,
				order.orderClass,
				order.priceSatPerKwh as number,
				order.energyWh as number,
				filledWh,
				openWh,
				state,
				reason ?? "",
			]),
		),
	);
}

async function showOrder(hash: Hash32, global: GlobalOptions): Promise<void> {
	const context = new CliContext(global);
	const shown = await context.client().order(hash);
	context.print(shown, () => {
		const { order, state, filledWh, openWh, reason, detail } = shown.order;
		const facts = Object.entries(order).map(([name, value]) => `${name.padEnd(16)} ${value}`);
		const history = formatTable(
			["input", "event", "Wh", "reason", "time"],
			shown.history.map(({ sequence, type, energyWh: energy, reason: why, atMillis }) => [
				sequence,
				type,
				energy ?? "",
				why ?? "",
				new Date(atMillis).toISOString(),
			]),
		);
		const end = reason === null ? "" : ` (${reason}${detail === null || detail === "" ? "" : `: ${detail}`})`;
		return [...facts, "", `${state}${end}, filled ${filledWh} Wh, open ${openWh} Wh`, "", history].join("\n");
	});
}

/** Tenths of a second since 2026: unique for one person at a keyboard, and below 2^32 until 2039. */
function sequenceFromClock(): number {
	return Math.floor(Date.now() / 100) - 17_672_256_000;
}
