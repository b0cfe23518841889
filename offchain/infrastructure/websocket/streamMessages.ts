import { z } from "zod";
import { safeUint, windowId, zoneId } from "../http/messages/primitives.ts";

/** What a client may say on the stream. */
const channel = z.discriminatedUnion("channel", [
	z.strictObject({ channel: z.literal("events"), afterSequence: safeUint.optional() }),
	z.strictObject({ channel: z.literal("windows") }),
	z.strictObject({ channel: z.literal("grid") }),
	z.strictObject({ channel: z.literal("depth"), windowId, zoneId }),
]);

export const streamRequest = z.union([
	z.strictObject({ subscribe: channel }),
	z.strictObject({ unsubscribe: channel }),
]);

export type StreamChannel = z.output<typeof channel>;

/** The same channel has the same key. */
export function channelKey(request: StreamChannel): string {
	return request.channel === "depth" ? `depth:${request.windowId}:${request.zoneId}` : request.channel;
}
