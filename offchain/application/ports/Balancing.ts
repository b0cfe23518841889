import type { Procurement, ReserveOffer, ReserveProduct } from "../../domain/grid/balancing/reserves.ts";
import type { Payout } from "../../domain/payouts/Payout.ts";
import type { Address, Hash32 } from "../../domain/units/Address.ts";
import type { UnixSeconds, WindowId } from "../../domain/units/window.ts";

/** A provider the operator has qualified, with what it offers in one window. */
export type RegisteredReserve = ReserveOffer & {
	/** Who is paid for holding it. */
	account: Address;
	zoneId: number;
	/**
	 * The meter that injects (up) or takes (down) what is called; null for demand response: it injects nothing, so what is
	 * called of it lowers the need instead of being bought as energy.
	 */
	meterId: number | null;
};

/** Standing offers of the providers, as their contracts with the operator say. */
export interface ReserveRoster {
	offers(windowId: WindowId): Promise<readonly RegisteredReserve[]>;
}

export type BalancingProcurement = {
	product: ReserveProduct;
	direction: ReserveOffer["direction"];
	requiredW: number;
	procuredW: number;
	/** What no offer covers: an alarm. */
	missingW: number;
	/** Uniform price of holding, sat per MW and hour, and who holds. */
	marginalSatPerMwHour: number;
	accepted: { offerId: string; capacityW: number }[];
};

export type BalancingActivation = {
	offerId: string;
	zoneId: number;
	meterId: number | null;
	direction: ReserveOffer["direction"];
	calledWh: number;
	energySatPerKwh: number;
};

/** One window of the area's balancing; energies Wh, powers W. */
export type BalancingWindow = {
	windowId: WindowId;
	procurement: BalancingProcurement[];
	/** Null until the window's need is known, shortly before gate closure. */
	activation: {
		atSeconds: UnixSeconds;
		/** Mean correction that automatic control had to give, W; positive: generation was short. */
		meanCorrectionW: number;
		/** Positive: to be injected; negative: to be taken up. */
		neededWh: number;
		called: BalancingActivation[];
		/** Called of demand response: not bought as energy. */
		reducedWh: number;
		missingWh: number;
		/** The operator's GridBalancing orders. */
		orders: { orderHash: Hash32; zoneId: number; energyWh: number; priceSatPerKwh: number; filledWh: number }[];
		/** Orders that were refused, with the reason. */
		refusals: string[];
	} | null;
};

/** Reserve of one window as it was bought, and what was called of it. */
export type RecordedBalancing = {
	windowId: WindowId;
	procured: { direction: ReserveOffer["direction"]; procurement: Procurement }[];
	/** What it was bought from. */
	offers: readonly RegisteredReserve[];
	activation: BalancingWindow["activation"];
};

/** What was decided for each window, over restarts: reserve is bought once and called once. */
export interface BalancingRecord {
	find(windowId: WindowId): Promise<RecordedBalancing | null>;
	/** The first one counts. */
	keepProcurement(balancing: Omit<RecordedBalancing, "activation">): Promise<void>;
	keepActivation(windowId: WindowId, activation: NonNullable<BalancingWindow["activation"]>): Promise<void>;
	/** Windows settled on chain whose holding is still to be paid, oldest first, with what their meters injected, Wh. */
	unpaid(limit: number): Promise<(RecordedBalancing & { injectedWh: ReadonlyMap<number, number> })[]>;
	/** Writes the payouts down and that they are, together. */
	keepHolding(windowId: WindowId, payouts: readonly Payout[]): Promise<void>;
}

export interface BalancingQueries {
	/** Null for a window nothing was procured in. */
	window(windowId: WindowId): Promise<BalancingWindow | null>;
}
