/** The API could not be reached or did not speak its language. A refusal with a code is no error but an answer. */
export class ApiError extends Error {
	/** 0 when there was no answer at all. */
	readonly status: number;
	/** The answer's stable code, if it had one. */
	readonly code: string | null;

	constructor(message: string, status: number, code: string | null, cause?: unknown) {
		super(message, { cause });
		this.name = "ApiError";
		this.status = status;
		this.code = code;
	}
}
