/** A case file that cannot be read, with the line. */
export class MatpowerSyntaxError extends Error {
	readonly line: number;

	constructor(line: number, what: string) {
		super(`line ${line}: ${what}`);
		this.name = "MatpowerSyntaxError";
		this.line = line;
	}
}
