import { Command } from "commander";
import { configMarkdown, describeConfig } from "../infrastructure/config/describeConfig.ts";
import { readConfig } from "../infrastructure/config/readConfig.ts";
import { CliContext, type GlobalOptions } from "./CliContext.ts";

/** `gridtokenx config`: every variable, its value in force and what it means. */
export function configCommand(): Command {
	return new Command("config")
		.description("every environment variable, its default and the value in force")
		.option("--markdown", "the page docs/reference/configuration.md", false)
		.action((options: { markdown: boolean }, command: Command) => {
			if (options.markdown) process.stdout.write(configMarkdown());
			else printConfig(command.optsWithGlobals());
		});
}

function printConfig(global: GlobalOptions): void {
	const context = new CliContext(global);
	const inForce = readConfig(process.env);
	const rows = describeConfig().map(({ secret = false, ...row }) => {
		const value = inForce[row.name];
		return { ...row, secret, value: value === undefined ? null : secret ? "(set)" : String(value) };
	});
	context.print(rows, () =>
		rows
			.map(({ name, value, description, allowed, readBy, default: fallback }) => {
				const origin = value === null ? "not set" : value === fallback ? `${value} (default)` : value;
				return `${name} = ${origin}\n    ${description}\n    Allowed: ${allowed}. Read by: ${readBy}.`;
			})
			.join("\n"),
	);
}
