import { createHash } from "node:crypto";
import type { Address, Hash32, Hex } from "../../offchain/domain/units/Address.ts";
import type { ChainBlock, ChainLog, ChainSource } from "../../offchain/infrastructure/reconciliation/ChainSource.ts";
import type {
	DecodeChainLog,
	DecodedChainEvent,
} from "../../offchain/infrastructure/reconciliation/DecodedChainEvent.ts";
import type { SenderNode } from "../../offchain/infrastructure/reconciliation/SenderNode.ts";
import type { ProcessPorts } from "./ProcessPorts.ts";
import { type Call, type ContractState, type Emitted, execute } from "./SimulatedContracts.ts";

export const CONTRACT: Address = `0x${"c0".repeat(20)}`;
const GAS = 100_000;
const TRANSACTIONS_PER_BLOCK = 40;

/** A signed transaction: readable to the simulation, opaque to the programs. */
export type Transaction = {
	hash: Hash32;
	from: Address;
	nonce: number;
	maxFeePerGas: bigint;
	data: Hex;
};
export type Mined = Transaction & { isSuccess: boolean; logs: Emitted[] };
export type Block = ChainBlock & { transactions: Mined[]; state: ContractState };

/** A chain with a mempool, a fee market and a habit of changing its mind. */
export class SimulatedChain {
	blocks: Block[] = [];
	mempool: Transaction[] = [];
	baseFee = 10_000_000_000n;
	private salt = 0;

	constructor(genesisSeconds: number) {
		const state: ContractState = { balances: {}, windows: {}, issued: {}, settlingWindow: null, nonces: {} };
		this.blocks.push({
			number: 0,
			hash: hashOf("genesis"),
			parentHash: hashOf("nothing"),
			timestampSeconds: genesisSeconds,
			mayHaveLogs: false,
			transactions: [],
			state,
		});
	}

	get head(): Block {
		return this.blocks.at(-1) as Block;
	}

	/** Best paying first within the nonce order of each account. */
	mine(timestampSeconds: number): void {
		const parent = this.head;
		const state = structuredClone(parent.state);
		const mined: Mined[] = [];
		const waiting = [...this.mempool].sort((a, b) => a.nonce - b.nonce || Number(b.maxFeePerGas - a.maxFeePerGas));
		for (const transaction of waiting) {
			if (mined.length >= TRANSACTIONS_PER_BLOCK || transaction.maxFeePerGas < this.baseFee) continue;
			if (transaction.nonce !== (state.nonces[transaction.from] ?? 0)) continue;
			mined.push(this.execute(state, transaction, timestampSeconds));
		}
		const nonces = state.nonces;
		this.mempool = this.mempool.filter(({ from, nonce }) => nonce >= (nonces[from] ?? 0));
		const number = parent.number + 1;
		this.salt += 1;
		this.blocks.push({
			number,
			hash: hashOf(`${parent.hash}-${number}-${this.salt}`),
			parentHash: parent.hash,
			timestampSeconds,
			mayHaveLogs: mined.length > 0,
			transactions: mined,
			state: mined.length > 0 ? state : parent.state,
		});
	}

	private execute(state: ContractState, transaction: Transaction, timestampSeconds: number): Mined {
		state.nonces[transaction.from] = transaction.nonce + 1;
		const before = structuredClone(state);
		try {
			return { ...transaction, isSuccess: true, logs: execute(state, callOf(transaction.data), timestampSeconds) };
		} catch {
			Object.assign(state, before);
			return { ...transaction, isSuccess: false, logs: [] };
		}
	}

	/** Takes the newest blocks back; `keeps` says which of their transactions wait again. */
	reorganise(depth: number, keeps: (transaction: Transaction) => boolean): void {
		const removed = this.blocks.splice(this.blocks.length - depth, depth);
		for (const { transactions } of removed) {
			for (const { hash, from, nonce, maxFeePerGas, data } of transactions) {
				const transaction = { hash, from, nonce, maxFeePerGas, data };
				if (keeps(transaction)) this.mempool.push(transaction);
			}
		}
	}

