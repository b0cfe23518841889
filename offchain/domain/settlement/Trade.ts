import type { Address, Hash32 } from "../units/Address.ts";
import type { EnergyWh, PriceSatPerKwh } from "../units/units.ts";
import type { WindowId } from "../units/window.ts";

/**
 * One fill between a sell and a buy order. The seller injects `energyWh + lossWh`, the buyer receives `energyWh`.
 * `buyerPriceSatPerKwh − sellerPriceSatPerKwh` is the charges (wheeling, congestion, platform); the seller's price
 * already contains the compensation for the losses he has to inject.
 */
export type Trade = {
	/** `(engine input sequence, index within it)`, unique for ever. */
	tradeId: string;
	windowId: WindowId;
	sellOrderHash: Hash32;
	buyOrderHash: Hash32;
	seller: Address;
	buyer: Address;
	sellMeterId: number;
	buyMeterId: number;
	sellZoneId: number;
	buyZoneId: number;
	energyWh: EnergyWh;
	lossWh: EnergyWh;
	sellerPriceSatPerKwh: PriceSatPerKwh;
	buyerPriceSatPerKwh: PriceSatPerKwh;
	/** Which side arrived last. */
	takerSide: "buy" | "sell";
};
