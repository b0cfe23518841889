import { NetworkError } from "../../domain/grid/network/NetworkError.ts";
import { CliError, EXIT } from "../CliError.ts";

/** A refusal with its stable code in front. */
export function gridFailure(
	code: string,
	message: string,
	exitCode: number = EXIT.refused,
	details: Record<string, unknown> = {},
): CliError {
	return new CliError(`${code}: ${message}`, exitCode, details);
}

/** What a network refuses is the user's to know; anything else is a mistake of ours. */
export function explained<T>(run: () => T): T {
	try {
		return run();
	} catch (error) {
		if (error instanceof NetworkError) throw gridFailure("GRID_CASE_REFUSED", error.message);
		if (error instanceof SyntaxError) throw gridFailure("GRID_CASE_REFUSED", `not JSON: ${error.message}`);
		throw error;
	}
}
