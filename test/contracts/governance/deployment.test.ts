import { expect } from "chai";
import { encodeFunctionData, toFunctionSelector } from "viem";
import { expectedGovernance } from "../../../offchain/infrastructure/chain/expectedGovernance.ts";
import { compareGovernance } from "../../../offchain/infrastructure/chain/governanceFacts.ts";
import { accessManagerAbi } from "../../../offchain/infrastructure/chain/protocolAbi.ts";
import { readDeployer, readGovernance } from "../../../offchain/infrastructure/chain/readGovernance.ts";
import { ROLES, type RoleName } from "../../../offchain/infrastructure/chain/roles.ts";
import { expectRevert } from "../fixtures/expectRevert.ts";
import { useVenue } from "../fixtures/useVenue.ts";
import { DEPLOYER, OPERATOR, testParameters, type Venue } from "../fixtures/Venue.ts";
import { wallet } from "../fixtures/wallet.ts";

const ALICE = wallet("alice");

async function deviations(venue: Venue) {
	const expected = expectedGovernance(venue.deployment, testParameters(), DEPLOYER.address);
	return compareGovernance(expected, await readGovernance(venue.publicClient, venue.deployment));
}

describe("C10 the deployment is governed as declared", () => {
	const venue = useVenue(async () => ({}));
	const manager = (functionName: string, ...args: unknown[]) => ({
		to: venue().deployment.addresses.AccessManager,
		data: encodeFunctionData({ abi: accessManagerAbi, functionName: functionName as "multicall", args: args as never }),
	});
	const hasRole = async (role: bigint, account: `0x${string}`) => {
		const { AccessManager } = venue().deployment.addresses;
		const [isMember] = await venue().publicClient.readContract({
			address: AccessManager,
			abi: accessManagerAbi,
			functionName: "hasRole",
			args: [role, account],
		});
		return isMember;
	};

	it("default: every role, function, Safe, key and power is as the parameters say, and nothing besides", async () => {
		expect(await deviations(venue())).to.deep.equal([]);
		expect(await readDeployer(venue().publicClient, venue().deployment)).to.equal(DEPLOYER.address);
	});

	it("behavior: the deployer is left with nothing", async () => {
		const roles = Object.entries(ROLES).filter(([name]) => name !== "PUBLIC") as [RoleName, bigint][];
		const held = await Promise.all(
			roles.map(async ([name, role]) => ((await hasRole(role, DEPLOYER.address)) ? name : null)),
		);
		expect(held.filter((name) => name !== null)).to.deep.equal([]);
		for (const [name, role] of roles) {
			await expectRevert(
				venue().send(manager("grantRole", role, DEPLOYER.address, 0), DEPLOYER),
				"AccessManagerUnauthorizedAccount",
			);
			expect(await hasRole(role, DEPLOYER.address), name).to.equal(false);
		}
		const selector = toFunctionSelector("function setSettlement(address)");
		const vault = venue().deployment.addresses.CollateralVault;
		for (const attempt of [
			manager("setTargetFunctionRole", vault, [selector], ROLES.PUBLIC),
			manager("setRoleAdmin", ROLES.OPERATOR, ROLES.PUBLIC),
			manager("labelRole", ROLES.OPERATOR, "mine"),
			manager("setTargetClosed", vault, true),
		]) {
			await expectRevert(venue().send(attempt, DEPLOYER), "AccessManagerUnauthorizedAccount");
		}
	});

	describe("the check sees", () => {
		const subjects = async () => (await deviations(venue())).map(({ subject }) => subject);
		const asCouncil = (attempt: { to: `0x${string}`; data: `0x${string}` }) =>
			venue().sendAs(venue().deployment.safes.COUNCIL, attempt);
		async function asAdmin(attempt: { to: `0x${string}`; data: `0x${string}` }) {
			await asCouncil(manager("schedule", attempt.to, attempt.data, 0));
			await venue().warpTo((await venue().now()) + 7 * 86_400);
			await asCouncil(attempt);
		}

		it("a second operator", async () => {
			await asCouncil(manager("grantRole", ROLES.OPERATOR, ALICE.address, 0));
			expect(await subjects()).to.deep.equal(["role OPERATOR (20) held by"]);
		});

		it("an operator dismissed", async () => {
			await asCouncil(manager("revokeRole", ROLES.OPERATOR, OPERATOR.address));
			expect(await deviations(venue())).to.deep.equal([
				{ subject: "role OPERATOR (20) held by", expected: OPERATOR.address, found: "none" },
			]);
		});

		it("a second administrator, and who appoints a role", async () => {
			await asAdmin(manager("grantRole", ROLES.ADMIN, ALICE.address, 0));
			await asAdmin(manager("setRoleAdmin", ROLES.SYSTEM_OPERATOR, ROLES.ERC));
			expect(await subjects()).to.have.members(["role ADMIN (0) held by", "role SYSTEM_OPERATOR (21) appointed by"]);
		});

		it("a role nobody knows, and a function opened that nobody thought of", async () => {
			await asAdmin(manager("grantRole", 77n, ALICE.address, 0));
			const selector = toFunctionSelector("function someFunctionOfTomorrow()");
			const vault = venue().deployment.addresses.CollateralVault;
			await asAdmin(manager("setTargetFunctionRole", vault, [selector], ROLES.PUBLIC));
			const found = await subjects();
			expect(found).to.include("role unknown role 77 (77) held by");
			expect(found).to.include(`function ${vault}.${selector}`);
		});

		it("a function given to another role, and a contract closed", async () => {
			const { MarketRules, CollateralVault } = venue().deployment.addresses;
			const selector = toFunctionSelector("function setShortfallPrices(uint32,uint256)");
			await asAdmin(manager("setTargetFunctionRole", MarketRules, [selector], ROLES.PUBLIC));
			await asAdmin(manager("setTargetClosed", CollateralVault, true));
			expect(await subjects()).to.have.members([
				"function MarketRules.setShortfallPrices(uint32,uint256)",
				"contract CollateralVault closed",
			]);
		});

		it("another attester, another Safe's owner, a module", async () => {
			const { safes } = venue().deployment;
			await venue().sendAs(safes.MEA, venue().calls.setAttester("MEA", ALICE.address, true));
			const abi = [
				{
					type: "function",
					name: "enableModule",
					inputs: [{ name: "m", type: "address" }],
					outputs: [],
					stateMutability: "nonpayable",
				},
				{
					type: "function",
					name: "addOwnerWithThreshold",
					inputs: [
						{ name: "o", type: "address" },
						{ name: "t", type: "uint256" },
					],
					outputs: [],
					stateMutability: "nonpayable",
				},
			] as const;
			const module = encodeFunctionData({ abi, functionName: "enableModule", args: [ALICE.address] });
			await venue().sendAs(safes.EGAT, { to: safes.EGAT, data: module });
			const owner = encodeFunctionData({ abi, functionName: "addOwnerWithThreshold", args: [ALICE.address, 1n] });
			await venue().sendAs(safes.PEA, { to: safes.PEA, data: owner });
			expect(await subjects()).to.have.members([
				"attesters MEA",
				"safe EGAT modules",
				"safe PEA owners",
				"safe PEA threshold",
			]);
		});

		it("another settlement contract, and other code at an address", async () => {
			const vault = venue().deployment.addresses.CollateralVault;
			const data = encodeFunctionData({
				abi: [
					{
						type: "function",
						name: "setSettlement",
						inputs: [{ name: "s", type: "address" }],
						outputs: [],
						stateMutability: "nonpayable",
					},
				],
				args: [ALICE.address],
			});
			await asAdmin({ to: vault, data });
			const { deployment } = venue();
			const moved = { ...deployment, addresses: { ...deployment.addresses, AuditLens: ALICE.address } };
			const expected = expectedGovernance(moved, testParameters(), DEPLOYER.address);
			const found = compareGovernance(expected, await readGovernance(venue().publicClient, moved));
			expect(found.map(({ subject }) => subject)).to.have.members(["contract AuditLens", "vault settlement"]);
		});
	});
});
