import express, { type Express, type Request } from "express";
import type { ApiDependencies } from "./ApiDependencies.ts";
import type { Endpoint } from "./Endpoint.ts";
import { malformed, problem, type Reply } from "./Problem.ts";
import { sendReply } from "./sendReply.ts";

const DEFAULT_BODY_BYTES = 64 << 10;

/** Routes one endpoint: parse what came in, hand it on, time it. */
export function mountEndpoint(app: Express, endpoint: Endpoint, deps: ApiDependencies): void {
	const limit = endpoint.bodyLimitBytes ?? DEFAULT_BODY_BYTES;
	const parsers = endpoint.body === undefined ? [] : [express.json({ limit, strict: true, type: isJson })];
	const path = endpoint.path.replaceAll(/\{(\w+)\}/g, ":$1");
	app[endpoint.method](path, ...parsers, async (request, response) => {
		const startedAt = performance.now();
		const reply = await handle(endpoint, request, deps);
		sendReply(response, reply);
		deps.metrics.observeSeconds(
			"gridtokenx_http_request_seconds",
			"Time from the parsed request to the answer",
			(performance.now() - startedAt) / 1000,
			{ operation: endpoint.operationId, status: String(reply.status) },
		);
	});
}

async function handle(endpoint: Endpoint, request: Request, deps: ApiDependencies): Promise<Reply> {
	const params = endpoint.params?.safeParse(request.params);
	if (params?.success === false) return malformed("path", params.error);
	const query = endpoint.query?.safeParse(request.query);
	if (query?.success === false) return malformed("query", query.error);
	if (endpoint.body !== undefined && !isJson(request)) {
		return problem("UNSUPPORTED_MEDIA_TYPE", "Send the body with content-type: application/json.");
	}
	const body = endpoint.body?.safeParse(request.body);
	if (body?.success === false) return malformed("body", body.error);
	return endpoint.handle({ params: params?.data, query: query?.data, body: body?.data }, deps);
}

function isJson(request: { headers: { "content-type"?: string } }): boolean {
	return /^application\/json\s*(?:;|$)/i.test(request.headers["content-type"] ?? "");
}
