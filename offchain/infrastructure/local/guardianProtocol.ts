import type { LocalServiceErrorCode } from "./LocalServiceError.ts";

/** What the guardian is told on its command line, as JSON. */
export type GuardianOptions = {
	stateDir: string;
	chainId: number;
	/** Timestamp of the chain's first block, Unix seconds; only used when the chain is new. */
	genesisSeconds: number;
	databasePort: number;
	rpcPort: number;
	parentPid: number;
};

/** One JSON object per line on the guardian's standard output. */
export type GuardianMessage =
	| { type: "ready"; databaseUrl: string; rpcUrl: string }
	| { type: "failed"; code: LocalServiceErrorCode; message: string };

/** Contents of `guardian.json`: who holds the state directory. */
export type GuardianRecord = {
	guardianPid: number;
	parentPid: number;
	chainPid: number | null;
	postgresPid: number | null;
};

/** A parent that says this on the guardian's standard input, or closes it by dying, ends both services. */
export const STOP_WORD = "stop";
