import type { Order } from "../../orders/Order.ts";
import type { Hash32 } from "../../units/Address.ts";
import { NONE } from "../book/PriceLadders.ts";
import type { Entry, Holding } from "./Entry.ts";
import { shelfOf } from "./WindowBook.ts";

/** An order the engine takes in, with what matching reads of it beside it. */
export function newEntry(
	orderHash: Hash32,
	order: Order,
	time: number,
	zoneId: number,
	nodeId: number,
	greyness: 0 | 1,
	holding: Holding,
): Entry {
	const isSell = order.side === "sell";
	return {
		orderHash,
		order,
		openWh: order.energyWh,
		filledWh: 0,
		time,
		zoneId,
		nodeId,
		greyness,
		holding,
		older: null,
		slot: NONE,
		isSell,
		priceSatPerKwh: order.priceSatPerKwh,
		meterId: order.meterId,
		shelf: shelfOf(isSell, order.orderClass, greyness, zoneId),
	};
}
