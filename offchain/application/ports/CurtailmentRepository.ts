import type { WindowId } from "../../domain/units/window.ts";

/** Energy of one trade that an emergency takes, with its cause (SPEC G8): curtailed is not non-delivery. */
export type Curtailment = {
	windowId: WindowId;
	tradeId: string;
	/** Zone of the buyer. */
	zoneId: number;
	tradedWh: number;
	curtailedWh: number;
	/** Element or stage that made it necessary. */
	cause: string;
	/** The executed directive it was ordered under. */
	directiveId: number;
	/** Market time, unix milliseconds. */
	orderedAtMillis: number;
};

export interface CurtailmentRepository {
	/** The same trade under the same directive again is the same row; nothing is ever overwritten. */
	add(curtailments: readonly Curtailment[]): Promise<void>;
	/** By time, zone and trade. */
	ofWindow(windowId: WindowId): Promise<Curtailment[]>;
}
