import { Command } from "commander";
import { zoneCode } from "../domain/grid/zones.ts";
import { formatWindow } from "../domain/units/window.ts";
import { parseWindow, type WindowReference } from "./argumentParsers.ts";
import { CliContext, type GlobalOptions } from "./CliContext.ts";
import { formatEnergy, formatMoney } from "./formatAmounts.ts";
import { formatTable } from "./formatTable.ts";
import { resolveWindow } from "./resolveWindow.ts";

/** `gridtokenx window …` */
export function windowCommand(): Command {
	const window = new Command("window").description("one delivery window");
	window
		.command("show")
		.description("session, totals, settlement and flows between zones")
		.argument("<window>", '"now", "+2", a window id, or "2026-04-21T13:15" (UTC+7)', parseWindow)
		.action(async (reference: WindowReference, _options: unknown, command: Command) =>
			showWindow(reference, command.optsWithGlobals()),
		);
	return window;
}

async function showWindow(reference: WindowReference, global: GlobalOptions): Promise<void> {
	const context = new CliContext(global);
	const client = context.client();
	const windowId = await resolveWindow(client, reference);
	const detail = await client.window(windowId);
	const { satoshiPerThb } = await client.venue();
	context.print(detail, () => {
		const { window, session, zoneFlows } = detail;
		const lines = [`window ${windowId}, delivery ${formatWindow(windowId)}`];
		if (session !== null) {
			lines.push(`session     ${session.state}, closes ${new Date(session.closesAt * 1000).toISOString()}`);
			const paused = session.pausedZoneIds ?? [];
			if (paused.length > 0) lines.push(`paused      ${paused.map(zoneCode).join(", ")}`);
			if (session.haltedZoneIds.length > 0) lines.push(`halted      ${session.haltedZoneIds.map(zoneCode).join(", ")}`);
		}
		if (window !== null) {
			lines.push(
				`state       ${window.sessionState}${window.stage === null ? "" : `, settlement ${window.stage}`}`,
				`trades      ${window.trades}, ${formatEnergy(window.energyWh)} sold, ${formatEnergy(window.lossWh)} lost on the way`,
				`buyers pay  ${formatMoney(window.buyerMsat, satoshiPerThb)}`,
				`sellers get ${formatMoney(window.sellerMsat, satoshiPerThb)}`,
			);
			if (window.problem !== null) lines.push(`problem     ${window.problem}`);
		}
		const flows = zoneFlows.map(({ sellZoneId, buyZoneId, energyWh }) => [
			zoneCode(sellZoneId),
			zoneCode(buyZoneId),
			formatEnergy(energyWh),
		]);
		return [...lines, "", formatTable(["from", "to", "energy"], flows)].join("\n");
	});
}
