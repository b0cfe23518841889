import { readFileSync } from "node:fs";
import { type ParseArgsConfig, parseArgs } from "node:util";

type Options = NonNullable<ParseArgsConfig["options"]>;

/** What cannot be run like this ends the script with code 2 and one line. */
function refuse(message: string): never {
	console.error(`${message} (--help tells the options)`);
	process.exit(2);
}

/** A script's options. `--help` prints the comment at the head of its file, which tells them. */
export function scriptOptions<const Config extends Options>(
	file: string,
	options: Config,
): ReturnType<typeof parseArgs<{ options: Config }>>["values"] {
	const args = process.argv.slice(2);
	if (args.includes("--help") || args.includes("-h")) {
		const head = readFileSync(file, "utf8").match(/\/\*\*\n([\s\S]*?)\n \*\//)?.[1] ?? "";
		console.log(head.replaceAll(/^ \* ?/gm, ""));
		process.exit(0);
	}
	try {
		return parseArgs({ options }).values;
	} catch (error) {
		return refuse((error as Error).message.split(". ")[0] as string);
	}
}

/** A whole number from `least` on, or the script ends. */
export function wholeNumber(name: string, text: string, least: number): number {
	const value = Number(text);
	if (!/^[0-9]{1,15}$/.test(text) || value < least)
		refuse(`--${name} ${text}: expected a whole number from ${least} on`);
	return value;
}
