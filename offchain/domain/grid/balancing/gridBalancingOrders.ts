import type { Order } from "../../orders/Order.ts";
import type { Address } from "../../units/Address.ts";
import { energyWh, MAX_ENERGY_WH, priceSatPerKwh, WH_PER_MW_WINDOW } from "../../units/units.ts";
import type { WindowId } from "../../units/window.ts";
import { proRataWh } from "../emergency/proRataWh.ts";

/** A meter of the system operator in one zone, and how much of a need is bought there relative to the others. */
export type BalancingMeter = { meterId: number; weight: number };

/** What the system operator needs of a window: positive = energy is short, Wh. */
export type BalancingNeed = {
	windowId: WindowId;
	/** Mean area control error expected for the window, MW; negative when generation is short. */
	areaControlErrorMw: number;
	/** Reserve that was used up and must be replaced, MW. */
	reserveToReplaceMw: number;
};

/** Energy to buy (positive) or to sell (negative), whole Wh: the error to be met and, on the short side, the reserve. */
export function balancingNeedWh({ areaControlErrorMw, reserveToReplaceMw }: BalancingNeed): number {
	if (!Number.isFinite(areaControlErrorMw) || !(reserveToReplaceMw >= 0)) {
		throw new RangeError(`balancing need of ${areaControlErrorMw} MW and ${reserveToReplaceMw} MW reserve`);
	}
	return Math.round((reserveToReplaceMw - areaControlErrorMw) * WH_PER_MW_WINDOW);
}

/**
 * The need as GridBalancing orders, one for each of the operator's meters, pro rata by weight: the book's own merit order
 * fills them, before any market or limit order (SPEC O2). Bought up to the ceiling, sold down to the floor. They rest
 * until gate closure; what is not filled then is the reserves' to deliver. Unsigned: the operator's key signs each.
 */
export function gridBalancingOrders(input: {
	operator: Address;
	epoch: number;
	/** Of the first order; the others follow. */
	firstSequence: number;
	windowId: WindowId;
	/** Positive buys, negative sells. */
	needWh: number;
	meters: readonly BalancingMeter[];
	floorSatPerKwh: number;
	ceilingSatPerKwh: number;
}): Order[] {
	const { needWh, meters } = input;
	if (!Number.isSafeInteger(needWh)) throw new RangeError(`${needWh} Wh needed`);
	const weights = meters.map(({ weight }) => weight);
	const totalWeight = weights.reduce((sum, weight) => sum + weight, 0);
	if (needWh === 0 || totalWeight === 0) return [];
	const amount = Math.abs(needWh);
	// Weights become claims large enough to cover the need.
	const scale = Math.ceil(amount / totalWeight);
	const shares = proRataWh(
		amount,
		weights.map((weight) => weight * scale),
	);
	return meters.flatMap(({ meterId }, index): Order[] => {
		const shareWh = Math.min(MAX_ENERGY_WH, shares[index] as number);
		if (shareWh === 0) return [];
		return [
			{
				trader: input.operator,
				meterId,
				windowId: input.windowId,
				side: needWh > 0 ? "buy" : "sell",
				orderClass: "gridBalancing",
				timeInForce: "gtc",
				postOnly: false,
				selfTradeMode: "cancelNewest",
				priceSatPerKwh: priceSatPerKwh(needWh > 0 ? input.ceilingSatPerKwh : input.floorSatPerKwh),
				energyWh: energyWh(shareWh),
				sequence: input.firstSequence + index,
				epoch: input.epoch,
				validUntil: 0,
				directiveId: 0,
			},
		];
	});
}
