import { randomUUID } from "node:crypto";
import type { ErrorRequestHandler } from "express";
import type { Logger } from "../observability/createLogger.ts";
import { problem, type Reply } from "./Problem.ts";
import { sendReply } from "./sendReply.ts";

/** Error codes of sockets and PostgreSQL that mean "away for now". */
const OUTAGE = /^(?:ECONN(?:REFUSED|RESET|ABORTED)|EPIPE|ETIMEDOUT|08...|57P0.|53...)$/;

/** Last resort: what a parser refused, what is away, and our own mistakes, which the client learns nothing of. */
export function errorHandler(logger: Logger): ErrorRequestHandler {
	return (error: unknown, request, response, next) => {
		if (response.headersSent) {
			next(error);
			return;
		}
		sendReply(response, parserReply(error) ?? failureReply(logger, error, request.path));
	};
}

function parserReply(error: unknown): Reply | null {
	const { type, status } = (error ?? {}) as { type?: string; status?: number };
	switch (type) {
		case "entity.parse.failed":
			return problem("MALFORMED_JSON", "The body is not valid JSON, or its top level is no object or array.");
		case "entity.too.large":
			return problem("BODY_TOO_LARGE", "");
		case "charset.unsupported":
		case "encoding.unsupported":
			return problem("UNSUPPORTED_MEDIA_TYPE", "");
	}
	return status === 400 ? problem("MALFORMED", "The request cannot be read.") : null;
}

function failureReply(logger: Logger, error: unknown, path: string): Reply {
	const code = (error as { code?: unknown } | null)?.code;
	if (typeof code === "string" && OUTAGE.test(code)) {
		logger.warn({ err: error, path }, "a part is away");
		return problem("UNAVAILABLE", "The database or the chain does not answer now. Try again.");
	}
	const incident = randomUUID();
	logger.error({ err: error, path, incident }, "request failed");
	return problem("INTERNAL", `Something went wrong on our side; it is recorded as ${incident}.`, { incident });
}
