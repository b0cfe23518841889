/** A delivery window is 15 minutes: `windowId = floor(unixSeconds / 900)`. ICT is UTC+7, so windows align to :00 :15 :30 :45. */
export type WindowId = number;
export type UnixSeconds = number;

export const WINDOW_SECONDS = 900;
export const ICT_OFFSET_SECONDS = 7 * 3600;

export function windowAt(seconds: UnixSeconds): WindowId {
	return Math.floor(seconds / WINDOW_SECONDS);
}

export function windowStart(windowId: WindowId): UnixSeconds {
	return windowId * WINDOW_SECONDS;
}

export function windowEnd(windowId: WindowId): UnixSeconds {
	return (windowId + 1) * WINDOW_SECONDS;
}

/** Start of the ICT day the window belongs to, in unix seconds. */
export function deliveryDayStart(windowId: WindowId): UnixSeconds {
	const local = windowStart(windowId) + ICT_OFFSET_SECONDS;
	return local - (local % 86_400) - ICT_OFFSET_SECONDS;
}

/** "2026-04-21 13:15 UTC+7", for people. */
export function formatWindow(windowId: WindowId): string {
	const local = new Date((windowStart(windowId) + ICT_OFFSET_SECONDS) * 1000).toISOString();
	return `${local.slice(0, 10)} ${local.slice(11, 16)} UTC+7`;
}
