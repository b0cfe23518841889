/** `npx gridtokenx <noun> <verb>`: everything over the public API and the chain. Exit codes: see `EXIT`. */
import { writeSync } from "node:fs";
import { Command } from "commander";
import { ApiError } from "../client/ApiError.ts";
import { ConfigError } from "../infrastructure/config/ConfigError.ts";
import { accountCommand } from "./accountCommand.ts";
import { CliError, EXIT } from "./CliError.ts";
import { configCommand } from "./configCommand.ts";
import { marketCommand } from "./marketCommand.ts";
import { orderCommand } from "./orderCommand.ts";
import { windowCommand } from "./windowCommand.ts";

const CODE_BY_EXIT: Record<number, string> = {
	[EXIT.refused]: "REFUSED",
	[EXIT.usage]: "USAGE",
	[EXIT.unavailable]: "UNAVAILABLE",
};

const program = new Command("gridtokenx")
	.description("Peer-to-peer electricity in Thailand: trade, watch, verify.")
	.option("--json", "one JSON value on standard output, for programs")
	.option("--url <url>", "API to talk to (default: GRIDTOKENX_URL)")
	.option("--key-file <path>", "file with your private key (default: GRIDTOKENX_KEY_FILE)")
	.showHelpAfterError("Try --help.")
	.exitOverride((error) => {
		if (error.exitCode === 0) process.exit(0);
		tellProgram("USAGE", error.message.replace(/^error: /, ""));
		process.exit(EXIT.usage);
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

/** Prints what a person can use, and a program with `--json`; a stack only for our own mistakes, and only where asked for. */
function fail(error: unknown): number {
	if (error instanceof CliError) {
		const [, code, message] = /^([A-Z][A-Z0-9_]+): ([\s\S]*)$/.exec(error.message) ?? [];
		tellProgram(code ?? CODE_BY_EXIT[error.exitCode] ?? "FAILED", message ?? error.message, error.details);
		process.stderr.write(`${error.message}\n`);
		return error.exitCode;
	}
	if (error instanceof ConfigError) {
		tellProgram("CONFIG", error.lines.join("; "));
		process.stderr.write(`${error.lines.join("\n")}\n`);
		return EXIT.usage;
	}
	if (error instanceof ApiError) {
		tellProgram(error.code ?? "UNAVAILABLE", error.message);
		process.stderr.write(`${error.message}\n`);
		return error.status >= 400 && error.status < 500 ? EXIT.refused : EXIT.unavailable;
	}
	const message = error instanceof Error ? error.message : String(error);
	tellProgram("INTERNAL", message);
	const told = process.env.LOG_LEVEL === "debug" && error instanceof Error ? error.stack : message;
	process.stderr.write(`This is a mistake of ours, please report it (LOG_LEVEL=debug tells where):\n${told}\n`);
	return 70;
}

/** With `--json` a failure is one JSON object on standard output as well. */
function tellProgram(code: string, message: string, details: Record<string, unknown> = {}): void {
	if (!process.argv.includes("--json")) return;
	writeSync(1, `${JSON.stringify({ ...details, error: { code, message } })}\n`);
}
