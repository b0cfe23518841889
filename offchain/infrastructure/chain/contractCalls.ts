import { type AccessList, encodeFunctionData, type Hex } from "viem";
import { type Authority, DIRECTIVE_KINDS, type DirectiveKind } from "../../domain/engine/EngineInput.ts";
import { ENERGY_SOURCES, type EnergySource } from "../../domain/grid/energySource.ts";
import { LICENSEE_NUMBERS, type SignedReadings } from "../../domain/settlement/meterReadings.ts";
import type { MarketRulesVersion } from "../../domain/settlement/SettlementRules.ts";
import type { PlannedChunk, WindowPlan } from "../../domain/settlement/WindowPlan.ts";
import type { Address, Hash32 } from "../../domain/units/Address.ts";
import type { WindowId } from "../../domain/units/window.ts";
import type { Deployment } from "./Deployment.ts";
import {
	certificatesAbi,
	directivesAbi,
	registryAbi,
	rulesAbi,
	settlementAbi,
	tokenAbi,
	vaultAbi,
} from "./protocolAbi.ts";
import { AUTHORITY_NUMBERS } from "./roles.ts";
import { settlementAccessList } from "./settlementAccessList.ts";

/** A transaction still to be signed; `value` is always 0. The access list only makes it cheaper. */
export type ContractCall = { to: Address; data: Hex; accessList?: AccessList };

export type LicenceGrant = { account: Address; tier: number; validUntil: number };

/** A meter to register. Latitude and longitude in millionths of a degree. */
export type MeterRegistration = {
	meterId: number;
	owner: Address;
	zoneId: number;
	source: EnergySource;
	maxWindowWh: number;
	nodeId: number;
	latitudeMicrodegrees: number;
	longitudeMicrodegrees: number;
};

/** A directive to set; `value` as in `Directive`. */
export type DirectiveOrder = {
	authority: Exclude<Authority, "none">;
	kind: Exclude<DirectiveKind, "none">;
	zoneId: number;
	fromWindow: WindowId;
	toWindow: WindowId;
	value: number;
	reasonHash: Hash32;
};