	/** What a node says to a transaction it is given. */
	accept(transaction: Transaction): void {
		if (this.find(transaction.hash) !== null || this.mempool.some(({ hash }) => hash === transaction.hash)) {
			throw new Error("already known");
		}
		if (transaction.nonce < (this.head.state.nonces[transaction.from] ?? 0)) throw new Error("nonce too low");
		const rival = this.mempool.find(({ from, nonce }) => from === transaction.from && nonce === transaction.nonce);
		if (rival !== undefined && transaction.maxFeePerGas * 100n < rival.maxFeePerGas * 110n) {
			throw new Error("replacement transaction underpriced");
		}
		this.mempool = this.mempool.filter((known) => known !== rival);
		this.mempool.push(transaction);
	}

	find(hash: Hash32): { block: Block; transaction: Mined } | null {
		for (const block of this.blocks) {
			const transaction = block.transactions.find((mined) => mined.hash === hash);
			if (transaction !== undefined) return { block, transaction };
		}
		return null;
	}

	logsOf(block: Block): ChainLog[] {
		return block.transactions
			.flatMap(({ hash, logs }) => logs.map((log) => ({ hash, log })))
			.map(({ hash, log }, logIndex) => ({
				address: CONTRACT,
				topics: [],
				data: encode(log),
				blockNumber: block.number,
				blockHash: block.hash,
				logIndex,
				transactionHash: hash,
			}));
	}
}

export function chainSource(chain: SimulatedChain, ports: ProcessPorts): ChainSource {
	return {
		headNumber: () => ports.node(false, () => chain.head.number),
		block: (number) =>
			ports.node(false, () => {
				const block = chain.blocks[number];
				if (block === undefined) return null;
				const { hash, parentHash, timestampSeconds, mayHaveLogs } = block;
				return { number, hash, parentHash, timestampSeconds, mayHaveLogs };
			}),
		logs: (asked) =>
			asked.mayHaveLogs
				? ports.node(false, () => {
						const block = chain.blocks[asked.number];
						if (block?.hash !== asked.hash) throw new Error("unknown block");
						return chain.logsOf(block);
					})
				: Promise.resolve([]),
	};
}

export const decodeLog: DecodeChainLog = (log) => {
	const { name, args, facts } = decode(log.data) as Emitted;
	const balanceChanges = facts.flatMap((fact): DecodedChainEvent["balanceChanges"] => {
		if (fact.kind === "Deposited") return [{ account: fact.account, deltaMsat: fact.amountMsat, windowId: null }];
		if (fact.kind !== "WindowSettled") return [];
		return fact.deltas.map((delta) => ({ ...delta, windowId: fact.windowId }));
	});
	return { contract: "Simulated", name, args, facts, balanceChanges, certificateTransfers: [] };
};

/** The node as the operator's sender uses it; it may take a transaction and forget it. */
export function senderNode(
	chain: SimulatedChain,
	ports: ProcessPorts,
	decodeRaw: (raw: Hex) => Transaction,
): SenderNode {
	return {
		headNumber: () => ports.node(false, () => chain.head.number),
		transactionCount: (account) => ports.node(false, () => chain.head.state.nonces[account] ?? 0),
		estimateFees: () =>
			ports.node(false, () => ({ maxFeePerGas: 2n * chain.baseFee, maxPriorityFeePerGas: 1_000_000_000n })),
		estimateGas: ({ data }) =>
			ports.node(false, () => {
				execute(structuredClone(chain.head.state), callOf(data), chain.head.timestampSeconds);
				return BigInt(GAS);
			}),
		receipt: (hash) =>
			ports.node(false, () => {
				const found = chain.find(hash);
				if (found === null) return null;
				return { blockNumber: found.block.number, isSuccess: found.transaction.isSuccess, gasUsed: GAS };
			}),
		knows: (hash) =>
			ports.node(false, () => chain.find(hash) !== null || chain.mempool.some((known) => known.hash === hash)),
		broadcast: (raw) =>
			ports.node(true, () => {
				if (ports.fault("lostTransaction")) return;
				chain.accept(decodeRaw(raw));
			}),
	};
}

export function calldata(call: Call): Hex {
	return encode(call);
}

export function callOf(data: Hex): Call {
	return decode(data) as Call;
}

export function hashOf(text: string): Hash32 {
	return `0x${createHash("sha256").update(text).digest("hex")}`;
}

function encode(value: unknown): Hex {
	return `0x${Buffer.from(JSON.stringify(value)).toString("hex")}`;
}

function decode(data: Hex): unknown {
	return JSON.parse(Buffer.from(data.slice(2), "hex").toString());
}
