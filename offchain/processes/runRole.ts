import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import type pg from "pg";
import type { Clock } from "../application/ports/Clock.ts";
import type { Deployment } from "../infrastructure/chain/Deployment.ts";
import { RehearsalClock } from "../infrastructure/clock/RehearsalClock.ts";
import { SystemClock } from "../infrastructure/clock/SystemClock.ts";
import { sleepMillis } from "../infrastructure/clock/sleepMillis.ts";
import type { Config, VariableName } from "../infrastructure/config/configSchema.ts";
import { readConfig, variableMeta } from "../infrastructure/config/readConfig.ts";
import { createLogger, type Logger } from "../infrastructure/observability/createLogger.ts";
import { migrate } from "../infrastructure/postgres/migrate.ts";
import { openPool } from "../infrastructure/postgres/openPool.ts";
import { UsageError } from "./exchange/localOptions.ts";
import { explainFailure } from "./explainFailure.ts";

const LONGEST_STOP_MILLIS = 20_000;

export type RoleContext = {
	config: Config & { DATABASE_URL: string };
	pool: pg.Pool;
	clock: Clock;
	logger: Logger;
	/** Ends when the process has been asked to stop. */
	signal: AbortSignal;
	/** One JSON object on standard output, for whoever started the process. */
	say: (state: object) => void;
	/** Ends the process: a supervisor starts it again. */
	fatal: (error: Error) => void;
};

export type Role = {
	name: "api" | "engine" | "grid" | "worker";
	/** One sentence, for `--help`. */
	what: string;
	required: readonly VariableName[];
	optional: readonly VariableName[];
	/** Resolves with what stops it. */
	start(context: RoleContext): Promise<() => Promise<void>>;
};

/**
 * The life of one role as a process of its own: `--help`, the environment checked, the database migrated, start, stop at
 * SIGTERM. It ends with exit code 1 when it cannot go on, so that a supervisor starts it again.
 */
export async function runRole(role: Role): Promise<void> {
	try {
		const options = parse(role);
		const config = readConfig(process.env, ["DATABASE_URL", ...role.required]);
		const logger = createLogger(role.name, config.LOG_LEVEL);
		const stopping = new AbortController();
		let stop: () => Promise<void> = async () => undefined;
		const end = async (exitCode: number): Promise<never> => {
			stopping.abort();
			setTimeout(() => process.exit(exitCode === 0 ? 1 : exitCode), LONGEST_STOP_MILLIS).unref();
			await stop().catch((error: Error) => logger.error({ cause: error.message }, "while stopping"));
			process.exit(exitCode);
		};
		const fatal = (error: Error): void => {
			if (stopping.signal.aborted) return;
			logger.fatal({ cause: error.message }, "cannot go on");
			// Nothing graceful: what is half done belongs to the next process.
			process.exit(1);
		};
		for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => void end(0));
		const pool = openPool(config.DATABASE_URL, `gridtokenx ${role.name}`, config.DATABASE_POOL_SIZE);
		await untilMigrated(pool, logger);
		const clock = options.clock === undefined ? new SystemClock() : new RehearsalClock(JSON.parse(options.clock));
		const say = (state: object): void => console.log(JSON.stringify({ role: role.name, pid: process.pid, ...state }));
		stop = await role.start({ config, pool, clock, logger, signal: stopping.signal, say, fatal });
	} catch (error) {
		const { lines, exitCode } = explainFailure(error);
		for (const line of lines) console.error(line);
		process.exit(exitCode);
	}
}

/** A database that is away is waited for: ending and starting again would only burn the machine that must recover. */
async function untilMigrated(pool: pg.Pool, logger: Logger): Promise<void> {
	for (let attempt = 0; ; attempt++) {
		try {
			await migrate(pool);
			return;
		} catch (error) {
			const { code, message } = error as { code?: string; message: string };
			// Connection and shutdown states of PostgreSQL, and the system's own codes; not a wrong password or a broken migration.
			const isAway = /^(08|53|57P)|^E[A-Z]+$/.test(code ?? "") || /connection terminated|timeout/i.test(message);
			if (!isAway) throw error;
			if (attempt % 20 === 0) logger.warn({ cause: message }, "waiting for the database");
			await sleepMillis(250);
		}
	}
}

export function readDeployment(file: string): Deployment {
	try {
		return JSON.parse(readFileSync(file, "utf8")) as Deployment;
	} catch (error) {
		throw new UsageError(`DEPLOYMENT_FILE cannot be read: ${(error as Error).message}`);
	}
}

function parse(role: Role): { clock: string | undefined } {
	let values: { help?: boolean; clock?: string };
	try {
		values = parseArgs({ options: { help: { type: "boolean" }, clock: { type: "string" } } }).values;
	} catch (error) {
		throw new UsageError(`${(error as Error).message} Try --help.`);
	}
	if (values.help === true) {
		console.log(help(role));
		process.exit(0);
	}
	return { clock: values.clock };
}

function help({ name, what, required, optional }: Role): string {
	const line = (variable: VariableName) => `  ${variable.padEnd(26)} ${variableMeta(variable).description}`;
	return [
		`node offchain/processes/${name}.ts`,
		"",
		what,
		"Everything is set by the environment; states are told as JSON lines on standard output, logs on standard error.",
		"",
		"Needed:",
		line("DATABASE_URL"),
		...required.map(line),
		"",
		"Optional:",
		...optional.map(line),
		"",
		"  --clock JSON               rehearsals on a chain of their own: {epochMillis, startMillis, factor}",
		"  --help                     this text",
	].join("\n");
}
