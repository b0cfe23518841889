import { type WindowId, windowAt } from "../../domain/units/window.ts";
import type { MarketDataRepository, WindowSummary } from "../ports/MarketDataRepository.ts";

const WINDOWS_AHEAD = 4;
const WINDOWS_SHOWN = 24;

/** The windows a reader follows now: those being settled or delivered, and the next to trade; newest first. */
export async function currentWindows(marketData: MarketDataRepository, nowMillis: number): Promise<WindowSummary[]> {
	const toWindow = (windowAt(nowMillis / 1000) + WINDOWS_AHEAD) as WindowId;
	return marketData.windows({ toWindow, limit: WINDOWS_SHOWN });
}
