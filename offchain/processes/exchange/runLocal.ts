import { readConfig } from "../../infrastructure/config/readConfig.ts";
import { explainFailure } from "../explainFailure.ts";
import { type LocalOptions, parseLocalOptions } from "./localOptions.ts";
import { type Exchange, startExchange } from "./startExchange.ts";

const STOP_SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
/** A stop that hangs is ended all the same; the guardian of the services then does its part. */
const LONGEST_STOP_MILLIS = 20_000;

type Defaults = Parameters<typeof parseLocalOptions>[2];

/**
 * The life of a local exchange: start, `main`, stop. Ctrl-C stops in order, keeping everything; a second one ends at once.
 * Every expected failure is one line and an exit code, never a stack.
 */
export async function runLocal(
	command: string,
	defaults: Defaults,
	main: (exchange: Exchange, options: LocalOptions, signal: AbortSignal) => Promise<void>,
): Promise<never> {
	let exchange: Exchange | null = null;
	let exitCode = 0;
	const stopping = new AbortController();
	for (const signal of STOP_SIGNALS) {
		process.on(signal, () => {
			if (stopping.signal.aborted) process.exit(130);
			say("stopping; everything is kept, start again to continue");
			stopping.abort();
		});
	}
	try {
		const options = parseLocalOptions(process.argv.slice(2), command, defaults);
		const config = readConfig({ LOG_LEVEL: "error", ...process.env });
		exchange = await startExchange(options, config, say);
		const done = main(exchange, options, stopping.signal);
		await Promise.race([done, exchange.failure]);
	} catch (error) {
		const explained = explainFailure(error);
		for (const line of explained.lines) console.error(line);
		if (process.env.LOG_LEVEL === "debug" && error instanceof Error) console.error(error.stack);
		exitCode = explained.exitCode;
	}
	stopping.abort();
	setTimeout(() => process.exit(exitCode === 0 ? 1 : exitCode), LONGEST_STOP_MILLIS).unref();
	await exchange?.stop();
	process.exit(exitCode);
}

function say(line: string): void {
	console.error(`[gridtokenx] ${line}`);
}
