/**
 * Units of the whole system. Energy is integer watt-hours, price integer satoshi per kilowatt-hour, money integer
 * millisatoshi: `Wh × sat/kWh` is msat exactly, so no product of the two ever rounds.
 *
 * All three are plain safe integers (|x| ≤ 2^53 − 1; 9·10^15 msat is about 90,000 BTC). Brands keep a price from
 * being passed as an energy. No floating point enters orders, ledgers or contracts.
 */
declare const unit: unique symbol;
type Branded<Name extends string> = number & { readonly [unit]: Name };

export type EnergyWh = Branded<"Wh">;
export type PriceSatPerKwh = Branded<"sat/kWh">;
export type AmountMsat = Branded<"msat">;

/** Largest energy of one order or reading: it is packed into 32 bits on chain. */
export const MAX_ENERGY_WH = 0xffff_ffff;
/** Largest price: it is packed into 16 bits on chain. */
export const MAX_PRICE_SAT_PER_KWH = 0xffff;

export function energyWh(value: number): EnergyWh {
	return requireSafeInteger(value, "energyWh") as EnergyWh;
}

export function priceSatPerKwh(value: number): PriceSatPerKwh {
	return requireSafeInteger(value, "priceSatPerKwh") as PriceSatPerKwh;
}

export function amountMsat(value: number): AmountMsat {
	return requireSafeInteger(value, "amountMsat") as AmountMsat;
}

/** One megawatt held for one 15-minute window, in Wh. */
export const WH_PER_MW_WINDOW = 250_000;

function requireSafeInteger(value: number, name: string): number {
	if (!Number.isSafeInteger(value)) throw new RangeError(`${name} must be a safe integer, got ${value}`);
	return value;
}
