import { z } from "zod";
import { PROBLEM_CODES, type ProblemCode, problemStatus } from "./problemCodes.ts";

/** The one shape of every answer that is not a success: RFC 9457 problem+json with a stable `code`. */
export const problemMessage = z
	.looseObject({
		type: z.string(),
		title: z.string(),
		status: z.int(),
		code: z.enum(Object.keys(PROBLEM_CODES) as [ProblemCode, ...ProblemCode[]]),
		detail: z.string(),
		issues: z
			.array(z.strictObject({ path: z.string(), message: z.string() }))
			.optional()
			.describe("Which fields are wrong, for MALFORMED"),
	})
	.meta({ id: "Problem", description: "RFC 9457; `code` is stable, `detail` is for people." });

export type Reply = { status: number; body: unknown; contentType?: string; headers?: Record<string, string> };

export const PROBLEM_CONTENT_TYPE = "application/problem+json";

/** `extra` fields (an order hash, events) stand beside the standard ones. */
export function problem(code: ProblemCode, detail: string, extra: Record<string, unknown> = {}): Reply {
	const status = problemStatus(code);
	const title = PROBLEM_CODES[code];
	const body = { type: "about:blank", title, status, code, detail: detail === "" ? title : detail, ...extra };
	const headers = status === 503 ? { "retry-after": "1" } : undefined;
	return { status, body, contentType: PROBLEM_CONTENT_TYPE, headers };
}

/** At most this many wrong fields are listed. */
const MAX_ISSUES = 20;

/** Names every wrong field; never repeats what was sent. */
export function malformed(where: "body" | "query" | "path", error: z.ZodError): Reply {
	const issues = error.issues.slice(0, MAX_ISSUES).map(({ path, message }) => ({
		path: [where, ...path.map(String)].join("."),
		message,
	}));
	const first = issues[0];
	return problem("MALFORMED", first === undefined ? "" : `${first.path}: ${first.message}`, { issues });
}
