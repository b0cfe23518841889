import { childrenOf } from "./chaos/childrenOf.ts";

/**
 * Ctrl-C, or a request to end: whatever this process has started ends with it, frozen or busy, before it tidies up and
 * goes. A supervisor that starts something anew meanwhile does so in vain.
 */
export function endWithChildren(tidyUp: () => Promise<void>): void {
	const end = (exitCode: number): void => {
		killDescendants();
		process.on("exit", killDescendants);
		tidyUp().then(
			() => process.exit(exitCode),
			(error: Error) => {
				console.error(`not tidied up: ${error.message}`);
				process.exit(exitCode);
			},
		);
	};
	process.once("SIGINT", () => end(130));
	process.once("SIGTERM", () => end(143));
}

/** All of them are found before the first is killed: a server's children would have another parent afterwards. */
function killDescendants(): void {
	for (const pid of descendantsOf(process.pid)) {
		try {
			process.kill(pid, "SIGKILL");
		} catch {
			// It has just ended.
		}
	}
}

function descendantsOf(pid: number): number[] {
	return childrenOf(pid).flatMap((child) => [child, ...descendantsOf(child)]);
}
