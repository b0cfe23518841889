import { expect } from "chai";
import type { Address } from "../../../offchain/domain/units/Address.ts";
import { call } from "../fixtures/call.ts";
import { eventsOf } from "../fixtures/eventsOf.ts";
import { expectRevert } from "../fixtures/expectRevert.ts";
import { useVenue } from "../fixtures/useVenue.ts";
import { DEPLOYER, OPERATOR, REGISTRARS } from "../fixtures/Venue.ts";
import { wallet } from "../fixtures/wallet.ts";

const ALICE = wallet("alice").address;
const BOB = wallet("bob").address;
const WINDOW = 2_000_000;

describe("C1 C3 CollateralVault applySettlement: only the settlement contract, only zero sums", () => {
	const venue = useVenue(async (made) => {
		await made.fund(ALICE, 10n);
		await made.fund(BOB, 10n);
		return {};
	});

	const apply = (updates: readonly bigint[]) =>
		call(venue(), "CollateralVault", "applySettlement", [WINDOW, 3, true, updates]);
	const asSettlement = (updates: readonly bigint[]) =>
		venue().sendAs(venue().deployment.addresses.WindowSettlement, apply(updates));

	it("default: moves money and sets the cursor", async () => {
		const cursor = BigInt(WINDOW) | (7n << 24n) | (500n << 56n);
		const receipt = await asSettlement([update(ALICE, -2500n), cursor, update(BOB, 2500n), 0n]);
		expect(await venue().balanceMsat(ALICE)).to.equal(7500);
		expect(await venue().balanceMsat(BOB)).to.equal(12_500);
		const [alice, bob] = await venue().read("AuditLens", "accounts", [[ALICE, BOB]]);
		expect(alice).to.include({ cursorWindow: WINDOW, cursorSequence: 7, cursorFillWh: 500 });
		expect(bob).to.include({ cursorWindow: 0, cursorSequence: 0, cursorFillWh: 0 });
		const [settled] = eventsOf(receipt, "CollateralVault");
		const deltas = [delta(ALICE, -2500n), delta(BOB, 2500n)].map((word) => word.toString(16).padStart(64, "0"));
		expect(settled).to.deep.equal({
			name: "BalancesSettled",
			args: { windowId: WINDOW, chunkIndex: 3, last: true, deltas: `0x${deltas.join("")}` },
		});
	});

	it("behavior: an account may come twice", async () => {
		await asSettlement([update(ALICE, -10_000n), 0n, update(BOB, 4000n), 0n, update(BOB, 6000n), 0n]);
		expect([await venue().balanceMsat(ALICE), await venue().balanceMsat(BOB)]).to.deep.equal([0, 20_000]);
	});

	it("behavior: an account without a change and a cursor is passed over", async () => {
		const receipt = await asSettlement([
			update(ALICE, -5n),
			0n,
			update(wallet("carol").address, 0n),
			0n,
			update(BOB, 5n),
			0n,
		]);
		const [settled] = eventsOf(receipt, "CollateralVault");
		const deltas = [delta(ALICE, -5n), delta(BOB, 5n)].map((word) => word.toString(16).padStart(64, "0"));
		expect(settled?.args).to.include({ deltas: `0x${deltas.join("")}` });
	});

	it("behavior: keeps epoch, exit and licence", async () => {
		await venue().send(venue().calls.raiseEpoch(), wallet("alice"));
		await venue().send(venue().calls.requestExit(), wallet("alice"));
		const grant = { account: ALICE, tier: 1, validUntil: 1_900_000_000 };
		await venue().send(venue().calls.licenseParticipants([grant]), REGISTRARS.ERC);
		const [before] = await venue().read("AuditLens", "accounts", [[ALICE]]);
		await asSettlement([update(ALICE, -1n), (1n << 88n) - 1n, update(BOB, 1n), 0n]);
		const [after] = await venue().read("AuditLens", "accounts", [[ALICE]]);
		expect(after).to.deep.equal({
			...before,
			balanceMsat: 9999n,
			cursorWindow: 0xffffff,
			cursorSequence: 0xffffffff,
			cursorFillWh: 0xffffffff,
		});
	});

	it("error: money from nothing", async () => {
		await expectRevert(asSettlement([update(BOB, 1n), 0n]), "UnbalancedSettlement", 1);
	});

	it("error: money destroyed", async () => {
		await expectRevert(asSettlement([update(BOB, -1n), 0n]), "UnbalancedSettlement", -1);
	});

	it("error: an account driven below zero, even if a later word would lift it again", async () => {
		await expectRevert(
			asSettlement([update(ALICE, -10_001n), 0n, update(BOB, 10_001n), 0n]),
			"InsufficientBalance",
			ALICE,
			10_000,
			10_001,
		);
		await expectRevert(asSettlement([update(ALICE, -10_001n), 0n, update(ALICE, 10_001n), 0n]), "InsufficientBalance");
	});

	it("error: anybody else, whatever its office", async () => {
		const updates = [update(ALICE, -1n), 0n, update(BOB, 1n), 0n];
		for (const from of [OPERATOR, DEPLOYER, wallet("bob"), REGISTRARS.ERC]) {
			await expectRevert(venue().send(apply(updates), from), "OnlySettlement", from.address);
		}
		for (const name of ["MeterRegistry", "CertificateRegistry", "AccessManager", "SatoshiToken"] as const) {
			const address = venue().deployment.addresses[name];
			await expectRevert(venue().sendAs(address, apply(updates)), "OnlySettlement", address);
		}
		const council = venue().deployment.safes.COUNCIL;
		await expectRevert(venue().sendAs(council, apply(updates)), "OnlySettlement", council);
	});
});

describe("C1 L1 CollateralVault noteLicence: only the registry", () => {
	const venue = useVenue(async () => ({}));
	const note = (untilWindow: number) => call(venue(), "CollateralVault", "noteLicence", [ALICE, untilWindow]);

	it("default: the registry notes until when an account trades", async () => {
		const receipt = await venue().sendAs(venue().deployment.addresses.MeterRegistry, note(WINDOW));
		expect(eventsOf(receipt, "CollateralVault")).to.deep.equal([
			{ name: "LicenceNoted", args: { account: ALICE, licensedUntilWindow: WINDOW } },
		]);
		const [account] = await venue().read("AuditLens", "accounts", [[ALICE]]);
		expect(account.licensedUntilWindow).to.equal(WINDOW);
	});

	it("error: anybody else", async () => {
		for (const from of [OPERATOR, DEPLOYER, REGISTRARS.ERC, wallet("alice")]) {
			await expectRevert(venue().send(note(WINDOW), from), "OnlyRegistry", from.address);
		}
		const settlement = venue().deployment.addresses.WindowSettlement;
		await expectRevert(venue().sendAs(settlement, note(WINDOW)), "OnlyRegistry", settlement);
	});
});

/** What the event says: the account, then the change in two's complement. */
function delta(account: Address, changeMsat: bigint): bigint {
	return (BigInt(account) << 96n) | BigInt.asUintN(96, changeMsat);
}

/** A word of `applySettlement`: account · 2^96 + change in msat. */
function update(account: Address, changeMsat: bigint): bigint {
	return (BigInt(account) << 96n) + changeMsat;
}
