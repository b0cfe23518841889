import { expect } from "chai";
import { encodeFunctionData, toFunctionSelector } from "viem";
import { windowAt } from "../../../offchain/domain/units/window.ts";
import type { ContractCall } from "../../../offchain/infrastructure/chain/contractCalls.ts";
import { accessManagerAbi } from "../../../offchain/infrastructure/chain/protocolAbi.ts";
import { ROLES } from "../../../offchain/infrastructure/chain/roles.ts";
import { approveHash, execTransaction } from "../../../offchain/infrastructure/chain/safeTransaction.ts";
import { approvedBy } from "../fixtures/approvedBy.ts";
import { call } from "../fixtures/call.ts";
import { directive } from "../fixtures/directive.ts";
import { expectRevert } from "../fixtures/expectRevert.ts";
import { useVenue } from "../fixtures/useVenue.ts";
import { AUTHORITY_OWNERS, EPOCH_SECONDS, OPERATOR } from "../fixtures/Venue.ts";
import { wallet } from "../fixtures/wallet.ts";

const WEEK = 7 * 86_400;
const ALICE = wallet("alice");
const NEW_OPERATOR = wallet("new operator");
type Authority = keyof typeof AUTHORITY_OWNERS;

describe("A1 C10 the council: a Safe of the four authorities' Safes, delayed as administrator", () => {
	const venue = useVenue(async (made) => {
		await made.fund(ALICE.address, 100n);
		return {};
	});

	/** Three authorities approve on chain by their own Safes, then anybody executes. */
	async function byCouncil(inner: ContractCall, authorities: readonly Authority[] = ["EGAT", "PEA", "ERC"]) {
		const transaction = await venue().safeTransaction("COUNCIL", inner);
		for (const name of authorities) {
			const approval = await venue().safeTransaction(name, approveHash(transaction));
			await venue().send(approvedBy(approval, AUTHORITY_OWNERS[name].slice(0, 2)), OPERATOR);
		}
		const approvals = authorities.map(
			(name) => ({ owner: venue().deployment.safes[name], approvedOnChain: true }) as const,
		);
		return venue().send(execTransaction(transaction, approvals), OPERATOR);
	}

	const onManager = (functionName: string, ...args: unknown[]): ContractCall => ({
		to: venue().deployment.addresses.AccessManager,
		data: encodeFunctionData({ abi: accessManagerAbi, functionName: functionName as "multicall", args: args as never }),
	});
	const schedule = (inner: ContractCall) => onManager("schedule", inner.to, inner.data, 0);
	const setSettlement = () => call(venue(), "CollateralVault", "setSettlement", [ALICE.address]);

	it("default: three of the four act as the council", async () => {
		const windowId = windowAt(EPOCH_SECONDS) + 2;
		await byCouncil(venue().calls.setDirective(directive("COUNCIL", "HALT", 0, windowId)));
		const [, zones] = await venue().read("AuditLens", "zones", [windowId]);
		expect(zones[15].halted).to.equal(true);
	});

	it("error: two of the four", async () => {
		const windowId = windowAt(EPOCH_SECONDS) + 2;
		const halt = venue().calls.setDirective(directive("COUNCIL", "HALT", 0, windowId));
		await expectRevert(byCouncil(halt, ["EGAT", "ERC"]), "Error", "GS020");
	});

	it("behavior: appoints and dismisses operators at once", async () => {
		await byCouncil(onManager("grantRole", ROLES.OPERATOR, NEW_OPERATOR.address, 0));
		const has = (account: string) =>
			venue().publicClient.readContract({
				address: venue().deployment.addresses.AccessManager,
				abi: accessManagerAbi,
				functionName: "hasRole",
				args: [ROLES.OPERATOR, account as `0x${string}`],
			});
		expect(await has(NEW_OPERATOR.address)).to.deep.equal([true, 0]);
		await byCouncil(onManager("revokeRole", ROLES.OPERATOR, OPERATOR.address));
		expect(await has(OPERATOR.address)).to.deep.equal([false, 0]);
	});

	it("error: as administrator it does nothing without announcing it a week ahead", async () => {
		await expectRevert(byCouncil(setSettlement()), "AccessManagerNotScheduled");
		await expectRevert(byCouncil(onManager("grantRole", ROLES.EGAT, ALICE.address, 0)), "AccessManagerNotScheduled");
		const selector = toFunctionSelector("function setSettlement(address)");
		await expectRevert(
			byCouncil(
				onManager("setTargetFunctionRole", venue().deployment.addresses.CollateralVault, [selector], ROLES.PUBLIC),
			),
			"AccessManagerNotScheduled",
		);
		await expectRevert(byCouncil(onManager("grantRole", ROLES.ADMIN, ALICE.address, 0)), "AccessManagerNotScheduled");
	});

	it("behavior: announced on chain, done a week later, not a second before", async () => {
		await byCouncil(schedule(setSettlement()));
		const announced = await venue().now();
		await venue().warpTo(announced + WEEK - 100);
		await expectRevert(byCouncil(setSettlement()), "AccessManagerNotReady");
		await venue().warpTo(announced + WEEK);
		await byCouncil(setSettlement());
		expect(String(await venue().read("CollateralVault", "settlement")).toLowerCase()).to.equal(ALICE.address);
	});

	it("behavior: an announcement nobody acts on expires after another week", async () => {
		await byCouncil(schedule(setSettlement()));
		await venue().warpTo((await venue().now()) + 2 * WEEK + 60);
		await expectRevert(byCouncil(setSettlement()), "AccessManagerExpired");
	});

	it("invariant: whoever leaves when a change is announced is paid before it is possible", async () => {
		await byCouncil(schedule(setSettlement()));
		const announced = await venue().now();
		await venue().warpTo(announced + 4 * 86_400);
		// Even who hesitates four days is out in time.
		await venue().send(venue().calls.requestExit(), ALICE);
		const due = Number(await venue().read("CollateralVault", "exitDueAt", [ALICE.address]));
		expect(due).to.be.below(announced + WEEK);
		await venue().warpTo(due);
		await venue().send(venue().calls.exit(ALICE.address), OPERATOR);
		expect(await venue().read("SatoshiToken", "balanceOf", [ALICE.address])).to.equal(100n);
	});

	it("invariant: no power stops deposits, withdrawals' refusals or exits: even with every contract closed", async () => {
		const targets = Object.values(venue().deployment.addresses).filter(
			(address) => address !== venue().deployment.addresses.AccessManager,
		);
		const close = targets.map((target) => onManager("setTargetClosed", target, true));
		for (const closing of close) await byCouncil(schedule(closing));
		await venue().warpTo((await venue().now()) + WEEK);
		for (const closing of close) await byCouncil(closing);
		await venue().send(venue().calls.requestExit(), ALICE);
		await venue().warpTo(Number(await venue().read("CollateralVault", "exitDueAt", [ALICE.address])));
		await venue().send(venue().calls.exit(ALICE.address), OPERATOR);
		expect(await venue().read("SatoshiToken", "balanceOf", [ALICE.address])).to.equal(100n);
	});
});
