import {
	type Address,
	concatHex,
	encodeAbiParameters,
	encodeFunctionData,
	getContractAddress,
	type Hex,
	keccak256,
	parseAbi,
} from "viem";
import { type DeployClients, deployCreate2, hasCode, send } from "./createTwo.ts";
import type { Deployment, SafeName } from "./Deployment.ts";
import { loadSafeArtifact } from "./loadArtifact.ts";
import { safeAbi } from "./safeTransaction.ts";

const factoryAbi = parseAbi([
	"function createProxyWithNonce(address singleton, bytes initializer, uint256 saltNonce) returns (address)",
	"function proxyCreationCode() view returns (bytes)",
]);
const ZERO_ADDRESS: Address = `0x${"00".repeat(20)}`;

export type SafeOwners = Record<Exclude<SafeName, "COUNCIL">, readonly Address[]>;

/** Safe's own contracts from Safe's own package. */
export async function deploySafeContracts(clients: DeployClients, salt: Hex): Promise<Deployment["safeContracts"]> {
	const deploy = (path: string) => deployCreate2(clients, loadSafeArtifact(path).bytecode, salt);
	return {
		singleton: await deploy("SafeL2"),
		proxyFactory: await deploy("proxies/SafeProxyFactory"),
		fallbackHandler: await deploy("handler/CompatibilityFallbackHandler"),
		multiSend: await deploy("libraries/MultiSendCallOnly"),
	};
}

/** One Safe per authority, and the council's, owned by those four. */
export async function deploySafes(
	clients: DeployClients,
	contracts: Deployment["safeContracts"],
	owners: SafeOwners,
	thresholds: { authority: number; council: number },
	salt: Hex,
): Promise<Deployment["safes"]> {
	const safes = {} as Deployment["safes"];
	for (const name of ["EGAT", "MEA", "PEA", "ERC"] as const) {
		safes[name] = await deploySafe(clients, contracts, owners[name], thresholds.authority, saltNonce(salt, name));
	}
	const authorities = [safes.EGAT, safes.MEA, safes.PEA, safes.ERC];
	safes.COUNCIL = await deploySafe(clients, contracts, authorities, thresholds.council, saltNonce(salt, "COUNCIL"));
	return safes;
}

async function deploySafe(
	clients: DeployClients,
	contracts: Deployment["safeContracts"],
	owners: readonly Address[],
	threshold: number,
	nonce: bigint,
): Promise<Address> {
	const initializer = encodeFunctionData({
		abi: safeAbi,
		functionName: "setup",
		args: [owners, BigInt(threshold), ZERO_ADDRESS, "0x", contracts.fallbackHandler, ZERO_ADDRESS, 0n, ZERO_ADDRESS],
	});
	const creationCode = await clients.publicClient.readContract({
		address: contracts.proxyFactory,
		abi: factoryAbi,
		functionName: "proxyCreationCode",
	});
	const address = getContractAddress({
		opcode: "CREATE2",
		from: contracts.proxyFactory,
		salt: keccak256(concatHex([keccak256(initializer), encodeAbiParameters([{ type: "uint256" }], [nonce])])),
		bytecode: concatHex([creationCode, encodeAbiParameters([{ type: "address" }], [contracts.singleton])]),
	}).toLowerCase() as Address;
	if (await hasCode(clients, address)) return address;
	const data = encodeFunctionData({
		abi: factoryAbi,
		functionName: "createProxyWithNonce",
		args: [contracts.singleton, initializer, nonce],
	});
	await send(clients, { to: contracts.proxyFactory, data });
	if (!(await hasCode(clients, address))) throw new Error(`the Safe did not appear at ${address}`);
	return address;
}

function saltNonce(salt: Hex, name: SafeName): bigint {
	return BigInt(keccak256(concatHex([salt, `0x${Buffer.from(name).toString("hex")}`])));
}
