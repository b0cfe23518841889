/** A wrong environment: one line for each variable, fit for the user as they are. Exit code 2, no stack. */
export class ConfigError extends Error {
	static readonly exitCode = 2;
	readonly lines: readonly string[];

	constructor(lines: readonly string[]) {
		super(lines.join("\n"));
		this.name = "ConfigError";
		this.lines = lines;
	}
}
