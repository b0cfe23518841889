import type { TrimTrades } from "../../domain/engine/EngineInput.ts";
import type { ClosingTrim } from "../../domain/grid/closing/ClosingCheck.ts";
import type { WindowId } from "../../domain/units/window.ts";

/** What the closing check wants gone, as the engine takes it. */
export function trimInput(windowId: WindowId, trims: readonly ClosingTrim[]): TrimTrades {
	return {
		type: "TrimTrades",
		windowId,
		trims: trims.map(({ tradeId, keptWh, trimmedWh, element }) => ({ tradeId, keptWh, trimmedWh, element })),
	};
}
