import { type UnixSeconds, type WindowId, windowAt } from "../../domain/units/window.ts";

/** Least market time between the start of the market and its first delivery: time enough for a lively book. */
const LEAST_LEAD_SECONDS = 25 * 60;

export function firstTradableWindow(nowSeconds: UnixSeconds): WindowId {
	return windowAt(nowSeconds + LEAST_LEAD_SECONDS) + 1;
}
