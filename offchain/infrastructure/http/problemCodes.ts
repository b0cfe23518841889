import { EMERGENCY_CODES } from "../../application/commands/HandleGridEmergency.ts";
import { READING_CODES } from "../../application/commands/SubmitReadings.ts";
import { TELEMETRY_CODES } from "../../domain/grid/telemetry/telemetryRefusal.ts";
import { REASON_CODES } from "../../domain/orders/reasonCodes.ts";

/** What can go wrong between a client and the market itself. Stable, like the reason codes. */
const TRANSPORT_CODES = {
	MALFORMED_JSON: "the body is not JSON",
	UNSUPPORTED_MEDIA_TYPE: "the body must be application/json in UTF-8",
	BODY_TOO_LARGE: "the body is larger than allowed",
	NOT_FOUND: "there is nothing here",
	METHOD_NOT_ALLOWED: "this address does not take this method",
	RATE_LIMITED: "too many requests; try again later",
	OUTCOME_UNKNOWN: "it is not known whether the command took effect; send the same request again",
	UNAVAILABLE: "a part this answer needs is not available now",
	INTERNAL: "an error on our side",
} as const;

export const PROBLEM_CODES = {
	...REASON_CODES,
	...READING_CODES,
	...TELEMETRY_CODES,
	...EMERGENCY_CODES,
	...TRANSPORT_CODES,
} as const;
export type ProblemCode = keyof typeof PROBLEM_CODES;

const STATUS_BY_CODE: Partial<Record<ProblemCode, number>> = {
	MALFORMED: 400,
	MALFORMED_JSON: 400,
	NOT_FOUND: 404,
	METHOD_NOT_ALLOWED: 405,
	TELEMETRY_SOURCE_UNKNOWN: 403,
	EMERGENCY_NOT_AUTHORISED: 403,
	TELEMETRY_SIGNATURE_INVALID: 403,
	READING_CONTRADICTS: 409,
	TELEMETRY_CLOCK_BACKWARDS: 409,
	BODY_TOO_LARGE: 413,
	UNSUPPORTED_MEDIA_TYPE: 415,
	RATE_LIMITED: 429,
	INTERNAL: 500,
	BUSY: 503,
	OUTCOME_UNKNOWN: 503,
	UNAVAILABLE: 503,
};

/** A command the market understood and refused is 422. */
export function problemStatus(code: ProblemCode): number {
	return STATUS_BY_CODE[code] ?? 422;
}
