import { type Hex, type PublicClient, parseAbi, toFunctionSelector } from "viem";
import type { Address } from "../../domain/units/Address.ts";
import { CONTRACT_NAMES, type Deployment, SAFE_NAMES } from "./Deployment.ts";
import { zonesInWords } from "./directivePowers.ts";
import { MANAGED_CONTRACTS } from "./expectedGovernance.ts";
import { type GovernanceFacts, listAddresses, listMembers } from "./governanceFacts.ts";
import { accessManagerAbi, registryAbi, vaultAbi } from "./protocolAbi.ts";
import { FAUCET_FUNCTION, RESTRICTED_FUNCTIONS } from "./restrictedFunctions.ts";
import { AUTHORITY_NUMBERS, ROLES, type RoleName } from "./roles.ts";
import { safeAbi } from "./safeTransaction.ts";

/** Public endpoints refuse long ranges. */
const BLOCKS_PER_QUERY = 10_000n;
const GUARD_SLOT = "0x4a204f620c8c5ccdca3fd54d003badd85ba500436a431f0cbda4f558c93c34c8";
const MODULE_GUARD_SLOT = "0xb104e0b93118902c651344349b610029d694cfdec91c589c91ebafbcd0289947";
const FALLBACK_SLOT = "0x6c9a6c4a39284e37ed1cf53d337577d14212a4870fb976a4366c693b939918d5";
const FIRST_MODULE: Address = "0x0000000000000000000000000000000000000001";
const ZERO_ADDRESS: Address = `0x${"00".repeat(20)}`;
const PUBLIC_ROLE = ROLES.PUBLIC;

const viewsAbi = parseAbi([
	"function authority() view returns (address)",
	"function TOKEN() view returns (address)",
	"function EGAT_ACCOUNT() view returns (address)",
	"function MEA_ACCOUNT() view returns (address)",
	"function PEA_ACCOUNT() view returns (address)",
	"function CONGESTION_ACCOUNT() view returns (address)",
	"function PLATFORM_ACCOUNT() view returns (address)",
	"function NOTICE_SECONDS() view returns (uint256)",
	"function HORIZON_WINDOWS() view returns (uint32)",
	"struct Power { uint24 zones; uint16 maxWindows; uint16 cooldownWindows; }",
	"function power(uint8 authority, uint8 kind) view returns (Power)",
	"function getModulesPaginated(address start, uint256 pageSize) view returns (address[] array, address next)",
]);
type View = Extract<(typeof viewsAbi)[number], { type: "function" }>["name"];

/** Who deployed, as the manager's first event tells. */
export async function readDeployer(client: PublicClient, deployment: Deployment): Promise<Address> {
	const [first] = await managerEvents(client, deployment);
	if (first?.eventName !== "RoleGranted") throw new Error("the AccessManager granted no role: wrong address or block");
	return first.args.account.toLowerCase() as Address;
}

/** How the deployment is governed, as the chain tells: the counterpart of `expectedGovernance`. */
export async function readGovernance(client: PublicClient, deployment: Deployment): Promise<GovernanceFacts> {
	const facts: GovernanceFacts = new Map();
	await addContracts(facts, client, deployment);
	await addRolesAndFunctions(facts, client, deployment);
	await addSafes(facts, client, deployment);
	await addAttesters(facts, client, deployment);
	await addPowers(facts, client, deployment);
	return facts;
}

async function addContracts(facts: GovernanceFacts, client: PublicClient, deployment: Deployment): Promise<void> {
	const { addresses } = deployment;
	for (const name of CONTRACT_NAMES) facts.set(`contract ${name}`, await codeAt(client, addresses[name]));
	for (const name of MANAGED_CONTRACTS) {
		const address = addresses[name];
		const manager = { address: addresses.AccessManager, abi: accessManagerAbi, args: [address] } as const;
		facts.set(`contract ${name} asks`, await view(client, address, "authority"));
		const closed = await client.readContract({ ...manager, functionName: "isTargetClosed" });
		facts.set(`contract ${name} closed`, closed ? "yes" : "no");
		const delay = await client.readContract({ ...manager, functionName: "getTargetAdminDelay" });
		facts.set(`contract ${name} own administration delay`, `${delay} s`);
	}
	const vault = { address: addresses.CollateralVault, abi: vaultAbi } as const;
	facts.set("vault settlement", lower(await client.readContract({ ...vault, functionName: "settlement" })));
	facts.set("vault registry", lower(await client.readContract({ ...vault, functionName: "registry" })));
	facts.set("vault token", await view(client, addresses.CollateralVault, "TOKEN"));
	for (const name of ["EGAT", "MEA", "PEA", "CONGESTION", "PLATFORM"] as const) {
		const subject = name.length > 4 ? name.toLowerCase() : name;
		facts.set(`charges ${subject}`, await view(client, addresses.CollateralVault, `${name}_ACCOUNT`));
	}
}

