import type { DepthLevel, MarketDepth } from "../application/ports/EngineQueries.ts";
import type { DepthDiff } from "../infrastructure/websocket/diffDepth.ts";

export function applyDepthDiff(depth: MarketDepth, { sequence, changes }: DepthDiff): MarketDepth {
	const side = (name: "bid" | "ask", levels: readonly DepthLevel[]): DepthLevel[] => {
		const byPrice = new Map(levels.map((level) => [level.priceSatPerKwh, level]));
		for (const { side: changed, ...level } of changes) {
			if (changed !== name) continue;
			if (level.energyWh === 0) byPrice.delete(level.priceSatPerKwh);
			else byPrice.set(level.priceSatPerKwh, level);
		}
		const direction = name === "bid" ? -1 : 1;
		return [...byPrice.values()].sort((a, b) => direction * (a.priceSatPerKwh - b.priceSatPerKwh));
	};
	return { ...depth, sequence, bids: side("bid", depth.bids), asks: side("ask", depth.asks) };
}
