import { createPublicClient, encodeFunctionData, http, type PublicClient } from "viem";
import type { AttestedReadings } from "../../application/ports/MeterReading.ts";
import type {
	ChainWindow,
	ChainWindowStatus,
	CommittedChunk,
	SettlementChain,
	SettlementOutcome,
} from "../../application/ports/SettlementChain.ts";
import { packReadings } from "../../domain/settlement/meterReadings.ts";
import type { Hash32, Hex } from "../../domain/units/Address.ts";
import type { WindowId } from "../../domain/units/window.ts";
import { type ContractCall, type ContractCalls, contractCalls } from "../chain/contractCalls.ts";
import type { Deployment } from "../chain/Deployment.ts";
import { certificatesAbi, directivesAbi, settlementAbi } from "../chain/protocolAbi.ts";
import type { TransactionSender } from "./TransactionSender.ts";

const STATUSES: readonly ChainWindowStatus[] = ["none", "committed", "settling", "settled", "voided", "expired"];
/** Certificates of one transaction; each costs up to a new storage slot or two. */
const TRADES_PER_ISSUE = 200;

/** The settlement contracts through the operator's key. The request key of every call makes repeating it harmless. */
export class OperatorSettlementChain implements SettlementChain {
	private readonly client: PublicClient;
	private readonly calls: ContractCalls;
	private readonly deployment: Deployment;
	private readonly sender: TransactionSender;

	constructor(options: { rpcUrl: string; deployment: Deployment; sender: TransactionSender }) {
		this.client = createPublicClient({ transport: http(options.rpcUrl, { timeout: 15_000 }), cacheTime: 0 });
		this.deployment = options.deployment;
		this.calls = contractCalls(options.deployment);
		this.sender = options.sender;
	}

	async nowSeconds(): Promise<number> {
		return Number((await this.client.getBlock()).timestamp);
	}

	async window(windowId: WindowId): Promise<ChainWindow> {
		const { status, chunkCount, nextChunk } = await this.client.readContract({
			address: this.deployment.addresses.WindowSettlement,
			abi: settlementAbi,
			functionName: "window",
			args: [windowId],
		});
		return { status: STATUSES[status] as ChainWindowStatus, chunkCount, nextChunk };
	}

	async settlingWindow(): Promise<WindowId | null> {
		const windowId = await this.client.readContract({
			address: this.deployment.addresses.WindowSettlement,
			abi: settlementAbi,
			functionName: "settlingWindow",
		});
		return windowId === 0 ? null : windowId;
	}

	isVoided(windowId: WindowId): Promise<boolean> {
		return this.client.readContract({
			address: this.deployment.addresses.GridDirectives,
			abi: directivesAbi,
			functionName: "isVoided",
			args: [windowId],
		});
	}

	commit(windowId: WindowId, commitment: Hash32, chunkCount: number, tradeCount: number): Promise<SettlementOutcome> {
		const data = encodeFunctionData({
			abi: settlementAbi,
			functionName: "commitWindow",
			args: [windowId, commitment, chunkCount, tradeCount],
		});
		return this.send(`commit-${windowId}`, { to: this.deployment.addresses.WindowSettlement, data });
	}

	settleChunk(chunk: CommittedChunk, readings: AttestedReadings[]): Promise<SettlementOutcome> {
		const batches = readings.map((batch) => ({
			licensee: batch.licensee,
			readings: packReadings(batch.readings),
			signature: batch.signature,
		}));
		return this.send(`settle-${chunk.windowId}-${chunk.index}`, this.calls.settleChunk(chunk.windowId, chunk, batches));
	}

	issuedTrades(windowId: WindowId, chunkIndex: number): Promise<number> {
		return this.client.readContract({
			address: this.deployment.addresses.CertificateRegistry,
			abi: certificatesAbi,
			functionName: "issuedTrades",
			args: [windowId, chunkIndex],
		});
	}

	issueCertificates(
		windowId: WindowId,
		chunkIndex: number,
		record: Hex,
		fromTrade: number,
	): Promise<SettlementOutcome> {
		return this.send(
			`issue-${windowId}-${chunkIndex}-${fromTrade}`,
			this.calls.issueCertificates(windowId, chunkIndex, record, TRADES_PER_ISSUE),
		);
	}

	voidWindow(windowId: WindowId): Promise<SettlementOutcome> {
		return this.send(`void-${windowId}`, this.calls.voidWindow(windowId));
	}

	expireWindow(windowId: WindowId): Promise<SettlementOutcome> {
		return this.send(`expire-${windowId}`, this.calls.expireWindow(windowId));
	}

	private async send(requestKey: string, call: ContractCall): Promise<SettlementOutcome> {
		const outcome = await this.sender.send({ requestKey, ...call });
		if (outcome.status === "refused") return outcome;
		if (outcome.status === "reverted") {
			return { status: "refused", detail: `reverted in block ${outcome.blockNumber} (${outcome.transactionHash})` };
		}
		return { status: "done", transactionHash: outcome.transactionHash, gasUsed: outcome.gasUsed };
	}
}
