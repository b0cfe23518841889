import { expect } from "chai";
import type { Address } from "../../../offchain/domain/units/Address.ts";
import { call } from "../fixtures/call.ts";
import { eventsOf } from "../fixtures/eventsOf.ts";
import { expectRevert } from "../fixtures/expectRevert.ts";
import { useVenue } from "../fixtures/useVenue.ts";
import { DEPLOYER } from "../fixtures/Venue.ts";
import { wallet } from "../fixtures/wallet.ts";

const ALICE = wallet("alice");
const ZERO: Address = `0x${"00".repeat(20)}`;
const LARGEST_SAT = (2n ** 63n - 1n) / 1000n;

describe("C1 CollateralVault deposit and depositFor", () => {
	const venue = useVenue(async (made) => {
		await made.send(made.calls.mintTestTokens(ALICE.address, 2n ** 64n), ALICE);
		await made.send(made.calls.approveVault(2n ** 64n), ALICE);
		return {};
	});

	it("default: credits the caller in msat and holds the tokens", async () => {
		const receipt = await venue().send(venue().calls.deposit(1234n), ALICE);
		expect(await venue().balanceMsat(ALICE.address)).to.equal(1_234_000);
		expect(await venue().read("CollateralVault", "totalMsat")).to.equal(1_234_000n);
		expect(await venue().read("AuditLens", "solvency")).to.deep.equal([true, 1_234_000n, 1_234_000n]);
		expect(eventsOf(receipt, "CollateralVault")).to.deep.equal([
			{ name: "Deposited", args: { account: ALICE.address, payer: ALICE.address, amountMsat: 1_234_000n } },
		]);
	});

	it("behavior: two deposits add up and leave the rest of the account alone", async () => {
		await venue().send(venue().calls.raiseEpoch(), ALICE);
		await venue().send(venue().calls.requestExit(), ALICE);
		const before = BigInt(await venue().read("CollateralVault", "accountWord", [ALICE.address]));
		await venue().send(venue().calls.deposit(1n), ALICE);
		await venue().send(venue().calls.deposit(2n), ALICE);
		const after = BigInt(await venue().read("CollateralVault", "accountWord", [ALICE.address]));
		expect(after - before).to.equal(3000n);
	});

	it("behavior: pays for somebody else", async () => {
		const other = wallet("gifted");
		const receipt = await venue().send(venue().calls.depositFor(other.address, 5n), ALICE);
		expect(await venue().balanceMsat(other.address)).to.equal(5000);
		expect(await venue().balanceMsat(ALICE.address)).to.equal(0);
		expect(eventsOf(receipt, "CollateralVault")).to.deep.equal([
			{ name: "Deposited", args: { account: other.address, payer: ALICE.address, amountMsat: 5000n } },
		]);
	});

	it("behavior: tokens sent without a deposit belong to nobody and harm nobody", async () => {
		const vault = venue().deployment.addresses.CollateralVault;
		await venue().send(call(venue(), "SatoshiToken", "transfer", [vault, 77n]), ALICE);
		await venue().send(venue().calls.deposit(1n), ALICE);
		expect(await venue().balanceMsat(ALICE.address)).to.equal(1000);
		expect(await venue().read("AuditLens", "solvency")).to.deep.equal([true, 78_000n, 1000n]);
	});

	it("error: nothing", async () => {
		await expectRevert(venue().send(venue().calls.deposit(0n), ALICE), "ZeroAmount");
	});

	it("error: for nobody", async () => {
		await expectRevert(venue().send(venue().calls.depositFor(ZERO, 1n), ALICE), "ZeroAccount");
	});

	it("error: without tokens or allowance", async () => {
		await expectRevert(venue().send(venue().calls.deposit(1n), DEPLOYER), "ERC20InsufficientAllowance");
	});

	it("error: all balances together stay below 2^63 msat, so no balance can wrap", async () => {
		await expectRevert(
			venue().send(venue().calls.deposit(LARGEST_SAT + 1n), ALICE),
			"DepositTooLarge",
			LARGEST_SAT + 1n,
		);
		await venue().send(venue().calls.depositFor(wallet("first").address, LARGEST_SAT - 5n), ALICE);
		await expectRevert(venue().send(venue().calls.deposit(6n), ALICE), "DepositTooLarge", 6n);
		await venue().send(venue().calls.deposit(5n), ALICE);
		expect(await venue().read("CollateralVault", "totalMsat")).to.equal(LARGEST_SAT * 1000n);
	});
});
