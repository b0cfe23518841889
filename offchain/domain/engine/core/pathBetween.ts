import type { TradePath } from "../../grid/WindowHeadroom.ts";
import type { Entry } from "./Entry.ts";

/** Where a trade between two orders goes, written into `path`. */
export function pathBetween(
	sell: Entry,
	buy: Entry,
	path: TradePath = { sellZoneId: 0, sellNodeId: 0, buyZoneId: 0, buyNodeId: 0 },
): TradePath {
	path.sellZoneId = sell.zoneId;
	path.sellNodeId = sell.nodeId;
	path.buyZoneId = buy.zoneId;
	path.buyNodeId = buy.nodeId;
	return path;
}
