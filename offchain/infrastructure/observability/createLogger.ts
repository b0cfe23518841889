import { pino } from "pino";

export const LOG_LEVELS = ["fatal", "error", "warn", "info", "debug", "trace", "silent"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** The part of pino the code uses, so that a test can hand in its own. */
export type Logger = Pick<pino.Logger, "fatal" | "error" | "warn" | "info" | "debug">;

/** Fields that may carry secrets, wherever they stand in what is logged. */
const REDACTED = [
	"privateKey",
	"*.privateKey",
	"password",
	"*.password",
	"authorization",
	"*.authorization",
	"apiKey",
	"*.apiKey",
];

/** JSON lines on standard error, so that standard output stays the program's own. */
export function createLogger(role: string, level: LogLevel): Logger {
	return pino(
		{ level, base: { role }, redact: REDACTED, timestamp: pino.stdTimeFunctions.isoTime },
		pino.destination({ fd: 2, sync: true }),
	);
}
