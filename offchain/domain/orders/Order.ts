import type { Address, Hash32, Hex } from "../units/Address.ts";
import type { EnergyWh, PriceSatPerKwh } from "../units/units.ts";
import type { UnixSeconds, WindowId } from "../units/window.ts";

/** The position in each list is the number that is signed. */
export const SIDES = ["buy", "sell"] as const;
export const ORDER_CLASSES = ["limit", "market", "gridBalancing", "emergency"] as const;
export const TIMES_IN_FORCE = ["gtc", "gtt", "ioc", "fok"] as const;
export const SELF_TRADE_MODES = ["cancelNewest", "cancelOldest", "cancelBoth"] as const;

export type Side = (typeof SIDES)[number];
export type OrderClass = (typeof ORDER_CLASSES)[number];
export type TimeInForce = (typeof TIMES_IN_FORCE)[number];
export type SelfTradeMode = (typeof SELF_TRADE_MODES)[number];

/**
 * What a trader signs (EIP-712 type `Order`). It binds every field that can cost the trader money.
 *
 * `priceSatPerKwh` is all-in for a buyer (what he pays at most) and net for a seller (what he receives at least); a
 * market order carries its protective limit there. `energyWh` is the energy delivered to the buyer. `sequence` is
 * chosen by the trader, unique per account and window, and is the client order id: the same signed order again gives
 * the same answer. `epoch` is the account's cancel-all counter on chain.
 */
export type Order = {
	trader: Address;
	meterId: number;
	windowId: WindowId;
	side: Side;
	orderClass: OrderClass;
	timeInForce: TimeInForce;
	postOnly: boolean;
	selfTradeMode: SelfTradeMode;
	priceSatPerKwh: PriceSatPerKwh;
	energyWh: EnergyWh;
	sequence: number;
	epoch: number;
	/** Unix seconds; 0 unless `timeInForce` is `gtt`. */
	validUntil: UnixSeconds;
	/** The executed directive an emergency or balancing order acts under; 0 otherwise. */
	directiveId: number;
};

export type SignedOrder = {
	order: Order;
	/** EIP-712 hash of the order under the settlement contract's domain: its identity everywhere. */
	orderHash: Hash32;
	/** 64-byte ERC-2098 signature, or ERC-1271 bytes of a contract wallet. */
	signature: Hex;
};
