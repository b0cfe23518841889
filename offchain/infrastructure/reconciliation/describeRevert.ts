import { type Abi, decodeErrorResult, type Hex } from "viem";
import { loadAccessManagerArtifact, loadArtifact } from "../chain/loadArtifact.ts";

const CONTRACTS = [
	"WindowSettlement",
	"CollateralVault",
	"MeterRegistry",
	"MarketRules",
	"GridDirectives",
	"CertificateRegistry",
];

let errorAbi: Abi | null = null;

/** A contract's error in words: "ReadingMissing(17, 1800022500)"; the bytes themselves when nobody knows them. */
export function describeRevert(data: Hex): string {
	errorAbi ??= [...CONTRACTS.map(loadArtifact), loadAccessManagerArtifact()]
		.flatMap(({ abi }) => abi)
		.filter((item) => item.type === "error");
	try {
		const { errorName, args } = decodeErrorResult({ abi: errorAbi, data });
		return `${errorName}(${(args ?? []).join(", ")})`;
	} catch {
		return data;
	}
}
