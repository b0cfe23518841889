import { expect } from "chai";
import { encodeFunctionData, toFunctionSelector, zeroHash } from "viem";
import { SAFE_NAMES } from "../../../offchain/infrastructure/chain/Deployment.ts";
import { loadArtifact } from "../../../offchain/infrastructure/chain/loadArtifact.ts";
import { accessManagerAbi } from "../../../offchain/infrastructure/chain/protocolAbi.ts";
import { RESTRICTED_FUNCTIONS } from "../../../offchain/infrastructure/chain/restrictedFunctions.ts";
import { ROLE_ADMINS, ROLES, type RoleName } from "../../../offchain/infrastructure/chain/roles.ts";
import { expectRevert } from "../fixtures/expectRevert.ts";
import { useVenue } from "../fixtures/useVenue.ts";
import {
	ATTESTERS,
	DEPLOYER,
	OPERATOR,
	REGISTRARS,
	type RevertError,
	SYSTEM_OPERATOR,
	TEST_RULES,
} from "../fixtures/Venue.ts";
import { wallet } from "../fixtures/wallet.ts";

const STRANGER = wallet("stranger").address;

/** Arguments that are well formed; what matters is whether the caller gets as far as the function. */
const ARGUMENTS: Record<string, readonly unknown[]> = {
	setSettlement: [STRANGER],
	setRegistry: [STRANGER],
	commitWindow: [1, zeroHash, 1, 1],
	publishRules: [TEST_RULES],
	setShortfallPrices: [1, 0n],
	publishEmissionFactors: [0, 0n],
};

describe("C10 each role's function table", () => {
	const venue = useVenue(async ({ deployment }) => {
		const { safes } = deployment;
		const holders: Record<Exclude<RoleName, "PUBLIC" | "FAUCET">, `0x${string}`> = {
			ADMIN: safes.COUNCIL,
			EGAT: safes.EGAT,
			MEA: safes.MEA,
			PEA: safes.PEA,
			ERC: safes.ERC,
			COUNCIL: safes.COUNCIL,
			EGAT_REGISTRAR: REGISTRARS.EGAT.address,
			MEA_REGISTRAR: REGISTRARS.MEA.address,
			PEA_REGISTRAR: REGISTRARS.PEA.address,
			ERC_REGISTRAR: REGISTRARS.ERC.address,
			OPERATOR: OPERATOR.address,
			SYSTEM_OPERATOR: SYSTEM_OPERATOR.address,
		};
		const others = [STRANGER, DEPLOYER.address, ATTESTERS.EGAT.address, ATTESTERS.MEA.address, ATTESTERS.PEA.address];
		const contracts = Object.values(deployment.addresses);
		return { holders, nobody: [...others, ...contracts] };
	});

	for (const { contract, signature, role } of RESTRICTED_FUNCTIONS) {
		const functionName = signature.slice(0, signature.indexOf("("));
		const attempt = () => ({
			to: venue().deployment.addresses[contract],
			data: encodeFunctionData({
				abi: loadArtifact(contract).abi,
				functionName,
				args: ARGUMENTS[functionName] as unknown[],
			}),
		});

		it(`${contract}.${functionName}: ${role}, and nobody else`, async () => {
			expect(attempt().data.slice(0, 10)).to.equal(toFunctionSelector(`function ${signature}`));
			const { holders, nobody } = venue();
			const may = holders[role as keyof typeof holders];
			for (const account of new Set([...Object.values(holders), ...nobody])) {
				if (account === may) continue;
				await expectRevert(venue().sendAs(account, attempt()), "AccessManagedUnauthorized", account);
			}
			const outcome = await venue()
				.sendAs(may, attempt())
				.then(() => "done")
				.catch((error: RevertError) => error.errorName);
			if (role === "ADMIN") expect(outcome).to.equal("AccessManagerNotScheduled");
			else expect(outcome).to.not.match(/^AccessManage/);
		});
	}

	describe("who appoints whom", () => {
		const grant = (role: RoleName, account: `0x${string}`) => ({
			to: venue().deployment.addresses.AccessManager,
			data: encodeFunctionData({
				abi: accessManagerAbi,
				functionName: "grantRole",
				args: [ROLES[role], account, 0],
			}),
		});

		for (const role of (Object.keys(ROLES) as RoleName[]).filter((name) => name !== "PUBLIC")) {
			const admin = ROLE_ADMINS[role] ?? "ADMIN";
			it(`${role}: by ${admin}${admin === "ADMIN" ? ", announced" : ", at once"}`, async () => {
				for (const name of SAFE_NAMES) {
					const safe = venue().deployment.safes[name];
					const attempt = venue().sendAs(safe, grant(role, STRANGER));
					if (name === admin) await attempt;
					else if (name === "COUNCIL" && admin === "ADMIN") await expectRevert(attempt, "AccessManagerNotScheduled");
					else await expectRevert(attempt, "AccessManagerUnauthorizedAccount");
				}
				// A member of a role cannot pass it on, unless it is its own appointer.
				const member = venue().holders[role as keyof ReturnType<typeof venue>["holders"]];
				if (member === undefined || SAFE_NAMES.some((name) => venue().deployment.safes[name] === member)) return;
				await expectRevert(venue().sendAs(member, grant(role, STRANGER)), "AccessManagerUnauthorizedAccount");
			});
		}
	});
});
