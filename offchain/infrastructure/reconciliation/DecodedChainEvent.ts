import type { ChainFactBody } from "../../domain/engine/EngineInput.ts";
import type { Address } from "../../domain/units/Address.ts";
import type { ChainLog } from "./ChainSource.ts";

/** A log in words. `args` is plain JSON: addresses in lower case, numbers beyond 2^53 as decimal strings. */
export type DecodedChainEvent = {
	contract: string;
	name: string;
	args: Record<string, unknown>;
	/** What the engine must know, in order; at most `MAX_FACTS_PER_LOG`. */
	facts: ChainFactBody[];
	/** Vault balances it changes. */
	balanceChanges: { account: Address; deltaMsat: number; windowId: number | null }[];
	/** Certificates it moves. */
	certificateTransfers: { tokenId: string; from: Address; to: Address; energyWh: number }[];
};

/** Null for logs that are none of the protocol's. Throws for a log of ours that cannot be read: the indexer halts. */
export type DecodeChainLog = (log: ChainLog) => DecodedChainEvent | null;
