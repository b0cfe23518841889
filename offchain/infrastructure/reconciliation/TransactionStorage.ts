import type { Address, Hash32, Hex } from "../../domain/units/Address.ts";
import type { TransactionRequest } from "./TransactionRequest.ts";

export type TransactionState = "queued" | "sent" | "confirmed" | "reverted" | "refused";

export type StoredTransaction = {
	id: number;
	to: Address;
	data: Hex;
	nonce: number | null;
	gasLimit: number | null;
	state: TransactionState;
	detail: string | null;
	transactionHash: Hash32 | null;
	blockNumber: number | null;
	gasUsed: number | null;
};

export type SignedAttempt = {
	attempt: number;
	transactionHash: Hash32;
	raw: Hex;
	maxFeePerGas: bigint;
	maxPriorityFeePerGas: bigint;
	ageMillis: number;
};

export type FinishedTransaction = {
	state: "confirmed" | "reverted" | "refused";
	detail?: string;
	transactionHash?: Hash32;
	blockNumber?: number;
	gasUsed?: number;
};

/** Where the transactions of one key on one chain are kept. */
export interface TransactionStorage {
	/** The transaction in flight or confirmed under this key, or a new one. */
	request(request: TransactionRequest): Promise<StoredTransaction>;
	byId(id: number): Promise<StoredTransaction>;
	/** Queued or sent: by nonce, then in order of request. */
	open(): Promise<StoredTransaction[]>;
	/** Takes the next nonce for the transaction, in the same transaction as the counter. `least` is the chain's count. */
	assignNonce(id: number, gasLimit: number, least: number): Promise<number>;
	/** Its nonce was used by a transaction we do not know: it starts again. */
	requeue(id: number): Promise<void>;
	/** The signed versions that once carried this nonce, whatever became of them. */
	attemptsOfNonce(nonce: number): Promise<SignedAttempt[]>;
	/** First nonce never given out; null before the first transaction. */
	nextNonce(): Promise<number | null>;
	addAttempt(id: number, attempt: Omit<SignedAttempt, "ageMillis">): Promise<void>;
	attempts(id: number): Promise<SignedAttempt[]>;
	finish(id: number, outcome: FinishedTransaction): Promise<void>;
}