/** Every call of the protocol against one deployment. Who may send which is in docs/GOVERNANCE.md. */
export function contractCalls({ addresses }: Pick<Deployment, "addresses">) {
	const token = addresses.SatoshiToken;
	const vault = addresses.CollateralVault;
	const registry = addresses.MeterRegistry;
	const settlement = addresses.WindowSettlement;
	const directives = addresses.GridDirectives;
	const certificates = addresses.CertificateRegistry;
	return {
		mintTestTokens: (account: Address, amountSat: bigint): ContractCall => ({
			to: token,
			data: encodeFunctionData({ abi: tokenAbi, functionName: "mint", args: [account, amountSat] }),
		}),
		approveVault: (amountSat: bigint): ContractCall => ({
			to: token,
			data: encodeFunctionData({ abi: tokenAbi, functionName: "approve", args: [vault, amountSat] }),
		}),
		deposit: (amountSat: bigint): ContractCall => ({
			to: vault,
			data: encodeFunctionData({ abi: vaultAbi, functionName: "deposit", args: [amountSat] }),
		}),
		depositFor: (account: Address, amountSat: bigint): ContractCall => ({
			to: vault,
			data: encodeFunctionData({ abi: vaultAbi, functionName: "depositFor", args: [account, amountSat] }),
		}),
		/** Sent by the account; the signature is an operator's over `withdrawalTypedData`. */
		withdraw: (amountSat: bigint, nonce: bigint, deadlineSeconds: bigint, operatorSignature: Hex): ContractCall => ({
			to: vault,
			data: encodeFunctionData({
				abi: vaultAbi,
				functionName: "withdraw",
				args: [amountSat, nonce, deadlineSeconds, operatorSignature],
			}),
		}),
		requestExit: (): ContractCall => ({
			to: vault,
			data: encodeFunctionData({ abi: vaultAbi, functionName: "requestExit" }),
		}),
		cancelExit: (): ContractCall => ({
			to: vault,
			data: encodeFunctionData({ abi: vaultAbi, functionName: "cancelExit" }),
		}),
		exit: (account: Address): ContractCall => ({
			to: vault,
			data: encodeFunctionData({ abi: vaultAbi, functionName: "exit", args: [account] }),
		}),
		raiseEpoch: (): ContractCall => ({
			to: vault,
			data: encodeFunctionData({ abi: vaultAbi, functionName: "raiseEpoch" }),
		}),
		licenseParticipants: (licences: readonly LicenceGrant[]): ContractCall => ({
			to: registry,
			data: encodeFunctionData({ abi: registryAbi, functionName: "licenseParticipants", args: [licences] }),
		}),
		revokeLicence: (account: Address): ContractCall => ({
			to: registry,
			data: encodeFunctionData({ abi: registryAbi, functionName: "revokeLicence", args: [account] }),
		}),
		registerMeters: (meters: readonly MeterRegistration[]): ContractCall => ({
			to: registry,
			data: encodeFunctionData({
				abi: registryAbi,
				functionName: "registerMeters",
				args: [meters.map((meter) => ({ ...meter, source: ENERGY_SOURCES.indexOf(meter.source) }))],
			}),
		}),
		deactivateMeter: (meterId: number): ContractCall => ({
			to: registry,
			data: encodeFunctionData({ abi: registryAbi, functionName: "deactivateMeter", args: [meterId] }),
		}),
		setAttester: (licensee: keyof typeof LICENSEE_NUMBERS, attester: Address, allowed: boolean): ContractCall => ({
			to: registry,
			data: encodeFunctionData({
				abi: registryAbi,
				functionName: "setAttester",
				args: [LICENSEE_NUMBERS[licensee], attester, allowed],
			}),
		}),
		setDelegate: (device: Address, untilWindow: WindowId): ContractCall => ({
			to: registry,
			data: encodeFunctionData({ abi: registryAbi, functionName: "setDelegate", args: [device, untilWindow] }),
		}),
		publishRules: (rules: MarketRulesVersion): ContractCall => ({
			to: addresses.MarketRules,
			data: encodeFunctionData({ abi: rulesAbi, functionName: "publishRules", args: [rulesArgument(rules)] }),
		}),
		/** `pricesByZone[zoneId - 1]`; 0 keeps the rules' price. */
		setShortfallPrices: (windowId: WindowId, pricesByZone: readonly number[]): ContractCall => ({
			to: addresses.MarketRules,
			data: encodeFunctionData({
				abi: rulesAbi,
				functionName: "setShortfallPrices",
				args: [windowId, pricesByZone.reduce((packed, price, i) => packed | (BigInt(price) << BigInt(16 * i)), 0n)],
			}),
		}),
		commitWindow: (plan: WindowPlan): ContractCall => ({
			to: settlement,
			data: encodeFunctionData({
				abi: settlementAbi,
				functionName: "commitWindow",
				args: [plan.windowId, plan.commitment, plan.chunks.length, plan.tradeCount],
			}),
		}),
		/** Chunks settle in order; `readings` must cover the chunk's selling meters. */
		settleChunk: (
			windowId: WindowId,
			chunk: Pick<PlannedChunk, "bytes" | "restHash">,
			readings: readonly SignedReadings[],
		): ContractCall => ({
			to: settlement,
			accessList: settlementAccessList(vault, chunk.bytes),
			data: encodeFunctionData({
				abi: settlementAbi,
				functionName: "settleChunk",
				args: [
					windowId,
					chunk.bytes,
					chunk.restHash,
					readings.map((batch) => ({ ...batch, licensee: LICENSEE_NUMBERS[batch.licensee] })),
				],
			}),
		}),
		voidWindow: (windowId: WindowId): ContractCall => ({
			to: settlement,
			data: encodeFunctionData({ abi: settlementAbi, functionName: "voidWindow", args: [windowId] }),
		}),
		expireWindow: (windowId: WindowId): ContractCall => ({
			to: settlement,
			data: encodeFunctionData({ abi: settlementAbi, functionName: "expireWindow", args: [windowId] }),
		}),
		/** Sent by the authority's Safe. */
		setDirective: (order: DirectiveOrder): ContractCall => ({
			to: directives,
			data: encodeFunctionData({
				abi: directivesAbi,
				functionName: "setDirective",
				args: [
					AUTHORITY_NUMBERS[order.authority],
					DIRECTIVE_KINDS.indexOf(order.kind),
					order.zoneId,
					order.fromWindow,
					order.toWindow,
					BigInt(order.value),
					order.reasonHash,
				],
			}),
		}),
		liftDirective: (directiveId: number, asAuthority: Exclude<Authority, "none">): ContractCall => ({
			to: directives,
			data: encodeFunctionData({
				abi: directivesAbi,
				functionName: "liftDirective",
				args: [directiveId, AUTHORITY_NUMBERS[asAuthority]],
			}),
		}),
		/** Issues the certificates of a chunk from the `record` of its `ChunkSettled` event, at most `maxTrades` trades. */
		issueCertificates: (windowId: WindowId, chunkIndex: number, record: Hex, maxTrades = 400): ContractCall => ({
			to: certificates,
			data: encodeFunctionData({
				abi: certificatesAbi,
				functionName: "issue",
				args: [windowId, chunkIndex, record, maxTrades],
			}),
		}),
		claimCertificate: (id: bigint, valueWh: bigint, claimData: Hex): ContractCall => ({
			to: certificates,
			data: encodeFunctionData({ abi: certificatesAbi, functionName: "claim", args: [id, valueWh, claimData] }),
		}),
		revokeCertificate: (id: bigint, reasonHash: Hash32): ContractCall => ({
			to: certificates,
			data: encodeFunctionData({ abi: certificatesAbi, functionName: "revoke", args: [id, reasonHash] }),
		}),
	};
}

export type ContractCalls = ReturnType<typeof contractCalls>;

/** What an operator signs to let an account withdraw at once. */
export function withdrawalTypedData(
	{ chainId, addresses }: Pick<Deployment, "chainId" | "addresses">,
	withdrawal: { account: Address; amountSat: bigint; nonce: bigint; deadlineSeconds: bigint },
) {
	return {
		domain: { name: "GridTokenX", version: "1", chainId, verifyingContract: addresses.CollateralVault },
		types: {
			Withdrawal: [
				{ name: "account", type: "address" },
				{ name: "amountSat", type: "uint256" },
				{ name: "nonce", type: "uint256" },
				{ name: "deadlineSeconds", type: "uint256" },
			],
		},
		primaryType: "Withdrawal",
		message: withdrawal,
	} as const;
}

/** The rules as the contract takes them. */
export function rulesArgument(rules: MarketRulesVersion) {
	if (rules.distributionSatPerKwh.length !== 16) throw new RangeError("distributionSatPerKwh needs 16 zones");
	return { ...rules, distributionSatPerKwh: rules.distributionSatPerKwh as unknown as Sixteen };
}

type Sixteen = readonly [
	...[number, number, number, number],
	...[number, number, number, number],
	...[number, number, number, number],
	...[number, number, number, number],
];