async function addRolesAndFunctions(
	facts: GovernanceFacts,
	client: PublicClient,
	deployment: Deployment,
): Promise<void> {
	const address = deployment.addresses.AccessManager;
	const manager = { address, abi: accessManagerAbi } as const;
	const events = await managerEvents(client, deployment);
	const everHeld = new Map<bigint, Set<Address>>(Object.values(ROLES).map((role) => [role, new Set()]));
	const functions = new Map<string, { target: Address; selector: Hex }>();
	for (const { eventName, args } of events) {
		if (eventName === "RoleGranted") {
			everHeld.set(args.roleId, (everHeld.get(args.roleId) ?? new Set()).add(lower(args.account) as Address));
		} else if (eventName === "TargetFunctionRoleUpdated") {
			const target = lower(args.target) as Address;
			functions.set(`${target}${args.selector}`, { target, selector: args.selector });
		}
	}
	for (const [role, accounts] of everHeld) {
		if (role === PUBLIC_ROLE) continue;
		const members: { account: Address; delaySeconds: number }[] = [];
		for (const account of accounts) {
			const [isMember, delaySeconds] = await client.readContract({
				...manager,
				functionName: "hasRole",
				args: [role, account],
			});
			if (isMember) members.push({ account, delaySeconds });
		}
		const name = roleName(role);
		const subject = `role ${name} (${role})`;
		const args = [role] as const;
		const guardian = await client.readContract({ ...manager, functionName: "getRoleGuardian", args });
		const admin = await client.readContract({ ...manager, functionName: "getRoleAdmin", args });
		const grantDelay = await client.readContract({ ...manager, functionName: "getRoleGrantDelay", args });
		facts.set(`${subject} held by`, listMembers(members));
		facts.set(`${subject} appointed by`, roleName(admin));
		facts.set(`${subject} guardian`, roleName(guardian));
		facts.set(`${subject} grants take effect after`, `${grantDelay} s`);
	}
	// The functions known, and any other whose role somebody changed.
	const known = [...RESTRICTED_FUNCTIONS, FAUCET_FUNCTION].map(({ contract, signature }) => ({
		subject: `function ${contract}.${signature}`,
		target: deployment.addresses[contract],
		selector: toFunctionSelector(`function ${signature}`),
	}));
	for (const { subject, target, selector } of known) {
		functions.delete(`${target}${selector}`);
		const role = await client.readContract({
			...manager,
			functionName: "getTargetFunctionRole",
			args: [target, selector],
		});
		if (subject.startsWith("function SatoshiToken") && role === ROLES.ADMIN) continue;
		facts.set(subject, roleName(role));
	}
	for (const { target, selector } of functions.values()) {
		const role = await client.readContract({
			...manager,
			functionName: "getTargetFunctionRole",
			args: [target, selector],
		});
		if (role !== ROLES.ADMIN) facts.set(`function ${target}.${selector}`, roleName(role));
	}
}

async function addSafes(facts: GovernanceFacts, client: PublicClient, deployment: Deployment): Promise<void> {
	for (const name of ["singleton", "proxyFactory", "fallbackHandler", "multiSend"] as const) {
		facts.set(`safe contract ${name}`, await codeAt(client, deployment.safeContracts[name]));
	}
	for (const name of SAFE_NAMES) {
		const safe = { address: deployment.safes[name], abi: safeAbi } as const;
		const slot = async (position: Hex) => {
			const word = (await client.getStorageAt({ address: safe.address, slot: position })) ?? "0x";
			return `0x${word.slice(2).padStart(64, "0").slice(24)}`.toLowerCase();
		};
		const owners = await client.readContract({ ...safe, functionName: "getOwners" });
		const threshold = await client.readContract({ ...safe, functionName: "getThreshold" });
		const [modules] = await client.readContract({
			address: safe.address,
			abi: viewsAbi,
			functionName: "getModulesPaginated",
			args: [FIRST_MODULE, 10n],
		});
		facts.set(`safe ${name} owners`, listAddresses(owners as readonly Address[]));
		facts.set(`safe ${name} threshold`, `${threshold} of ${owners.length}`);
		facts.set(`safe ${name} singleton`, await slot("0x0"));
		facts.set(`safe ${name} fallback handler`, await slot(FALLBACK_SLOT));
		facts.set(`safe ${name} modules`, listAddresses(modules as readonly Address[]));
		for (const [what, position] of [
			["guard", GUARD_SLOT],
			["module guard", MODULE_GUARD_SLOT],
		] as const) {
			const guard = await slot(position);
			facts.set(`safe ${name} ${what}`, guard === ZERO_ADDRESS ? "none" : guard);
		}
	}
}

