import type { Address } from "../../domain/units/Address.ts";

/** Names of the deployed contracts, as in `contracts/`. */
export const CONTRACT_NAMES = [
	"AccessManager",
	"SatoshiToken",
	"CollateralVault",
	"MeterRegistry",
	"MarketRules",
	"GridDirectives",
	"WindowSettlement",
	"CertificateRegistry",
	"AuditLens",
] as const;
export type ContractName = (typeof CONTRACT_NAMES)[number];

export const SAFE_NAMES = ["EGAT", "MEA", "PEA", "ERC", "COUNCIL"] as const;
export type SafeName = (typeof SAFE_NAMES)[number];

/** Where the protocol stands on one chain: `deploy/addresses/<chainId>.json`. Addresses are lower-case. */
export type Deployment = {
	chainId: number;
	/** First block an indexer has to read. */
	deployedBlock: number;
	addresses: Record<ContractName, Address>;
	safes: Record<SafeName, Address>;
	safeContracts: { singleton: Address; proxyFactory: Address; fallbackHandler: Address; multiSend: Address };
	chargeAccounts: Record<"EGAT" | "MEA" | "PEA" | "congestion" | "platform", Address>;
	parameters: { commitLeadSeconds: number; settlementDeadlineSeconds: number };
};
