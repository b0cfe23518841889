import type { Response } from "express";
import type { Reply } from "./Problem.ts";

/** Writes an answer; nothing of the API may be kept by caches. */
export function sendReply(response: Response, reply: Reply): void {
	response.status(reply.status);
	response.set("cache-control", "no-store");
	for (const [name, value] of Object.entries(reply.headers ?? {})) response.set(name, value);
	response.type(reply.contentType ?? "application/json");
	response.send(JSON.stringify(reply.body));
}
