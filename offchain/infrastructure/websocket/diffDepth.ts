import type { DepthLevel, MarketDepth } from "../../application/ports/EngineQueries.ts";

export type DepthChange = { side: "bid" | "ask" } & DepthLevel;
export type DepthDiff = { sequence: number; changes: DepthChange[] };

/** Levels to set; `energyWh` 0 takes a level away. Null when the books show the same. */
export function diffDepth(before: MarketDepth, after: MarketDepth): DepthDiff | null {
	const changes = [...diffSide("bid", before.bids, after.bids), ...diffSide("ask", before.asks, after.asks)];
	return changes.length === 0 ? null : { sequence: after.sequence, changes };
}

function diffSide(side: "bid" | "ask", before: readonly DepthLevel[], after: readonly DepthLevel[]): DepthChange[] {
	const old = new Map(before.map((level) => [level.priceSatPerKwh, level]));
	const changes: DepthChange[] = [];
	for (const level of after) {
		const was = old.get(level.priceSatPerKwh);
		old.delete(level.priceSatPerKwh);
		if (was?.energyWh !== level.energyWh || was.orders !== level.orders) changes.push({ side, ...level });
	}
	for (const priceSatPerKwh of old.keys()) changes.push({ side, priceSatPerKwh, energyWh: 0, orders: 0 });
	return changes;
}
