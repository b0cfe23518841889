import type { Address, Hash32, Hex } from "../../domain/units/Address.ts";

export type TransactionRequest = {
	/** What it is for, such as "commit-1979424": the same key is never in flight or confirmed twice. */
	requestKey: string;
	to: Address;
	data: Hex;
};

/**
 * `refused`: it would revert and was never sent. `reverted`: it was mined without effect. Both may be asked for again
 * under the same key once the cause is gone.
 */
export type TransactionOutcome =
	| { status: "confirmed"; transactionHash: Hash32; blockNumber: number; gasUsed: number }
	| { status: "reverted"; transactionHash: Hash32; blockNumber: number; gasUsed: number }
	| { status: "refused"; detail: string };
