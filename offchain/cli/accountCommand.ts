import { Command } from "commander";
import { zoneCode } from "../domain/grid/zones.ts";
import type { Address } from "../domain/units/Address.ts";
import { formatWindow } from "../domain/units/window.ts";
import { parseAddress, parseUnsigned } from "./argumentParsers.ts";
import { CliContext, type GlobalOptions } from "./CliContext.ts";
import { formatEnergy, formatMoney } from "./formatAmounts.ts";
import { formatTable } from "./formatTable.ts";

/** `gridtokenx account …` */
export function accountCommand(): Command {
	const account = new Command("account").description("collateral, licence, meters");
	account
		.command("show")
		.description("an account as the engine holds it")
		.argument("[address]", "the account (default: your key's)", parseAddress)
		.action(async (address: Address | undefined, _options: unknown, command: Command) =>
			showAccount(address, command.optsWithGlobals()),
		);
	account
		.command("payouts")
		.description("earned by holding reserve and by quoting, what was paid of it and what is owed")
		.argument("[address]", "the account (default: your key's)", parseAddress)
		.option("--limit <n>", "at most this many of each", parseUnsigned, 20)
		.action(async (address: Address | undefined, options: { limit: number }, command: Command) =>
			showPayouts(address, options.limit, command.optsWithGlobals()),
		);
	return account;
}

async function showPayouts(address: Address | undefined, limit: number, global: GlobalOptions): Promise<void> {
	const context = new CliContext(global);
	const client = context.client();
	const statement = await client.payouts(address ?? context.signer().address, limit);
	const { satoshiPerThb } = await client.venue();
	const { account, earnedMsat, paidSat, owedMsat, payouts, payments } = statement;
	context.print(statement, () =>
		[
			account,
			`earned  ${formatMoney(earnedMsat, satoshiPerThb)}`,
			`paid    ${formatMoney(paidSat * 1000, satoshiPerThb)}`,
			`owed    ${formatMoney(owedMsat, satoshiPerThb)}`,
			"",
			formatTable(
				["window", "for", "", "amount"],
				payouts.map(({ windowId, kind, reference, amountMsat }) => [
					formatWindow(windowId),
					kind,
					reference,
					formatMoney(amountMsat, satoshiPerThb),
				]),
			),
			"",
			formatTable(
				["payment", "sat", "", ""],
				payments.map(({ paymentId, amountSat, state, transactionHash, detail }) => [
					paymentId,
					amountSat,
					state,
					transactionHash ?? detail ?? "",
				]),
			),
		].join("\n"),
	);
}

async function showAccount(address: Address | undefined, global: GlobalOptions): Promise<void> {
	const context = new CliContext(global);
	const client = context.client();
	const view = await client.account(address ?? context.signer().address);
	const { satoshiPerThb } = await client.venue();
	context.print(view, () => {
		const licence =
			view.tier === 0
				? "none"
				: `tier ${view.tier}, until ${new Date(view.licensedUntil * 1000).toISOString().slice(0, 10)}`;
		return [
			view.account,
			`available  ${formatMoney(view.availableMsat, satoshiPerThb)}`,
			`reserved   ${formatMoney(view.reservedMsat, satoshiPerThb)}`,
			`licence    ${licence}`,
			`epoch      ${view.epoch}`,
			...(view.exitFromWindow === 0 ? [] : [`exit       from window ${view.exitFromWindow}`]),
			"",
			formatTable(
				["meter", "zone", "source", "most in a window", ""],
				view.meters.map(({ meterId, zoneId, source, maxWindowWh, isActive }) => [
					meterId,
					zoneCode(zoneId),
					source,
					formatEnergy(maxWindowWh),
					isActive ? "" : "deactivated",
				]),
			),
		].join("\n");
	});
}
