/** What can keep the local database and chain from running. Stable: shown to the user as one line. */
export type LocalServiceErrorCode =
	| "ALREADY_RUNNING"
	| "PORT_TAKEN"
	| "DISK_FULL"
	| "STATE_DIR_UNUSABLE"
	| "PLATFORM_UNSUPPORTED"
	| "POSTGRES_FAILED"
	| "CHAIN_FAILED"
	| "GUARDIAN_FAILED";

/** An expected failure of the embedded services; `message` is one line for the user, without a stack. */
export class LocalServiceError extends Error {
	readonly code: LocalServiceErrorCode;

	constructor(code: LocalServiceErrorCode, message: string) {
		super(message);
		this.name = "LocalServiceError";
		this.code = code;
	}
}
