import { createServer } from "node:http";
import { join } from "node:path";
import express from "express";
import { MarketStream } from "../websocket/MarketStream.ts";
import type { ApiDependencies } from "./ApiDependencies.ts";
import { ALL_ENDPOINTS } from "./endpoints/allEndpoints.ts";
import { errorHandler } from "./errorHandler.ts";
import { ListenError } from "./ListenError.ts";
import { mountEndpoint } from "./mountEndpoint.ts";
import { openApi } from "./openApi.ts";
import { problem } from "./Problem.ts";
import { rateLimiter } from "./rateLimiter.ts";
import { securityHeaders } from "./securityHeaders.ts";
import { sendReply } from "./sendReply.ts";

const WEB_FOLDER = join(import.meta.dirname, "..", "..", "web");
/** Open connections are given this long to finish on `close`. */
const CLOSE_MILLIS = 2_000;

export type ApiServer = {
	/** Resolves with the port; port 0 takes any free one. Throws `ListenError` when the port cannot be had. */
	listen(port: number, host?: string): Promise<number>;
	close(): Promise<void>;
};

/** The public API, the event stream and the web page. Stateless: many may run side by side. */
export function createApiServer(deps: ApiDependencies): ApiServer {
	const app = express();
	app.disable("x-powered-by");
	app.disable("etag");
	app.set("trust proxy", deps.trustedProxies);
	app.set("query parser", "simple");
	app.use(securityHeaders);
	if (deps.rateLimitPerMinute > 0) app.use("/v1", rateLimiter(deps.rateLimitPerMinute));

	const document = openApi(ALL_ENDPOINTS, deps.venue.version);
	app.get("/v1/openapi.json", (_request, response) => sendReply(response, { status: 200, body: document }));
	app.get("/metrics", (_request, response) => {
		response.type("text/plain; version=0.0.4").send(deps.metrics.text());
	});
	const paths = new Map<string, string[]>();
	for (const endpoint of ALL_ENDPOINTS) {
		mountEndpoint(app, endpoint, deps);
		paths.set(endpoint.path, [...(paths.get(endpoint.path) ?? []), endpoint.method.toUpperCase()]);
	}
	for (const [path, methods] of paths) {
		app.all(path.replaceAll(/\{(\w+)\}/g, ":$1"), (request, response) => {
			const reply = problem("METHOD_NOT_ALLOWED", `${request.method} is not offered here, ${methods.join(", ")} is.`);
			sendReply(response, { ...reply, headers: { allow: methods.join(", ") } });
		});
	}
	app.use(express.static(WEB_FOLDER, { index: "index.html", cacheControl: false }));
	app.use((request, response) => sendReply(response, problem("NOT_FOUND", `There is nothing at ${request.path}.`)));
	app.use(errorHandler(deps.logger));

	const server = createServer({ requestTimeout: 30_000, headersTimeout: 10_000 }, app);
	const stream = new MarketStream(server, deps);
	return {
		listen: (port, host = "127.0.0.1") =>
			new Promise((resolve, reject) => {
				server.once("error", (error: NodeJS.ErrnoException) => reject(new ListenError(port, host, error)));
				server.listen(port, host, () => {
					const bound = server.address();
					resolve(typeof bound === "object" && bound !== null ? bound.port : port);
				});
			}),
		async close() {
			stream.close();
			const closed = new Promise<void>((resolve) => server.close(() => resolve()));
			server.closeIdleConnections();
			const timer = setTimeout(() => server.closeAllConnections(), CLOSE_MILLIS);
			await closed;
			clearTimeout(timer);
		},
	};
}
