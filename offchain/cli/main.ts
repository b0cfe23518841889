/** `npx gridtokenx <noun> <verb>`: everything over the public API and the chain. Exit codes: see `EXIT`. */
import { Command } from "commander";
import { ApiError } from "../client/ApiError.ts";
import { ConfigError } from "../infrastructure/config/ConfigError.ts";
import { accountCommand } from "./accountCommand.ts";
import { CliError, EXIT } from "./CliError.ts";
import { configCommand } from "./configCommand.ts";
import { marketCommand } from "./marketCommand.ts";
import { orderCommand } from "./orderCommand.ts";
import { windowCommand } from "./windowCommand.ts";

const program = new Command("gridtokenx")
	.description("Peer-to-peer electricity in Thailand: trade, watch, verify.")
	.option("--json", "one JSON value on standard output, for programs")
	.option("--url <url>", "API to talk to (default: GRIDTOKENX_URL)")
	.option("--key-file <path>", "file with your private key (default: GRIDTOKENX_KEY_FILE)")
	.showHelpAfterError("Try --help.")
	.exitOverride((error) => {
		process.exit(error.exitCode === 0 ? 0 : EXIT.usage);
	});

for (const command of [orderCommand(), marketCommand(), accountCommand(), windowCommand(), configCommand()]) {
	program.addCommand(command);
}
await mountOnDemand("grid", async () => (await import("./grid.ts")).gridCommand());
await mountOnDemand("reconcile", async () => (await import("./reconcileCommand.ts")).reconcileCommand());
await mountOnDemand("engine", async () => (await import("./engine.ts")).engineCommand());
inheritSettings(program);

try {
	await program.parseAsync();
} catch (error) {
	process.exitCode = fail(error);
}

/** A command whose code is heavy is loaded only when it, or the help, is asked for. */
async function mountOnDemand(noun: string, make: () => Promise<Command>): Promise<void> {
	const words = process.argv.slice(2);
	const isWanted = words.length === 0 || words.some((word) => [noun, "help", "--help", "-h"].includes(word));
	if (isWanted) program.addCommand(await make());
}

/** Subcommands made elsewhere know neither the global options nor how errors are shown. */
function inheritSettings(command: Command): void {
	for (const child of command.commands) {
		child.copyInheritedSettings(command);
		const hasJson = child.options.some(({ long }) => long === "--json");
		if (!hasJson && child.commands.length === 0) child.option("--json", "one JSON value on standard output");
		inheritSettings(child);
	}
}

/** Prints what a person can use; a stack only for our own mistakes. */
function fail(error: unknown): number {
	if (error instanceof CliError) {
		process.stderr.write(`${error.message}\n`);
		return error.exitCode;
	}
	if (error instanceof ConfigError) {
		process.stderr.write(`${error.lines.join("\n")}\n`);
		return EXIT.usage;
	}
	if (error instanceof ApiError) {
		process.stderr.write(`${error.message}\n`);
		return error.status >= 400 && error.status < 500 ? EXIT.refused : EXIT.unavailable;
	}
	process.stderr.write(
		`This is a mistake of ours, please report it:\n${error instanceof Error ? error.stack : String(error)}\n`,
	);
	return 70;
}
