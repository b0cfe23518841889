import type { Directive } from "../../domain/engine/EngineInput.ts";
import type { Hash32 } from "../../domain/units/Address.ts";
import type { WindowId } from "../../domain/units/window.ts";

/** A directive as its multisig executed it, with the transaction that proves it. */
export type DirectiveRecord = {
	directive: Directive;
	lifted: boolean;
	blockNumber: number;
	transactionHash: Hash32;
};

/** Directives as final on the chain; newest first. */
export interface DirectiveRepository {
	/** With `windowId` only those that cover the window. */
	find(query: { windowId?: WindowId; limit: number }): Promise<DirectiveRecord[]>;
}
