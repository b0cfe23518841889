import { encodeDeployData, encodeFunctionData, type Hex, toFunctionSelector } from "viem";
import type { MarketRulesVersion } from "../../domain/settlement/SettlementRules.ts";
import type { Address } from "../../domain/units/Address.ts";
import { rulesArgument } from "./contractCalls.ts";
import { type DeployClients, deployCreate2, ensureFactory, send } from "./createTwo.ts";
import { CONTRACT_NAMES, type ContractName, type Deployment, type SafeName } from "./Deployment.ts";
import { deploySafeContracts, deploySafes, type SafeOwners } from "./deploySafes.ts";
import { type Artifact, loadAccessManagerArtifact, loadArtifact } from "./loadArtifact.ts";
import { accessManagerAbi, registryAbi, vaultAbi } from "./protocolAbi.ts";
import { FAUCET_FUNCTION, RESTRICTED_FUNCTIONS } from "./restrictedFunctions.ts";
import { AUTHORITY_NUMBERS, ROLE_ADMINS, ROLES, type RoleName } from "./roles.ts";

/** Who holds what from the first block on. */
export type DeployParameters = {
	/** Owners of each authority's Safe. */
	owners: SafeOwners;
	thresholds: { authority: number; council: number };
	operators: readonly Address[];
	/** Working keys of each authority for licences (ERC) and meters (licensees). */
	registrars: Record<Exclude<SafeName, "COUNCIL">, readonly Address[]>;
	attesters: Record<"EGAT" | "MEA" | "PEA", readonly Address[]>;
	systemOperators: readonly Address[];
	/** Receives congestion and platform charges; wheeling goes to the licensees' Safes. */
	congestionAccount: Address;
	platformAccount: Address;
	rules: MarketRulesVersion;
	/** Avoided grams per kWh by energy source, index as in ENERGY_SOURCES. */
	avoidedGramsPerKwh: readonly number[];
	/** An existing 8-decimal token; without it a test token with an open faucet is deployed. */
	token?: Address;
	/** How long anything the council does as administrator waits; longer than an exit takes. */
	adminDelaySeconds: number;
	/** Another salt gives another set of addresses. */
	salt: Hex;
};

export const COMMIT_LEAD_SECONDS = 900;
export const SETTLEMENT_DEADLINE_SECONDS = 86_400;

/**
 * Deploys and wires the whole protocol, and leaves the deployer with nothing. Addresses depend only on the salt, the
 * deployer and the parameters; what is already there is not deployed again, so an interrupted run is repeated safely.
 */
export async function deploySystem(clients: DeployClients, parameters: DeployParameters): Promise<Deployment> {
	const deployer = clients.walletClient.account?.address.toLowerCase() as Address;
	const chainId = await clients.publicClient.getChainId();
	const deployedBlock = Number(await clients.publicClient.getBlockNumber());
	await ensureFactory(clients);
	const safeContracts = await deploySafeContracts(clients, parameters.salt);
	const safes = await deploySafes(clients, safeContracts, parameters.owners, parameters.thresholds, parameters.salt);
	const chargeAccounts = {
		EGAT: safes.EGAT,
		MEA: safes.MEA,
		PEA: safes.PEA,
		congestion: parameters.congestionAccount,
		platform: parameters.platformAccount,
	};
	const addresses = await deployContracts(clients, parameters, deployer, chargeAccounts);
	await wire(clients, parameters, deployer, addresses, safes);
	return {
		chainId,
		deployedBlock,
		addresses,
		safes,
		safeContracts,
		chargeAccounts,
		parameters: {
			commitLeadSeconds: COMMIT_LEAD_SECONDS,
			settlementDeadlineSeconds: SETTLEMENT_DEADLINE_SECONDS,
		},
	};
}

/** Constructor arguments of every contract: what deployment encodes and source verification asks for. */
export function constructorArguments(
	parameters: DeployParameters,
	deployer: Address,
	{ addresses, chargeAccounts }: Pick<Deployment, "addresses" | "chargeAccounts">,
): Record<ContractName, { artifact: string; args: readonly unknown[] }> {
	const manager = addresses.AccessManager;
	const { CollateralVault: vault, MeterRegistry: registry, GridDirectives: directives } = addresses;
	const receivers = {
		egat: chargeAccounts.EGAT,
		mea: chargeAccounts.MEA,
		pea: chargeAccounts.PEA,
		congestion: chargeAccounts.congestion,
		platform: chargeAccounts.platform,
	};
	const factors = parameters.avoidedGramsPerKwh.reduce((packed, g, i) => packed | (BigInt(g) << BigInt(16 * i)), 0n);
	const settlement = [manager, vault, registry, addresses.MarketRules, directives];
	return {
		AccessManager: { artifact: "AccessManager", args: [deployer] },
		SatoshiToken: { artifact: "SatoshiToken", args: [manager] },
		CollateralVault: { artifact: "CollateralVault", args: [manager, addresses.SatoshiToken, receivers] },
		MeterRegistry: { artifact: "MeterRegistry", args: [manager, vault] },
		MarketRules: { artifact: "MarketRules", args: [manager, rulesArgument(parameters.rules)] },
		GridDirectives: { artifact: "GridDirectives", args: [manager] },
		WindowSettlement: { artifact: "WindowSettlement", args: settlement },
		CertificateRegistry: {
			artifact: "CertificateRegistry",
			args: [manager, addresses.WindowSettlement, registry, `0x${factors.toString(16)}`],
		},
		AuditLens: { artifact: "AuditLens", args: [vault, registry, directives] },
	};
}

