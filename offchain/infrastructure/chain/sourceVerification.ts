import { readFileSync } from "node:fs";
import { type Abi, encodeDeployData, type Hex } from "viem";
import type { Address } from "../../domain/units/Address.ts";
import { CONTRACT_NAMES, type ContractName, type Deployment } from "./Deployment.ts";
import { constructorArguments, type DeployParameters } from "./deploySystem.ts";

const ARTIFACTS = new URL("../../../artifacts/", import.meta.url);

/** What an explorer or Sourcify asks to verify one contract's source. */
export type ContractVerification = {
	address: Address;
	/** Source file and name as the standard JSON input has them. */
	contract: string;
	compiler: string;
	/** Name of the standard JSON input among `inputs`. */
	input: string;
	constructorArguments: Hex;
	/** The same arguments, readable. */
	readableArguments: readonly unknown[];
};

export type SourceVerification = {
	contracts: Partial<Record<ContractName, ContractVerification>>;
	/** Compiler inputs by name, exactly as compiled. */
	inputs: Map<string, string>;
};

/** Everything source verification needs, from the artifacts that were deployed. A token that existed before is left out. */
export function sourceVerification(
	deployment: Deployment,
	parameters: DeployParameters,
	deployer: Address,
): SourceVerification {
	const all = constructorArguments(parameters, deployer, deployment);
	const verification: SourceVerification = { contracts: {}, inputs: new Map() };
	for (const name of CONTRACT_NAMES) {
		if (name === "SatoshiToken" && parameters.token !== undefined) continue;
		const path =
			name === "AccessManager"
				? "@openzeppelin/contracts/access/manager/AccessManager.sol/AccessManager.json"
				: `contracts/${name}.sol/${name}.json`;
		const artifact = readJson<{ abi: Abi; inputSourceName: string; buildInfoId: string }>(path);
		const build = readJson<{ solcLongVersion: string; input: unknown }>(`build-info/${artifact.buildInfoId}.json`);
		const input = `${artifact.buildInfoId}.json`;
		verification.inputs.set(input, JSON.stringify(build.input));
		const { args } = all[name];
		verification.contracts[name] = {
			address: deployment.addresses[name],
			contract: `${artifact.inputSourceName}:${name}`,
			compiler: `v${build.solcLongVersion}`,
			input,
			constructorArguments: encodeDeployData({ abi: artifact.abi, bytecode: "0x", args: args as unknown[] }),
			readableArguments: args,
		};
	}
	return verification;
}

function readJson<Content>(path: string): Content {
	return JSON.parse(readFileSync(new URL(path, ARTIFACTS), "utf8")) as Content;
}
