import { createHash } from "node:crypto";
import type { Address, Hash32 } from "../../offchain/domain/units/Address.ts";
import type { ChainBlock, ChainLog, ChainSource } from "../../offchain/infrastructure/reconciliation/ChainSource.ts";
import type { DecodeChainLog } from "../../offchain/infrastructure/reconciliation/DecodedChainEvent.ts";

/** What a scripted log says; as JSON in its data. */
export type ScriptedEvent =
	| { name: "Deposited"; account: Address; amountMsat: number }
	| { name: "Withdrawn"; account: Address; amountMsat: number }
	| { name: "BalancesSettled"; windowId: number; deltas: { account: Address; deltaMsat: number }[] }
	| { name: "TransferSingle"; tokenId: string; from: Address; to: Address; energyWh: number }
	| { name: "DirectiveLifted"; directiveId: number };

/** The part of a log that its contract decides. */
export type RawLog = Pick<ChainLog, "address" | "topics" | "data">;

type Block = ChainBlock & { logs: ChainLog[] };

/** A chain in memory whose history can be rewritten at will. */
export class ScriptedChain implements ChainSource {
	private blocks: Block[] = [];
	private salt = 0;
	/** Called before every answer: a place to change the chain under the reader's feet, or to throw. */
	beforeAnswer: () => void = () => undefined;

	constructor() {
		this.mine([]);
	}

	mine(events: ScriptedEvent[]): void {
		this.mineLogs(
			events.map((event) => ({
				address: `0x${"aa".repeat(20)}` as Address,
				topics: [],
				data: `0x${Buffer.from(JSON.stringify(event)).toString("hex")}` as const,
			})),
		);
	}

	/** A block with these logs, in this order. */
	mineLogs(contents: RawLog[]): void {
		const number = this.blocks.length;
		const parentHash = this.blocks.at(-1)?.hash ?? hash("genesis");
		const blockHash = hash(`${parentHash} ${number} ${this.salt} ${JSON.stringify(contents)}`);
		const logs = contents.map((content, logIndex) => ({
			...content,
			blockNumber: number,
			blockHash,
			logIndex,
			transactionHash: hash(`${blockHash} ${logIndex}`),
		}));
		this.blocks.push({
			number,
			hash: blockHash,
			parentHash,
			timestampSeconds: 1_800_000_000 + number,
			mayHaveLogs: logs.length > 0,
			logs,
		});
	}

	/** Forgets the newest blocks; what is mined afterwards has other hashes. */
	dropBlocks(depth: number): void {
		this.blocks.splice(-depth);
		this.salt += 1;
	}

	copy(): ScriptedChain {
		const copy = new ScriptedChain();
		copy.become(this);
		return copy;
	}

	/** Takes the history of another one. */
	become(other: ScriptedChain): void {
		this.blocks = [...other.blocks];
	}

	get height(): number {
		return this.blocks.length - 1;
	}

	async headNumber(): Promise<number> {
		this.beforeAnswer();
		return this.height;
	}

	async block(number: number): Promise<ChainBlock | null> {
		this.beforeAnswer();
		const block = this.blocks[number];
		if (block === undefined) return null;
		const { logs: _, ...header } = block;
		return header;
	}

	async logs(wanted: ChainBlock): Promise<ChainLog[]> {
		this.beforeAnswer();
		const block = this.blocks[wanted.number];
		if (block?.hash !== wanted.hash) throw new Error("connection reset");
		return block.logs;
	}
}

function hash(text: string): Hash32 {
	return `0x${createHash("sha256").update(text).digest("hex")}`;
}

export const decodeScripted: DecodeChainLog = (log) => {
	const event = JSON.parse(Buffer.from(log.data.slice(2), "hex").toString()) as ScriptedEvent;
	const { name, ...args } = event;
	const empty = { contract: "Scripted", name, args, facts: [], balanceChanges: [], certificateTransfers: [] };
	switch (event.name) {
		case "Deposited":
		case "Withdrawn": {
			const { account, amountMsat } = event;
			const deltaMsat = event.name === "Deposited" ? amountMsat : -amountMsat;
			return {
				...empty,
				facts: [{ kind: event.name, account, amountMsat }],
				balanceChanges: [{ account, deltaMsat, windowId: null }],
			};
		}
		case "BalancesSettled":
			return {
				...empty,
				facts: [{ kind: "WindowSettled", windowId: event.windowId, deltas: event.deltas }],
				balanceChanges: event.deltas.map((delta) => ({ ...delta, windowId: event.windowId })),
			};
		case "TransferSingle":
			return { ...empty, certificateTransfers: [event] };
		case "DirectiveLifted":
			return { ...empty, facts: [{ kind: "DirectiveLifted", directiveId: event.directiveId }] };
	}
};
