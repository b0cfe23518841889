import { existsSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Command } from "commander";

/** Adds the command that `offchain/cli/<file>.ts` exports, where the file is there; loaded only when it is asked for. */
export async function mountOptional(program: Command, noun: string, exportName: string): Promise<void> {
	const path = join(import.meta.dirname, `${noun}.ts`);
	if (!existsSync(path)) return;
	const isWanted = process.argv
		.slice(2)
		.some((argument) => argument === noun || argument === "help" || argument === "--help");
	if (!isWanted && process.argv.length > 2) return;
	const module = (await import(pathToFileURL(path).href)) as Record<string, () => Command>;
	const make = module[exportName];
	if (make === undefined) throw new Error(`${path} does not export ${exportName}`);
	program.addCommand(make());
}
