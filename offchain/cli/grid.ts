import { Command, InvalidArgumentError, Option } from "commander";
import { reportFlow, reportLosses, reportOutages, reportPowerFlow, reportPtdf } from "./grid/flowReports.ts";
import {
	type AdmitOptions,
	reportAdmission,
	reportOptimum,
	reportTrade,
	type TradeOptions,
} from "./grid/tradeReports.ts";

type Global = { json?: boolean };

const DEFAULT_OUTAGE_PAIRS = 20;

/** `gridtokenx grid …`: studies of a network file; needs neither the API nor a key. */
export function gridCommand(): Command {
	const grid = new Command("grid")
		.description(
			"power-flow studies of a network file: MATPOWER .m as published, JSON with its field names, or the Thai network",
		)
		.addHelpText(
			"after",
			"\nExit codes: 1 the network or the study refuses (the first word is the code), 2 wrong usage.",
		);
	const study = (name: string, description: string) =>
		grid
			.command(name)
			.description(description)
			.argument("<case>", "MATPOWER .m or JSON file, or data/network/thai-network-2016.json");
	study("flow", "DC power flow: flow, limit and loading by branch").action((path, _options, command) =>
		reportFlow(path, isJson(command)),
	);
	study("ptdf", "power transfer distribution factors").action((path, _options, command) =>
		reportPtdf(path, isJson(command)),
	);
	study("outages", "worst loadings after a single outage (N-1)")
		.option("--top <n>", "how many pairs", parseCount, DEFAULT_OUTAGE_PAIRS)
		.action((path, { top }: { top: number }, command) => reportOutages(path, top, isJson(command)));
	study("losses", "quadratic DC loss and marginal factors by bus").action((path, _options, command) =>
		reportLosses(path, isJson(command)),
	);
	study("powerflow", "AC power flow by Newton's method: voltages and loss").action((path, _options, command) =>
		reportPowerFlow(path, isJson(command)),
	);
	study("opf", "cheapest dispatch (DC-OPF): prices by bus and binding limits").action((path, _options, command) =>
		reportOptimum(path, isJson(command)),
	);
	study("trade", "largest admissible trade between two buses")
		.requiredOption("--seller <bus>", "bus that injects", parseBus)
		.requiredOption("--buyer <bus>", "bus that withdraws", parseBus)
		.option("--at-opf", "on top of the cheapest dispatch instead of the case's own")
		.action((path, options: TradeOptions, command) => reportTrade(path, options, isJson(command)));
	study("admit", "which trades of a list the network takes, in their order")
		.requiredOption("--trades <file>", "CSV with the columns seller, buyer, mw")
		.addOption(
			new Option("--policy <policy>", "what happens to a trade that does not fit")
				.choices(["reject", "clip"])
				.default("reject"),
		)
		.option("--rating-scale <factor>", "multiply every limit", parseFactor, 1)
		.option("--at-opf", "on top of the cheapest dispatch instead of the case's own")
		.action((path, options: AdmitOptions, command) => reportAdmission(path, options, isJson(command)));
	return grid;
}

function isJson(command: Command): boolean {
	return command.optsWithGlobals<Global>().json === true;
}

function parseBus(text: string): number {
	if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError("Expected a bus number of the case.");
	return Number(text);
}

function parseCount(text: string): number {
	if (!/^[1-9]\d{0,5}$/.test(text)) throw new InvalidArgumentError("Expected a whole number from 1.");
	return Number(text);
}

function parseFactor(text: string): number {
	const factor = Number(text);
	if (!(factor > 0 && Number.isFinite(factor))) throw new InvalidArgumentError("Expected a factor above 0.");
	return factor;
}
