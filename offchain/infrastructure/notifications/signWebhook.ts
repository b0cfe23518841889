import { createHmac, timingSafeEqual } from "node:crypto";

/** Signatures older than this are refused by receivers that check as we advise. */
export const TOLERANCE_SECONDS = 300;

/** The headers of the Standard Webhooks specification, version 1: HMAC-SHA256 over id, time and body. */
export function webhookHeaders(secret: Uint8Array, id: string, atSeconds: number, body: string) {
	return {
		"webhook-id": id,
		"webhook-timestamp": String(atSeconds),
		"webhook-signature": `v1,${mac(secret, id, String(atSeconds), body)}`,
	};
}

/** What a receiver does before it believes a request. */
export function isAuthenticWebhook(
	secret: Uint8Array,
	headers: Record<string, string | undefined>,
	body: string,
	nowSeconds: number,
): boolean {
	const id = headers["webhook-id"];
	const timestamp = headers["webhook-timestamp"];
	const signatures = headers["webhook-signature"]?.split(" ") ?? [];
	if (id === undefined || timestamp === undefined) return false;
	if (!(Math.abs(nowSeconds - Number(timestamp)) <= TOLERANCE_SECONDS)) return false;
	const expected = Buffer.from(`v1,${mac(secret, id, timestamp, body)}`);
	return signatures.some((signature) => {
		const given = Buffer.from(signature);
		return given.length === expected.length && timingSafeEqual(given, expected);
	});
}

function mac(secret: Uint8Array, id: string, timestamp: string, body: string): string {
	return createHmac("sha256", secret).update(`${id}.${timestamp}.${body}`).digest("base64");
}
