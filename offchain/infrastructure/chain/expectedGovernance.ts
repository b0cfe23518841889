import { encodeDeployData } from "viem";
import type { Address } from "../../domain/units/Address.ts";
import { create2Address } from "./createTwo.ts";
import { CONTRACT_NAMES, type Deployment, SAFE_NAMES, type SafeName } from "./Deployment.ts";
import { constructorArguments, type DeployParameters } from "./deploySystem.ts";
import { DIRECTIVE_POWERS, zonesInWords } from "./directivePowers.ts";
import { type GovernanceFacts, listAddresses, listMembers } from "./governanceFacts.ts";
import { loadAccessManagerArtifact, loadArtifact, loadSafeArtifact } from "./loadArtifact.ts";
import { FAUCET_FUNCTION, RESTRICTED_FUNCTIONS } from "./restrictedFunctions.ts";
import { ROLE_ADMINS, ROLES, type RoleName } from "./roles.ts";

/** Contracts that ask the AccessManager. */
export const MANAGED_CONTRACTS = [
	"CollateralVault",
	"MeterRegistry",
	"MarketRules",
	"GridDirectives",
	"WindowSettlement",
	"CertificateRegistry",
] as const;

/**
 * How the deployment has to be governed by its parameters and this code. Addresses of contracts are computed again from the
 * compiled code, its arguments and the deployer, so that other code at an address shows.
 */
export function expectedGovernance(
	deployment: Deployment,
	parameters: DeployParameters,
	deployer: Address,
): GovernanceFacts {
	const facts: GovernanceFacts = new Map();
	addContracts(facts, deployment, parameters, deployer);
	addRoles(facts, deployment, parameters);
	addFunctions(facts, parameters);
	addSafes(facts, deployment, parameters);
	for (const licensee of ["EGAT", "MEA", "PEA"] as const) {
		facts.set(`attesters ${licensee}`, listAddresses(parameters.attesters[licensee]));
	}
	for (const authority of SAFE_NAMES) {
		for (const kind of ["HALT", "CAP", "PRICE_BAND", "VOID_WINDOW"] as const) {
			const power = DIRECTIVE_POWERS[authority][kind];
			const { zones, maxWindows, cooldownWindows } = power ?? { zones: [], maxWindows: 0, cooldownWindows: 0 };
			facts.set(
				`directive ${authority} ${kind}`,
				power === undefined
					? "none"
					: `zones ${zonesInWords(zones)}; ≤ ${maxWindows} windows; cooldown ${cooldownWindows}`,
			);
		}
	}
	facts.set("directives at most ahead", "672 windows");
	facts.set("rules notice", "129600 s");
	return facts;
}

function addContracts(
	facts: GovernanceFacts,
	deployment: Deployment,
	parameters: DeployParameters,
	deployer: Address,
): void {
	const { addresses } = deployment;
	const all = constructorArguments(parameters, deployer, deployment);
	for (const name of CONTRACT_NAMES) {
		if (name === "SatoshiToken" && parameters.token !== undefined) {
			facts.set("contract SatoshiToken", parameters.token);
			continue;
		}
		const { abi, bytecode } = name === "AccessManager" ? loadAccessManagerArtifact() : loadArtifact(name);
		const initCode = encodeDeployData({ abi, bytecode, args: all[name].args as unknown[] });
		facts.set(`contract ${name}`, create2Address(initCode, parameters.salt));
	}
	for (const name of MANAGED_CONTRACTS) {
		facts.set(`contract ${name} asks`, addresses.AccessManager);
		facts.set(`contract ${name} closed`, "no");
		facts.set(`contract ${name} own administration delay`, "0 s");
	}
	facts.set("vault settlement", addresses.WindowSettlement);
	facts.set("vault registry", addresses.MeterRegistry);
	facts.set("vault token", addresses.SatoshiToken);
	facts.set("charges EGAT", deployment.safes.EGAT);
	facts.set("charges MEA", deployment.safes.MEA);
	facts.set("charges PEA", deployment.safes.PEA);
	facts.set("charges congestion", parameters.congestionAccount);
	facts.set("charges platform", parameters.platformAccount);
}

function addRoles(facts: GovernanceFacts, { safes }: Deployment, parameters: DeployParameters): void {
	const at = (accounts: readonly Address[], delaySeconds = 0) =>
		listMembers(accounts.map((account) => ({ account, delaySeconds })));
	const holders: Record<Exclude<RoleName, "PUBLIC">, string> = {
		ADMIN: at([safes.COUNCIL], parameters.adminDelaySeconds),
		EGAT: at([safes.EGAT]),
		MEA: at([safes.MEA]),
		PEA: at([safes.PEA]),
		ERC: at([safes.ERC]),
		COUNCIL: at([safes.COUNCIL]),
		EGAT_REGISTRAR: at(parameters.registrars.EGAT),
		MEA_REGISTRAR: at(parameters.registrars.MEA),
		PEA_REGISTRAR: at(parameters.registrars.PEA),
		ERC_REGISTRAR: at(parameters.registrars.ERC),
		OPERATOR: at(parameters.operators),
		SYSTEM_OPERATOR: at(parameters.systemOperators),
		FAUCET: at([]),
	};
	for (const [name, members] of Object.entries(holders) as [keyof typeof holders, string][]) {
		facts.set(`role ${name} (${ROLES[name]}) held by`, members);
		facts.set(`role ${name} (${ROLES[name]}) appointed by`, ROLE_ADMINS[name] ?? "ADMIN");
		facts.set(`role ${name} (${ROLES[name]}) guardian`, "ADMIN");
		facts.set(`role ${name} (${ROLES[name]}) grants take effect after`, "0 s");
	}
}

function addFunctions(facts: GovernanceFacts, parameters: DeployParameters): void {
	const faucet = parameters.token === undefined ? [FAUCET_FUNCTION] : [];
	for (const { contract, signature, role } of [...RESTRICTED_FUNCTIONS, ...faucet]) {
		facts.set(`function ${contract}.${signature}`, role);
	}
}

function addSafes(facts: GovernanceFacts, deployment: Deployment, parameters: DeployParameters): void {
	const { safes, safeContracts } = deployment;
	const code = (path: string) => create2Address(loadSafeArtifact(path).bytecode, parameters.salt);
	facts.set("safe contract singleton", code("SafeL2"));
	facts.set("safe contract proxyFactory", code("proxies/SafeProxyFactory"));
	facts.set("safe contract fallbackHandler", code("handler/CompatibilityFallbackHandler"));
	facts.set("safe contract multiSend", code("libraries/MultiSendCallOnly"));
	for (const name of SAFE_NAMES) {
		const council = name === "COUNCIL";
		const owners: readonly Address[] = council
			? [safes.EGAT, safes.MEA, safes.PEA, safes.ERC]
			: parameters.owners[name as Exclude<SafeName, "COUNCIL">];
		const threshold = council ? parameters.thresholds.council : parameters.thresholds.authority;
		facts.set(`safe ${name} owners`, listAddresses(owners));
		facts.set(`safe ${name} threshold`, `${threshold} of ${owners.length}`);
		facts.set(`safe ${name} singleton`, safeContracts.singleton);
		facts.set(`safe ${name} fallback handler`, safeContracts.fallbackHandler);
		facts.set(`safe ${name} modules`, "none");
		facts.set(`safe ${name} guard`, "none");
		facts.set(`safe ${name} module guard`, "none");
	}
}
