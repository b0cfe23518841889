import { concatHex, encodeFunctionData, type Hex, hashTypedData, keccak256, parseAbi, stringToBytes } from "viem";
import type { Address } from "../../domain/units/Address.ts";
import type { ContractCall } from "./contractCalls.ts";

export const safeAbi = parseAbi([
	"function setup(address[] owners, uint256 threshold, address to, bytes data, address fallbackHandler, address paymentToken, uint256 payment, address paymentReceiver)",
	"function nonce() view returns (uint256)",
	"function getOwners() view returns (address[])",
	"function getThreshold() view returns (uint256)",
	"function getTransactionHash(address to, uint256 value, bytes data, uint8 operation, uint256 safeTxGas, uint256 baseGas, uint256 gasPrice, address gasToken, address refundReceiver, uint256 nonce) view returns (bytes32)",
	"function approveHash(bytes32 hashToApprove)",
	"function execTransaction(address to, uint256 value, bytes data, uint8 operation, uint256 safeTxGas, uint256 baseGas, uint256 gasPrice, address gasToken, address refundReceiver, bytes signatures) payable returns (bool)",
	"event ExecutionSuccess(bytes32 indexed txHash, uint256 payment)",
	"event ExecutionFailure(bytes32 indexed txHash, uint256 payment)",
]);

const ZERO_ADDRESS: Address = `0x${"00".repeat(20)}`;

/** A multisig transaction: a plain call, with no refund and all gas. Delegate calls are not offered. */
export type SafeTransaction = { chainId: number; safe: Address; to: Address; data: Hex; nonce: bigint };

/** An owner's EIP-712 signature (65 bytes), or for an owner that is itself a Safe its approval of the hash on chain. */
export type SafeApproval = { owner: Address; signature: Hex } | { owner: Address; approvedOnChain: true };

const SAFE_TRANSACTION_TYPES = {
	SafeTx: [
		{ name: "to", type: "address" },
		{ name: "value", type: "uint256" },
		{ name: "data", type: "bytes" },
		{ name: "operation", type: "uint8" },
		{ name: "safeTxGas", type: "uint256" },
		{ name: "baseGas", type: "uint256" },
		{ name: "gasPrice", type: "uint256" },
		{ name: "gasToken", type: "address" },
		{ name: "refundReceiver", type: "address" },
		{ name: "nonce", type: "uint256" },
	],
} as const;

/** What each owner signs: the call itself, never a bare hash. */
export function safeTypedData({ chainId, safe, to, data, nonce }: SafeTransaction) {
	return {
		domain: { chainId, verifyingContract: safe },
		types: SAFE_TRANSACTION_TYPES,
		primaryType: "SafeTx",
		message: {
			to,
			value: 0n,
			data,
			operation: 0,
			safeTxGas: 0n,
			baseGas: 0n,
			gasPrice: 0n,
			gasToken: ZERO_ADDRESS,
			refundReceiver: ZERO_ADDRESS,
			nonce,
		},
	} as const;
}

/** The hash the signatures are over, and `approveHash` approves. */
export function safeTransactionHash(transaction: SafeTransaction): Hex {
	return hashTypedData(safeTypedData(transaction));
}

/** The call that executes a transaction with enough approvals; anybody may send it. */
export function execTransaction(transaction: SafeTransaction, approvals: readonly SafeApproval[]): ContractCall {
	return {
		to: transaction.safe,
		data: encodeFunctionData({
			abi: safeAbi,
			functionName: "execTransaction",
			args: [transaction.to, 0n, transaction.data, 0, 0n, 0n, 0n, ZERO_ADDRESS, ZERO_ADDRESS, packApprovals(approvals)],
		}),
	};
}

/** The call by which an owner that is a contract approves a transaction. */
export function approveHash(transaction: SafeTransaction): ContractCall {
	return {
		to: transaction.safe,
		data: encodeFunctionData({
			abi: safeAbi,
			functionName: "approveHash",
			args: [safeTransactionHash(transaction)],
		}),
	};
}

/** Safe wants signatures ascending by owner; an on-chain approval is the owner with v = 1. */
export function packApprovals(approvals: readonly SafeApproval[]): Hex {
	const sorted = [...approvals].sort((a, b) => (a.owner.toLowerCase() < b.owner.toLowerCase() ? -1 : 1));
	return concatHex(
		sorted.map((approval) =>
			"signature" in approval
				? approval.signature
				: (`0x${approval.owner.slice(2).padStart(64, "0")}${"00".repeat(32)}01` as Hex),
		),
	);
}

/** A batch as Safe's Transaction Builder imports and exports it. */
export type TransactionBuilderBatch = {
	version: "1.0";
	chainId: string;
	createdAt: number;
	meta: {
		name: string;
		description: string;
		txBuilderVersion: string;
		createdFromSafeAddress: string;
		createdFromOwnerAddress: string;
		checksum?: string;
	};
	transactions: { to: Address; value: string; data: Hex; contractMethod: null; contractInputsValues: null }[];
};

/** Exports calls for signing in Safe's own web application. `createdAtMillis` is given so that the same calls give the same file. */
export function transactionBuilderBatch(batch: {
	chainId: number;
	safe: Address;
	name: string;
	description: string;
	calls: readonly ContractCall[];
	createdAtMillis: number;
}): TransactionBuilderBatch {
	const file: TransactionBuilderBatch = {
		version: "1.0",
		chainId: String(batch.chainId),
		createdAt: batch.createdAtMillis,
		meta: {
			name: batch.name,
			description: batch.description,
			txBuilderVersion: "1.17.1",
			createdFromSafeAddress: batch.safe,
			createdFromOwnerAddress: "",
		},
		transactions: batch.calls.map((call) => ({
			to: call.to,
			value: "0",
			data: call.data,
			contractMethod: null,
			contractInputsValues: null,
		})),
	};
	return { ...file, meta: { ...file.meta, checksum: transactionBuilderChecksum(file) } };
}

/** Transaction Builder's checksum: keccak of its own serialisation, over the file without name and checksum. */
export function transactionBuilderChecksum(file: TransactionBuilderBatch): Hex {
	const { checksum: _checksum, ...meta } = file.meta;
	return keccak256(stringToBytes(serialise({ ...file, meta: { ...meta, name: null } })));
}

/** Keys sorted and written first, then the values in that order, as Transaction Builder does. */
function serialise(value: unknown): string {
	if (Array.isArray(value)) return `[${value.map(serialise).join(",")}]`;
	if (typeof value !== "object" || value === null) return `${JSON.stringify(value)}`;
	const entries = value as Record<string, unknown>;
	const keys = Object.keys(entries).sort();
	return `{${JSON.stringify(keys)}${keys.map((key) => `${serialise(entries[key])},`).join("")}}`;
}
