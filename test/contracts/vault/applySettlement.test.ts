import { expect } from "chai";
import { hashTypedData } from "viem";
import type { Address } from "../../../offchain/domain/units/Address.ts";
import { withdrawalTypedData } from "../../../offchain/infrastructure/chain/contractCalls.ts";
import { call } from "../fixtures/call.ts";
import { eventsOf } from "../fixtures/eventsOf.ts";
import { expectRevert } from "../fixtures/expectRevert.ts";
import { useVenue } from "../fixtures/useVenue.ts";
import { CONGESTION, DEPLOYER, OPERATOR, PLATFORM, REGISTRARS } from "../fixtures/Venue.ts";
import { signFull, wallet } from "../fixtures/wallet.ts";

const ALICE = wallet("alice").address;
const BOB = wallet("bob").address;
const WINDOW = 2_000_000;

describe("C1 C3 CollateralVault applySettlement: only the settlement contract, only zero sums", () => {
	const venue = useVenue(async (made) => {
		await made.fund(ALICE, 10n);
		await made.fund(BOB, 10n);
		return {};
	});

	const apply = (updates: readonly bigint[], charges = 0n) =>
		call(venue(), "CollateralVault", "applySettlement", [WINDOW, 3, true, charges, updates]);
	const asSettlement = (updates: readonly bigint[], charges = 0n) =>
		venue().sendAs(venue().deployment.addresses.WindowSettlement, apply(updates, charges));

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

describe("C1 C3 CollateralVault: charges accrue for their receivers in one slot", () => {
	const venue = useVenue(async (made) => {
		await made.fund(ALICE, 40_000n);
		await made.fund(CONGESTION.address, 3n);
		return {};
	});

	const settle = (charges: readonly bigint[]) => {
		const sum = charges.reduce((total, amount) => total + amount, 0n);
		const updates = [update(ALICE, -sum), 0n];
		const apply = call(venue(), "CollateralVault", "applySettlement", [WINDOW, 0, true, packed(charges), updates]);
		return venue().sendAs(venue().deployment.addresses.WindowSettlement, apply);
	};
	const receivers = () => {
		const { congestion, EGAT, MEA, PEA, platform } = venue().deployment.chargeAccounts;
		return [congestion, EGAT, MEA, PEA, platform];
	};
	const balances = () => Promise.all(receivers().map((account) => venue().balanceMsat(account)));
	/** What stands in the account's slot. */
	const stored = async (account: Address) => {
		const [word] = await venue().read("CollateralVault", "tradingWords", [account]);
		return Number(BigInt(word) & 0xffffffffffffffffn);
	};

	it("default: they are balances at once, and the event tells them", async () => {
		const receipt = await settle([11n, 22n, 33n, 44n, 55n]);
		await settle([1n, 0n, 0n, 0n, 5n]);
		expect(await balances()).to.deep.equal([3012, 22, 33, 44, 60]);
		expect(await stored(CONGESTION.address)).to.equal(3000);
		const [settled] = eventsOf(receipt, "CollateralVault");
		const [payer, ...paid] = [-165n, 11n, 22n, 33n, 44n, 55n];
		const deltas = [delta(ALICE, payer as bigint), ...paid.map((msat, i) => delta(receivers()[i] as Address, msat))];
		expect(settled?.args).to.include({
			deltas: `0x${deltas.map((word) => word.toString(16).padStart(64, "0")).join("")}`,
		});
		const [account] = await venue().read("AuditLens", "accounts", [[PLATFORM.address]]);
		expect(account.balanceMsat).to.equal(60n);
	});

	it("behavior: anybody spreads them into the accounts; no balance changes, and what comes after accrues anew", async () => {
		await settle([11n, 22n, 33n, 44n, 55n]);
		await venue().send(call(venue(), "CollateralVault", "spreadCharges", []), wallet("carol"));
		expect(await balances()).to.deep.equal([3011, 22, 33, 44, 55]);
		expect(await stored(PLATFORM.address)).to.equal(55);
		await venue().send(call(venue(), "CollateralVault", "spreadCharges", []), wallet("carol"));
		await settle([0n, 0n, 0n, 0n, 7n]);
		expect(await balances()).to.deep.equal([3011, 22, 33, 44, 62]);
	});

	it("behavior: a receiver withdraws what accrued", async () => {
		await settle([2000n, 0n, 0n, 0n, 9000n]);
		const { calls, deployment } = venue();
		const terms = { account: CONGESTION.address, amountSat: 5n, nonce: 1n, deadlineSeconds: 10n ** 12n };
		const consent = signFull(OPERATOR, hashTypedData(withdrawalTypedData(deployment, terms)));
		await venue().send(calls.withdraw(5n, 1n, terms.deadlineSeconds, consent), CONGESTION);
		expect((await balances()).at(0)).to.equal(0);
		expect((await balances()).at(-1)).to.equal(9000);
	});

	it("behavior: a receiver leaves with what accrued", async () => {
		await venue().send(venue().calls.requestExit(), PLATFORM);
		await settle([2000n, 0n, 0n, 0n, 9500n]);
		await venue().warpTo(Number(await venue().read("CollateralVault", "exitDueAt", [PLATFORM.address])));
		const receipt = await venue().send(venue().calls.exit(PLATFORM.address), wallet("carol"));
		expect(eventsOf(receipt, "CollateralVault")).to.deep.equal([
			{ name: "Withdrawn", args: { account: PLATFORM.address, amountMsat: 9000n, exit: true } },
		]);
		expect(await balances()).to.deep.equal([5000, 0, 0, 0, 500]);
	});

	it("behavior: an account's other words leave what accrued alone", async () => {
		await settle([0n, 0n, 0n, 0n, 9500n]);
		await venue().send(venue().calls.raiseEpoch(), PLATFORM);
		await venue().send(venue().calls.requestExit(), PLATFORM);
		await venue().fund(PLATFORM.address, 1n);
		expect((await balances()).at(-1)).to.equal(10_500);
		expect(await stored(PLATFORM.address)).to.equal(1000);
	});

	it("limit: a field is emptied into its account before it could overflow", async () => {
		const half = 2n ** 50n;
		await venue().fund(ALICE, half / 250n);
		await settle([half - 1n, 0n, 0n, 0n, 3n]);
		await settle([half - 1n, 0n, 0n, 0n, 0n]);
		expect(await stored(CONGESTION.address)).to.equal(3000);
		await settle([5n, 0n, 0n, 0n, 1n]);
		expect(await stored(CONGESTION.address)).to.equal(3000 + 2 * Number(half - 1n));
		expect(await stored(PLATFORM.address)).to.equal(3);
		// More than half a field at once goes into the account right away.
		await settle([half, 0n, 0n, 0n, 2n]);
		expect(await stored(CONGESTION.address)).to.equal(3000 + 3 * Number(half) - 2);
		expect(await balances()).to.deep.equal([3000 + 3 * Number(half) - 2 + 5, 0, 0, 0, 6]);
	});

	it("error: more than was taken, and a carry out of a field", async () => {
		const apply = (charges: bigint, updates: readonly bigint[]) =>
			venue().sendAs(
				venue().deployment.addresses.WindowSettlement,
				call(venue(), "CollateralVault", "applySettlement", [WINDOW, 0, true, charges, updates]),
			);
		await expectRevert(apply(packed([0n, 0n, 0n, 0n, 1n]), []), "UnbalancedSettlement", 1);
		await venue().fund(ALICE, 2n ** 51n / 1000n + 1n);
		const taken = 2n ** 51n;
		await expectRevert(apply(packed([taken, 0n, 0n, 0n, 0n]), [update(ALICE, -taken), 0n]), "UnbalancedSettlement");
		await expectRevert(apply(1n << 255n, [update(ALICE, -taken), 0n]), "UnbalancedSettlement");
	});
});

/** An `AccruedWord`. */
function packed(charges: readonly bigint[]): bigint {
	return charges.reduce((word, amount, i) => word + (amount << BigInt(51 * i)), 0n);
}

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