async function addAttesters(facts: GovernanceFacts, client: PublicClient, deployment: Deployment): Promise<void> {
	const address = deployment.addresses.MeterRegistry;
	const seen = new Set<Address>();
	await eachRange(client, deployment, async (fromBlock, toBlock) => {
		const events = await client.getContractEvents({
			address,
			abi: registryAbi,
			eventName: "AttesterSet",
			fromBlock,
			toBlock,
		});
		for (const { args } of events) if (args.attester !== undefined) seen.add(lower(args.attester) as Address);
	});
	const byLicensee = new Map<number, Address[]>();
	for (const attester of seen) {
		const licensee = await client.readContract({
			address,
			abi: registryAbi,
			functionName: "attesterLicensee",
			args: [attester],
		});
		byLicensee.set(licensee, [...(byLicensee.get(licensee) ?? []), attester]);
	}
	for (const licensee of ["EGAT", "MEA", "PEA"] as const) {
		facts.set(`attesters ${licensee}`, listAddresses(byLicensee.get(AUTHORITY_NUMBERS[licensee]) ?? []));
	}
}

async function addPowers(facts: GovernanceFacts, client: PublicClient, deployment: Deployment): Promise<void> {
	const { GridDirectives, MarketRules } = deployment.addresses;
	for (const authority of SAFE_NAMES) {
		for (const [index, kind] of ["HALT", "CAP", "PRICE_BAND", "VOID_WINDOW"].entries()) {
			const power = await client.readContract({
				address: GridDirectives,
				abi: viewsAbi,
				functionName: "power",
				args: [AUTHORITY_NUMBERS[authority], index + 1],
			});
			const zones = Array.from({ length: 24 }, (_, zone) => zone).filter((zone) => (power.zones >> zone) & 1);
			facts.set(
				`directive ${authority} ${kind}`,
				power.maxWindows === 0
					? "none"
					: `zones ${zonesInWords(zones)}; ≤ ${power.maxWindows} windows; cooldown ${power.cooldownWindows}`,
			);
		}
	}
	const horizon = await client.readContract({
		address: GridDirectives,
		abi: viewsAbi,
		functionName: "HORIZON_WINDOWS",
	});
	facts.set("directives at most ahead", `${horizon} windows`);
	const notice = await client.readContract({ address: MarketRules, abi: viewsAbi, functionName: "NOTICE_SECONDS" });
	facts.set("rules notice", `${notice} s`);
}

async function managerEvents(client: PublicClient, deployment: Deployment) {
	const address = deployment.addresses.AccessManager;
	const collect = (fromBlock: bigint, toBlock: bigint) =>
		client.getContractEvents({ address, abi: accessManagerAbi, fromBlock, toBlock, strict: true });
	const events: Awaited<ReturnType<typeof collect>> = [];
	await eachRange(client, deployment, async (fromBlock, toBlock) => {
		events.push(...(await collect(fromBlock, toBlock)));
	});
	return events;
}

async function eachRange(
	client: PublicClient,
	{ deployedBlock }: Deployment,
	visit: (fromBlock: bigint, toBlock: bigint) => Promise<void>,
): Promise<void> {
	const head = await client.getBlockNumber();
	for (let from = BigInt(deployedBlock); from <= head; from += BLOCKS_PER_QUERY) {
		const to = from + BLOCKS_PER_QUERY - 1n;
		await visit(from, to < head ? to : head);
	}
}

async function codeAt(client: PublicClient, address: Address): Promise<string> {
	const code = (await client.getCode({ address })) ?? "0x";
	return code === "0x" ? `${address} (no code)` : address;
}

async function view(client: PublicClient, address: Address, functionName: View): Promise<string> {
	return lower(String(await client.readContract({ address, abi: viewsAbi, functionName } as never)));
}

function roleName(role: bigint): RoleName | string {
	return (Object.keys(ROLES) as RoleName[]).find((name) => ROLES[name] === role) ?? `unknown role ${role}`;
}

function lower(text: string): string {
	return text.toLowerCase();
}
