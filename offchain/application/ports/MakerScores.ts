import type { Payout } from "../../domain/payouts/Payout.ts";
import type { Quote } from "../../domain/pricing/quotingScores.ts";
import type { Address } from "../../domain/units/Address.ts";
import type { WindowId } from "../../domain/units/window.ts";

export type MakerScore = { account: Address; score: number; samples: number };

/** A settled window whose rebates are still to be worked out. */
export type UnrewardedWindow = { windowId: WindowId; deliveredWh: number; scores: MakerScore[] };

export interface MakerScores {
	/** Which of these windows have open orders. */
	quotedWindows(windowIds: readonly WindowId[]): Promise<WindowId[]>;
	/** Open orders of the window's books, by zone of their meters. */
	quotes(windowId: WindowId): Promise<ReadonlyMap<number, Quote[]>>;
	/** Adds one sample. */
	add(windowId: WindowId, scores: ReadonlyMap<Address, number>): Promise<void>;
	/** Best first. */
	ofWindow(windowId: WindowId): Promise<MakerScore[]>;
	unrewarded(limit: number): Promise<UnrewardedWindow[]>;
	/** Writes the payouts down and that they are, together. */
	reward(window: { windowId: WindowId; platformMsat: number; poolMsat: number }, payouts: Payout[]): Promise<void>;
}
