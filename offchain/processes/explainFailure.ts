import { ConfigError } from "../infrastructure/config/ConfigError.ts";
import { ListenError } from "../infrastructure/http/ListenError.ts";
import { LocalServiceError } from "../infrastructure/local/LocalServiceError.ts";
import { ChainHaltError } from "../infrastructure/reconciliation/ChainHaltError.ts";
import { UsageError } from "./exchange/localOptions.ts";

const LOST_TAIL =
	"A local chain that is killed loses the blocks of its last second; what followed from them cannot be taken back. Begin anew with --reset.";

/** One clear message for the person at the terminal, and the exit code: 2 for what they typed, 1 for the rest. */
export function explainFailure(error: unknown): { lines: string[]; exitCode: number } {
	if (error instanceof ConfigError) return { lines: [...error.lines], exitCode: ConfigError.exitCode };
	if (error instanceof UsageError) return { lines: [error.message], exitCode: 2 };
	if (error instanceof LocalServiceError) return { lines: [`${error.message} (${error.code})`], exitCode: 1 };
	if (error instanceof ListenError) return { lines: [`${error.message} Use --port.`], exitCode: 1 };
	if (error instanceof ChainHaltError) return { lines: [`Halted: ${error.message}.`, LOST_TAIL], exitCode: 1 };
	const message = error instanceof Error ? error.message : String(error);
	return { lines: [`The exchange stopped: ${message.split("\n")[0]}`], exitCode: 1 };
}
