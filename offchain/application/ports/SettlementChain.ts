import type { Hash32, Hex } from "../../domain/units/Address.ts";
import type { UnixSeconds, WindowId } from "../../domain/units/window.ts";
import type { AttestedReadings } from "./MeterReading.ts";

export type ChainWindowStatus = "none" | "committed" | "settling" | "settled" | "voided" | "expired";
export type ChainWindow = { status: ChainWindowStatus; chunkCount: number; nextChunk: number };

/** `refused`: would revert now, nothing was sent; `detail` names the contract's error. */
export type SettlementOutcome =
	| { status: "done"; transactionHash: Hash32; gasUsed: number }
	| { status: "refused"; detail: string };

export type CommittedChunk = { windowId: WindowId; index: number; bytes: Hex; restHash: Hash32 };

/** The settlement contracts as the operator uses them. Every call may be repeated: the same call is sent once. */
export interface SettlementChain {
	/** Time of the newest block: what the contracts compare deadlines with. */
	nowSeconds(): Promise<UnixSeconds>;
	window(windowId: WindowId): Promise<ChainWindow>;
	/** The window that is half settled; null when none. */
	settlingWindow(): Promise<WindowId | null>;
	/** Whether an authority has voided the window. */
	isVoided(windowId: WindowId): Promise<boolean>;
	commit(windowId: WindowId, commitment: Hash32, chunkCount: number, tradeCount: number): Promise<SettlementOutcome>;
	settleChunk(chunk: CommittedChunk, readings: AttestedReadings[]): Promise<SettlementOutcome>;
	/** Trades of the chunk whose certificates are issued. */
	issuedTrades(windowId: WindowId, chunkIndex: number): Promise<number>;
	issueCertificates(windowId: WindowId, chunkIndex: number, record: Hex, fromTrade: number): Promise<SettlementOutcome>;
	voidWindow(windowId: WindowId): Promise<SettlementOutcome>;
	expireWindow(windowId: WindowId): Promise<SettlementOutcome>;
}
