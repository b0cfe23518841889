/** What a person did wrong or has to know: printed as one line without a stack. */
export class CliError extends Error {
	readonly exitCode: number;
	/** What a program may want to know beside code and message, for `--json`. */
	readonly details: Record<string, unknown>;

	constructor(message: string, exitCode: number, details: Record<string, unknown> = {}) {
		super(message);
		this.name = "CliError";
		this.exitCode = exitCode;
		this.details = details;
	}
}

/** Exit codes of the command line. */
export const EXIT = {
	/** The market refused: the order was rejected, the thing does not exist. */
	refused: 1,
	/** Wrong command line or wrong environment. */
	usage: 2,
	/** The API or the chain could not be reached. */
	unavailable: 3,
} as const;
