import type { RequestHandler } from "express";
import { rateLimit } from "express-rate-limit";
import { problem } from "./Problem.ts";
import { sendReply } from "./sendReply.ts";

/** Requests per minute and client address. */
export function rateLimiter(perMinute: number): RequestHandler {
	return rateLimit({
		windowMs: 60_000,
		limit: perMinute,
		standardHeaders: "draft-8",
		legacyHeaders: false,
		handler: (_request, response) =>
			sendReply(response, problem("RATE_LIMITED", `At most ${perMinute} requests a minute are served to one address.`)),
	});
}
