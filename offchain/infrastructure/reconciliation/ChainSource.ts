import { createPublicClient, http, type PublicClient } from "viem";
import type { Address, Hash32, Hex } from "../../domain/units/Address.ts";

export type ChainBlock = {
	number: number;
	hash: Hash32;
	parentHash: Hash32;
	timestampSeconds: number;
	/** False where its bloom filter rules logs out. */
	mayHaveLogs: boolean;
};

export type ChainLog = {
	address: Address;
	topics: [Hash32, ...Hash32[]] | [];
	data: Hex;
	blockNumber: number;
	blockHash: Hash32;
	logIndex: number;
	transactionHash: Hash32;
};

/** What the indexer needs of a chain; a scripted one stands in for it in reorg tests. */
export interface ChainSource {
	headNumber(): Promise<number>;
	/** Null where the chain has no such block (any more). */
	block(number: number): Promise<ChainBlock | null>;
	/**
	 * Logs of the contracts in exactly this block, in order; throws when the chain no longer has it. By hash, never by
	 * number: between two answers the number may have come to mean another block, one without our logs.
	 */
	logs(block: ChainBlock): Promise<ChainLog[]>;
}

/** A chain behind a JSON-RPC endpoint. */
export class RpcChainSource implements ChainSource {
	private readonly client: PublicClient;
	private readonly addresses: Address[];

	constructor(rpcUrl: string, addresses: Address[]) {
		this.client = createPublicClient({
			transport: http(rpcUrl, { batch: { batchSize: 64 }, retryCount: 2, timeout: 15_000 }),
			cacheTime: 0,
		});
		this.addresses = addresses;
	}

	async headNumber(): Promise<number> {
		return Number(await this.client.getBlockNumber());
	}

	async block(number: number): Promise<ChainBlock | null> {
		const block = await this.client.request({
			method: "eth_getBlockByNumber",
			params: [`0x${number.toString(16)}`, false],
		});
		if (block === null || block.hash === null) return null;
		return {
			number,
			hash: block.hash,
			parentHash: block.parentHash,
			timestampSeconds: Number(block.timestamp),
			mayHaveLogs: !/^0x0*$/.test(block.logsBloom ?? "0x1"),
		};
	}

	async logs(block: ChainBlock): Promise<ChainLog[]> {
		if (!block.mayHaveLogs) return [];
		const logs = await this.client.getLogs({ address: this.addresses, blockHash: block.hash });
		return logs.map((log) => ({
			address: log.address.toLowerCase() as Address,
			topics: log.topics as ChainLog["topics"],
			data: log.data,
			blockNumber: Number(log.blockNumber),
			blockHash: log.blockHash,
			logIndex: log.logIndex,
			transactionHash: log.transactionHash,
		}));
	}
}
