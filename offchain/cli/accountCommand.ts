import { Command } from "commander";
import { zoneCode } from "../domain/grid/zones.ts";
import type { Address } from "../domain/units/Address.ts";
import { parseAddress } from "./argumentParsers.ts";
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
	return account;
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
