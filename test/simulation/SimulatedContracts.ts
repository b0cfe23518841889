import { createHash } from "node:crypto";
import type { ChainWindowStatus } from "../../offchain/application/ports/SettlementChain.ts";
import type { ChainFactBody } from "../../offchain/domain/engine/EngineInput.ts";
import { chainHash } from "../../offchain/domain/settlement/buildWindowPlan.ts";
import type { Address, Hash32, Hex } from "../../offchain/domain/units/Address.ts";
import { type WindowId, windowEnd, windowStart } from "../../offchain/domain/units/window.ts";
import { type ChunkTrade, readChunk } from "./readChunk.ts";

export const PLATFORM: Address = `0x${"fe".repeat(20)}`;

/** What a transaction asks of the contracts; calldata is this as JSON in hex. */
export type Call =
	| { call: "fact"; fact: ChainFactBody }
	| { call: "commitWindow"; windowId: WindowId; commitment: Hash32; chunkCount: number; tradeCount: number }
	| { call: "settleChunk"; windowId: WindowId; index: number; bytes: Hex; restHash: Hash32 }
	| { call: "issueCertificates"; windowId: WindowId; chunkIndex: number; fromTrade: number; maxTrades: number }
	| { call: "expireWindow"; windowId: WindowId };

type WindowOnChain = {
	status: ChainWindowStatus;
	/** What the next chunk must hash to. */
	expected: Hash32;
	chunkCount: number;
	nextChunk: number;
	tradesByChunk: number[];
};

export type ContractState = {
	balances: Record<Address, number>;
	windows: Record<WindowId, WindowOnChain>;
	issued: Record<string, number>;
	settlingWindow: WindowId | null;
	nonces: Record<Address, number>;
};

export type Emitted = { name: string; args: Record<string, unknown>; facts: ChainFactBody[] };

export class Revert extends Error {
	constructor(reason: string) {
		super(`execution reverted: ${reason}`);
	}
}

/**
 * The settlement contracts as the off-chain programs see them: the same order of things, the same refusals, one
 * account's gain another's loss. Prices are the trades' own: metering and charges are tested elsewhere.
 */
export function execute(state: ContractState, call: Call, nowSeconds: number): Emitted[] {
	switch (call.call) {
		case "fact":
			return fact(state, call.fact);
		case "commitWindow": {
			const { windowId, commitment, chunkCount } = call;
			if (state.windows[windowId] !== undefined) throw new Revert("WindowAlreadyCommitted");
			if (nowSeconds >= windowStart(windowId)) throw new Revert("CommitTooLate");
			if (nowSeconds < windowStart(windowId) - 300) throw new Revert("CommitTooEarly");
			state.windows[windowId] = {
				status: "committed",
				expected: commitment,
				chunkCount,
				nextChunk: 0,
				tradesByChunk: [],
			};
			return [{ name: "WindowCommitted", args: { windowId }, facts: [{ kind: "WindowCommitted", windowId }] }];
		}
		case "settleChunk":
			return settleChunk(state, call, nowSeconds);
		case "issueCertificates": {
			const { windowId, chunkIndex, maxTrades } = call;
			const trades = state.windows[windowId]?.tradesByChunk[chunkIndex];
			const key = `${windowId}-${chunkIndex}`;
			const issued = state.issued[key] ?? 0;
			if (trades === undefined) throw new Revert("ChunkNotSettled");
			if (issued >= trades) throw new Revert("NothingToIssue");
			state.issued[key] = Math.min(trades, issued + maxTrades);
			return [{ name: "CertificatesIssued", args: { windowId, chunkIndex, upTo: state.issued[key] }, facts: [] }];
		}
		case "expireWindow": {
			const { windowId } = call;
			if (state.windows[windowId] !== undefined) throw new Revert("WindowNotExpirable");
			if (nowSeconds < windowStart(windowId)) throw new Revert("WindowNotExpirable");
			state.windows[windowId] = {
				status: "expired",
				expected: `0x${"0".repeat(64)}`,
				chunkCount: 0,
				nextChunk: 0,
				tradesByChunk: [],
			};
			return [{ name: "WindowExpired", args: { windowId }, facts: [{ kind: "WindowExpired", windowId }] }];
		}
	}
}

function fact(state: ContractState, body: ChainFactBody): Emitted[] {
	if (body.kind === "Deposited") {
		state.balances[body.account] = (state.balances[body.account] ?? 0) + body.amountMsat;
	}
	return [{ name: body.kind, args: { ...body }, facts: [body] }];
}

function settleChunk(
	state: ContractState,
	{ windowId, index, bytes, restHash }: Extract<Call, { call: "settleChunk" }>,
	nowSeconds: number,
): Emitted[] {
	const window = state.windows[windowId];
	if (window === undefined || (window.status !== "committed" && window.status !== "settling")) {
		throw new Revert("WindowNotCommitted");
	}
	if (nowSeconds < windowEnd(windowId)) throw new Revert("WindowNotDelivered");
	if (state.settlingWindow !== null && state.settlingWindow !== windowId) throw new Revert("OtherWindowSettling");
	if (index !== window.nextChunk || chainHash(bytes, restHash) !== window.expected) throw new Revert("ChunkMismatch");
	const { trades } = readChunk(bytes);
	const deltas = deltasOf(trades);
	for (const { account, deltaMsat } of deltas) {
		state.balances[account] = (state.balances[account] ?? 0) + deltaMsat;
		if ((state.balances[account] ?? 0) < 0) throw new Revert("InsufficientBalance");
	}
	window.expected = restHash;
	window.nextChunk += 1;
	window.tradesByChunk.push(trades.length);
	const isLast = window.nextChunk === window.chunkCount;
	window.status = isLast ? "settled" : "settling";
	state.settlingWindow = isLast ? null : windowId;
	const settled: ChainFactBody = { kind: "WindowSettled", windowId, deltas, ...(isLast ? {} : { partial: true }) };
	return [
		{ name: "BalancesSettled", args: { windowId, deltas }, facts: [settled] },
		{
			name: "ChunkSettled",
			args: { windowId, chunkIndex: index, last: isLast, record: recordOf(bytes), trades: trades.length },
			facts: [],
		},
	];
}

/** Net change of each account, zeros left out, ascending. */
export function deltasOf(trades: readonly ChunkTrade[]): { account: Address; deltaMsat: number }[] {
	const deltas = new Map<Address, number>();
	const add = (account: Address, msat: number) => deltas.set(account, (deltas.get(account) ?? 0) + msat);
	for (const { seller, buyer, energyWh, sellerPriceSatPerKwh, buyerPriceSatPerKwh } of trades) {
		add(buyer, -energyWh * buyerPriceSatPerKwh);
		add(seller, energyWh * sellerPriceSatPerKwh);
		add(PLATFORM, energyWh * (buyerPriceSatPerKwh - sellerPriceSatPerKwh));
	}
	return [...deltas]
		.filter(([, deltaMsat]) => deltaMsat !== 0)
		.sort(([a], [b]) => (a < b ? -1 : 1))
		.map(([account, deltaMsat]) => ({ account, deltaMsat }));
}

function recordOf(bytes: Hex): Hex {
	return `0x${createHash("sha256").update(bytes).digest("hex")}`;
}
