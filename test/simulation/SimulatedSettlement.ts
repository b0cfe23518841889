import type {
	ChainWindow,
	CommittedChunk,
	SettlementChain,
	SettlementOutcome,
} from "../../offchain/application/ports/SettlementChain.ts";
import type { Hash32 } from "../../offchain/domain/units/Address.ts";
import type { WindowId } from "../../offchain/domain/units/window.ts";
import type { TransactionSender } from "../../offchain/infrastructure/reconciliation/TransactionSender.ts";
import type { ProcessPorts } from "./ProcessPorts.ts";
import { CONTRACT, calldata, type SimulatedChain } from "./SimulatedChain.ts";
import type { Call } from "./SimulatedContracts.ts";

const TRADES_PER_ISSUE = 3;

/** The contracts through the real transaction sender, with the request keys of the real adapter. */
export class SimulatedSettlement implements SettlementChain {
	private readonly chain: SimulatedChain;
	private readonly ports: ProcessPorts;
	private readonly sender: TransactionSender;

	constructor(chain: SimulatedChain, ports: ProcessPorts, sender: TransactionSender) {
		this.chain = chain;
		this.ports = ports;
		this.sender = sender;
	}

	nowSeconds(): Promise<number> {
		return this.ports.node(false, () => this.chain.head.timestampSeconds);
	}

	window(windowId: WindowId): Promise<ChainWindow> {
		return this.ports.node(false, () => {
			const window = this.chain.head.state.windows[windowId];
			if (window === undefined) return { status: "none", chunkCount: 0, nextChunk: 0 };
			const { status, chunkCount, nextChunk } = window;
			return { status, chunkCount, nextChunk };
		});
	}

	settlingWindow(): Promise<WindowId | null> {
		return this.ports.node(false, () => this.chain.head.state.settlingWindow);
	}

	isVoided(): Promise<boolean> {
		return this.ports.node(false, () => false);
	}

	commit(windowId: WindowId, commitment: Hash32, chunkCount: number, tradeCount: number): Promise<SettlementOutcome> {
		return this.send(`commit-${windowId}`, { call: "commitWindow", windowId, commitment, chunkCount, tradeCount });
	}

	settleChunk({ windowId, index, bytes, restHash }: CommittedChunk): Promise<SettlementOutcome> {
		return this.send(`settle-${windowId}-${index}`, { call: "settleChunk", windowId, index, bytes, restHash });
	}

	issuedTrades(windowId: WindowId, chunkIndex: number): Promise<number> {
		return this.ports.node(false, () => this.chain.head.state.issued[`${windowId}-${chunkIndex}`] ?? 0);
	}

	issueCertificates(windowId: WindowId, chunkIndex: number, _record: string, fromTrade: number) {
		return this.send(`issue-${windowId}-${chunkIndex}-${fromTrade}`, {
			call: "issueCertificates",
			windowId,
			chunkIndex,
			fromTrade,
			maxTrades: TRADES_PER_ISSUE,
		});
	}

	voidWindow(): Promise<SettlementOutcome> {
		throw new Error("no authority acts in this simulation");
	}

	expireWindow(windowId: WindowId): Promise<SettlementOutcome> {
		return this.send(`expire-${windowId}`, { call: "expireWindow", windowId });
	}

	private async send(requestKey: string, call: Call): Promise<SettlementOutcome> {
		const outcome = await this.sender.send({ requestKey, to: CONTRACT, data: calldata(call) });
		if (outcome.status === "refused") return outcome;
		if (outcome.status === "reverted") return { status: "refused", detail: "reverted" };
		return { status: "done", transactionHash: outcome.transactionHash, gasUsed: outcome.gasUsed };
	}
}
