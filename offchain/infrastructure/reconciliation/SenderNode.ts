import { type AccessList, createPublicClient, http, type PublicClient } from "viem";
import type { Address, Hash32, Hex } from "../../domain/units/Address.ts";

export type Fees = { maxFeePerGas: bigint; maxPriorityFeePerGas: bigint };
export type MinedReceipt = { blockNumber: number; isSuccess: boolean; gasUsed: number };

/** What the transaction sender asks of a node; every answer may be late, wrong about the mempool, or an error. */
export interface SenderNode {
	headNumber(): Promise<number>;
	/** Transactions of the account in the newest block's state. */
	transactionCount(account: Address): Promise<number>;
	estimateFees(): Promise<Fees>;
	/** Throws when the call would revert. */
	estimateGas(call: { account: Address; to: Address; data: Hex; accessList: AccessList }): Promise<bigint>;
	/** Null while it is not in a block. */
	receipt(transactionHash: Hash32): Promise<MinedReceipt | null>;
	/** Whether the node has it, in a block or waiting. */
	knows(transactionHash: Hash32): Promise<boolean>;
	broadcast(raw: Hex): Promise<void>;
}

/** A node behind a JSON-RPC endpoint. */
export class RpcSenderNode implements SenderNode {
	private readonly client: PublicClient;

	constructor(rpcUrl: string) {
		this.client = createPublicClient({ transport: http(rpcUrl, { timeout: 15_000 }), cacheTime: 0 });
	}

	async headNumber(): Promise<number> {
		return Number(await this.client.getBlockNumber());
	}

	transactionCount(address: Address): Promise<number> {
		return this.client.getTransactionCount({ address, blockTag: "latest" });
	}

	estimateFees(): Promise<Fees> {
		return this.client.estimateFeesPerGas();
	}

	estimateGas(call: { account: Address; to: Address; data: Hex; accessList: AccessList }): Promise<bigint> {
		return this.client.estimateGas(call);
	}

	async receipt(transactionHash: Hash32): Promise<MinedReceipt | null> {
		const receipt = await this.client.request({ method: "eth_getTransactionReceipt", params: [transactionHash] });
		if (receipt === null) return null;
		return {
			blockNumber: Number(receipt.blockNumber),
			isSuccess: receipt.status === "0x1",
			gasUsed: Number(receipt.gasUsed),
		};
	}

	async knows(transactionHash: Hash32): Promise<boolean> {
		return (await this.client.request({ method: "eth_getTransactionByHash", params: [transactionHash] })) !== null;
	}

	async broadcast(raw: Hex): Promise<void> {
		await this.client.sendRawTransaction({ serializedTransaction: raw });
	}
}
