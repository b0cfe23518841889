import type { SignedOrder } from "../../domain/orders/Order.ts";
import type { WindowPlan } from "../../domain/settlement/WindowPlan.ts";
import type { Hash32, Hex } from "../../domain/units/Address.ts";
import type { WindowId } from "../../domain/units/window.ts";
import type { CommittedChunk } from "./SettlementChain.ts";

/** Stages of a window's settlement; the last five are final. */
export const PIPELINE_STAGES = [
	"closed",
	"planned",
	"committed",
	"settled",
	"certified",
	"reconciled",
	"empty",
	"missed",
	"voided",
	"expired",
] as const;
export type PipelineStage = (typeof PIPELINE_STAGES)[number];

export function isFinalStage(stage: PipelineStage): boolean {
	return PIPELINE_STAGES.indexOf(stage) >= PIPELINE_STAGES.indexOf("reconciled");
}

export type WindowPipeline = {
	windowId: WindowId;
	stage: PipelineStage;
	commitment: Hash32 | null;
	tradeCount: number | null;
	chunkCount: number | null;
	attempts: number;
	problem: string | null;
	isBalanced: boolean | null;
	gasUsed: number;
};

export type StoredChunk = CommittedChunk & { sellMeterIds: number[]; tradeCount: number };

/** The rows that say how far each window's settlement has come. */
export interface WindowPipelineRepository {
	/** Makes the row of a closed window; nothing happens when there is one. */
	open(windowId: WindowId): Promise<void>;
	byWindow(windowId: WindowId): Promise<WindowPipeline | null>;
	/** Windows that have work left and whose time to look has come, earliest window first. */
	due(limit: number): Promise<WindowId[]>;
	/** Signed orders behind the window's standing trades. */
	ordersOf(windowId: WindowId): Promise<SignedOrder[]>;
	/** Stores the plan and enters `planned`, replacing a plan that was never committed. */
	savePlan(plan: WindowPlan): Promise<void>;
	chunks(windowId: WindowId): Promise<StoredChunk[]>;
	advance(windowId: WindowId, stage: PipelineStage, isBalanced?: boolean): Promise<void>;
	/** No progress: look again after `pauseMillis`; `problem` tells the operator why, null when it is only too early. */
	postpone(windowId: WindowId, pauseMillis: number, problem: string | null): Promise<void>;
	noteChunk(windowId: WindowId, nextChunk: number): Promise<void>;
	/** Adds up the gas of the window's transactions. */
	refreshGas(windowId: WindowId): Promise<void>;
	/** The record of a settled chunk from the indexed chain; null until it is indexed. */
	chunkRecord(windowId: WindowId, chunkIndex: number): Promise<Hex | null>;
	/** Whether the engine has been told of the settlement. */
	sessionState(windowId: WindowId): Promise<string | null>;
}
