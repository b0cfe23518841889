import type { RequestHandler } from "express";

/**
 * The page loads nothing from elsewhere. Any site may read the API: it knows no cookies, and every command carries its
 * own signature.
 */
export const securityHeaders: RequestHandler = (request, response, next) => {
	response.set({
		"content-security-policy":
			"default-src 'self'; connect-src 'self' ws: wss:; img-src 'self' data:; object-src 'none'; base-uri 'none'; frame-ancestors 'none'",
		"x-content-type-options": "nosniff",
		"referrer-policy": "no-referrer",
		"access-control-allow-origin": "*",
	});
	if (request.method !== "OPTIONS") {
		next();
		return;
	}
	response.set({
		"access-control-allow-methods": "GET, POST, DELETE",
		"access-control-allow-headers": "content-type, authorization",
		"access-control-max-age": "86400",
	});
	response.status(204).end();
};
