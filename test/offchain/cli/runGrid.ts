import { CommanderError } from "commander";
import { CliError, EXIT } from "../../../offchain/cli/CliError.ts";
import { gridCommand } from "../../../offchain/cli/grid.ts";

/** The command in this process, as `main.ts` mounts it; what is written and refused is collected. */
export async function runGrid(...words: string[]): Promise<{ status: number; stdout: string; stderr: string }> {
	let stdout = "";
	const command = gridCommand();
	for (const study of command.commands) {
		study
			.option("--json")
			.exitOverride()
			.configureOutput({ writeErr: () => {} });
	}
	const write = process.stdout.write;
	process.stdout.write = (text: string | Uint8Array) => {
		stdout += String(text);
		return true;
	};
	try {
		await command.parseAsync(words, { from: "user" });
		return { status: 0, stdout, stderr: "" };
	} catch (error) {
		if (error instanceof CliError) return { status: error.exitCode, stdout, stderr: error.message };
		if (error instanceof CommanderError) return { status: EXIT.usage, stdout, stderr: error.message };
		throw error;
	} finally {
		process.stdout.write = write;
	}
}
