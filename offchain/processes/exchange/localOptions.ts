import { join } from "node:path";
import { parseArgs } from "node:util";

/** What a person may say to `npm start` and `npm run demo`. */
export type LocalOptions = {
	/** Everything a run keeps: database, chain, addresses. Deleted by `reset`. */
	stateDir: string;
	reset: boolean;
	realTime: boolean;
	/** Wall-clock seconds one 15-minute window takes when time is accelerated. */
	secondsPerWindow: number;
	participants: number;
	seed: string;
	port: number;
	/** Stop by itself after this many settled windows; 0 = go on until Ctrl-C. */
	windows: number;
	json: boolean;
};

/** A wrong command line: one line for the user, exit code 2. */
export class UsageError extends Error {}

type Defaults = Pick<LocalOptions, "windows" | "secondsPerWindow"> & { stateName: string };

const HELP = `
  --windows N             stop after N settled windows (npm start: 0 = until Ctrl-C)
  --seconds-per-window S  wall-clock seconds of one 15-minute window (5–900)
  --real-time             the wall clock, no acceleration
  --participants N        simulated participants (200–2000, default 250)
  --seed TEXT             other participants, other weather
  --port P                port of the web page and the API (default 8080; 0 = any free one)
  --state-dir DIR         where database, chain and addresses are kept
  --reset                 begin anew
  --json                  no terminal; one JSON object as the last line
  --help                  this text`;

/** Throws `UsageError`; prints the help and exits 0 for `--help`. */
export function parseLocalOptions(argv: string[], command: string, defaults: Defaults): LocalOptions {
	const values = parse(argv);
	if (values.help) {
		console.log(`${command} [-- options]\n${HELP}`);
		process.exit(0);
	}
	return {
		stateDir: values["state-dir"] ?? join(import.meta.dirname, "..", "..", "..", ".state", defaults.stateName),
		reset: values.reset,
		realTime: values["real-time"],
		secondsPerWindow: integer("--seconds-per-window", values["seconds-per-window"], defaults.secondsPerWindow, 5, 900),
		participants: integer("--participants", values.participants, 250, 200, 2000),
		seed: values.seed ?? "gridtokenx",
		port: integer("--port", values.port, 8080, 0, 65_535),
		windows: integer("--windows", values.windows, defaults.windows, 0, 96),
		json: values.json,
	};
}

function parse(argv: string[]) {
	try {
		return parseArgs({
			args: argv,
			options: {
				windows: { type: "string" },
				"seconds-per-window": { type: "string" },
				"real-time": { type: "boolean", default: false },
				participants: { type: "string" },
				seed: { type: "string" },
				port: { type: "string" },
				"state-dir": { type: "string" },
				reset: { type: "boolean", default: false },
				json: { type: "boolean", default: false },
				help: { type: "boolean", default: false },
			},
		}).values;
	} catch (error) {
		throw new UsageError(`${(error as Error).message} Try --help.`);
	}
}

function integer(name: string, text: string | undefined, fallback: number, least: number, most: number): number {
	if (text === undefined) return fallback;
	const value = Number(text);
	if (!Number.isInteger(value) || value < least || value > most) {
		throw new UsageError(`${name} must be a whole number from ${least} to ${most}, got "${text}".`);
	}
	return value;
}