async function deployContracts(
	clients: DeployClients,
	parameters: DeployParameters,
	deployer: Address,
	chargeAccounts: Deployment["chargeAccounts"],
): Promise<Record<ContractName, Address>> {
	const addresses = {} as Record<ContractName, Address>;
	// In this order each contract's arguments are already known.
	for (const name of CONTRACT_NAMES) {
		if (name === "SatoshiToken" && parameters.token !== undefined) {
			addresses[name] = parameters.token;
			continue;
		}
		const { args } = constructorArguments(parameters, deployer, { addresses, chargeAccounts })[name];
		const { abi, bytecode }: Artifact = name === "AccessManager" ? loadAccessManagerArtifact() : loadArtifact(name);
		const initCode = encodeDeployData({ abi, bytecode, args: args as unknown[] });
		addresses[name] = await deployCreate2(clients, initCode, parameters.salt);
	}
	return addresses;
}

async function wire(
	clients: DeployClients,
	parameters: DeployParameters,
	deployer: Address,
	addresses: Record<ContractName, Address>,
	safes: Deployment["safes"],
): Promise<void> {
	const manager = addresses.AccessManager;
	const [deployerIsAdmin] = await clients.publicClient.readContract({
		address: manager,
		abi: accessManagerAbi,
		functionName: "hasRole",
		args: [ROLES.ADMIN, deployer],
	});
	if (!deployerIsAdmin) return;

	const vault = addresses.CollateralVault;
	await send(clients, { to: vault, data: vaultCall("setSettlement", addresses.WindowSettlement) });
	await send(clients, { to: vault, data: vaultCall("setRegistry", addresses.MeterRegistry) });
	const licensees = ["EGAT", "MEA", "PEA"] as const;
	await multicall(clients, manager, [
		...roleSetup(addresses, parameters),
		...grants(parameters, safes),
		// The deployer names the first attesters in the licensees' place.
		...licensees.map((name) => grant(name, deployer, 0)),
	]);
	for (const name of licensees) {
		for (const attester of parameters.attesters[name]) {
			const data = encodeFunctionData({
				abi: registryAbi,
				functionName: "setAttester",
				args: [AUTHORITY_NUMBERS[name], attester, true],
			});
			await send(clients, { to: addresses.MeterRegistry, data });
		}
	}
	await multicall(clients, manager, [
		...licensees.map((name) => managerCall("revokeRole", [ROLES[name], deployer])),
		...roleAdmins(),
		grant("ADMIN", safes.COUNCIL, parameters.adminDelaySeconds),
		managerCall("renounceRole", [ROLES.ADMIN, deployer]),
	]);
}

function roleSetup(addresses: Record<ContractName, Address>, parameters: DeployParameters): Hex[] {
	const names = (Object.keys(ROLES) as RoleName[]).filter((name) => name !== "ADMIN" && name !== "PUBLIC");
	const faucet = parameters.token === undefined ? [FAUCET_FUNCTION] : [];
	return [
		...names.map((name) => managerCall("labelRole", [ROLES[name], name])),
		...[...RESTRICTED_FUNCTIONS, ...faucet]
			.filter(({ role }) => role !== "ADMIN")
			.map(({ contract, signature, role }) =>
				managerCall("setTargetFunctionRole", [
					addresses[contract],
					[toFunctionSelector(`function ${signature}`)],
					ROLES[role],
				]),
			),
	];
}

/** From here on the authorities appoint their own keys. */
function roleAdmins(): Hex[] {
	const entries = Object.entries(ROLE_ADMINS) as [RoleName, RoleName][];
	return entries.map(([role, admin]) => managerCall("setRoleAdmin", [ROLES[role], ROLES[admin]]));
}

function grants(parameters: DeployParameters, safes: Deployment["safes"]): Hex[] {
	const authorities = Object.keys(safes) as SafeName[];
	const registrars = Object.entries(parameters.registrars) as [Exclude<SafeName, "COUNCIL">, readonly Address[]][];
	return [
		...authorities.map((name) => grant(name, safes[name], 0)),
		...parameters.operators.map((operator) => grant("OPERATOR", operator, 0)),
		...parameters.systemOperators.map((operator) => grant("SYSTEM_OPERATOR", operator, 0)),
		...registrars.flatMap(([name, keys]) => keys.map((key) => grant(`${name}_REGISTRAR`, key, 0))),
	];
}

function grant(role: RoleName, account: Address, delaySeconds: number): Hex {
	return managerCall("grantRole", [ROLES[role], account, delaySeconds]);
}

/** Several changes of the manager in one transaction: all or none. */
async function multicall(clients: DeployClients, manager: Address, calls: Hex[]): Promise<void> {
	const data = encodeFunctionData({ abi: accessManagerAbi, functionName: "multicall", args: [calls] });
	await send(clients, { to: manager, data });
}

type ManagerFunction =
	| "labelRole"
	| "grantRole"
	| "revokeRole"
	| "renounceRole"
	| "setRoleAdmin"
	| "setTargetFunctionRole";

function managerCall(functionName: ManagerFunction, args: readonly unknown[]): Hex {
	return encodeFunctionData({ abi: accessManagerAbi, functionName, args: args as never });
}

function vaultCall(functionName: "setSettlement" | "setRegistry", address: Address): Hex {
	return encodeFunctionData({ abi: vaultAbi, functionName, args: [address] });
}
