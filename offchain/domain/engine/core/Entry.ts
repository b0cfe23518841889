import type { EnergySource } from "../../grid/energySource.ts";
import type { Order } from "../../orders/Order.ts";
import type { Address, Hash32 } from "../../units/Address.ts";
import type { UnixSeconds, WindowId } from "../../units/window.ts";

export type Account = {
	readonly address: Address;
	availableMsat: number;
	reservedMsat: number;
	tier: number;
	licensedUntil: UnixSeconds;
	exitFromWindow: WindowId;
	/** Ascending by window; the last at or before a window holds. */
	epochs: { fromWindow: WindowId; epoch: number }[];
	/** Changed by the input in hand. */
	isChanged: boolean;
	/** The holding it used last, and of which window: mostly it is the one wanted next. */
	lastHolding: Holding | null;
	lastWindowId: WindowId;
};

export type Meter = {
	owner: Address;
	/** The owner's, once he has used the meter. */
	account: Account | null;
	zoneId: number;
	source: EnergySource;
	maxWindowWh: number;
	nodeId: number;
	isActive: boolean;
	/** 0 where what it sells is renewable. */
	greyness: 0 | 1;
};

/** An order that was accepted, for as long as its window is remembered. */
export type Entry = {
	orderHash: Hash32;
	order: Order;
	openWh: number;
	filledWh: number;
	/** Number of the input that brought it. */
	time: number;
	zoneId: number;
	nodeId: number;
	/** 0 where the energy is renewable, as the meter was when the order came. */
	greyness: 0 | 1;
	holding: Holding;
	/** The same holding's order before it. */
	older: Entry | null;
	/** Its place in the book; 0 when it does not rest. */
	slot: number;
	// What matching reads of the order, so that it need not fetch it.
	readonly isSell: boolean;
	readonly priceSatPerKwh: number;
	readonly meterId: number;
	/** Which of the window's ladders it rests in. */
	readonly shelf: number;
};

/** What one account has in one window. */
export type Holding = {
	readonly account: Account;
	/** Held for open orders and unsettled trades. */
	reservedMsat: number;
	/** Sequences mostly rise: only an account that goes back gets a set of them. */
	lastSequence: number;
	sequences: Set<number> | null;
	/** Its orders, newest first, linked by `older`. */
	newest: Entry | null;
};
