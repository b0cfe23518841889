import { expect } from "chai";
import { encodeFunctionData, hashTypedData } from "viem";
import { withdrawalTypedData } from "../../../offchain/infrastructure/chain/contractCalls.ts";
import { accessManagerAbi } from "../../../offchain/infrastructure/chain/protocolAbi.ts";
import { ROLES } from "../../../offchain/infrastructure/chain/roles.ts";
import { eventsOf } from "../fixtures/eventsOf.ts";
import { expectRevert } from "../fixtures/expectRevert.ts";
import { useVenue } from "../fixtures/useVenue.ts";
import { EPOCH_SECONDS, OPERATOR } from "../fixtures/Venue.ts";
import { signCompact, signFull, type Wallet, wallet } from "../fixtures/wallet.ts";

const ALICE = wallet("alice");
const MALLORY = wallet("mallory");
const DEADLINE = BigInt(EPOCH_SECONDS + 3600);

type Consent = { account?: Wallet; amountSat?: bigint; nonce?: bigint; deadlineSeconds?: bigint; signer?: Wallet };

describe("C1 CollateralVault withdraw, co-signed", () => {
	const venue = useVenue(async (made) => {
		await made.fund(ALICE.address, 100n);
		await made.fund(MALLORY.address, 100n);
		return {};
	});

	function consent({ account = ALICE, amountSat = 10n, nonce = 1n, deadlineSeconds = DEADLINE, signer }: Consent = {}) {
		const message = { account: account.address, amountSat, nonce, deadlineSeconds };
		return signFull(signer ?? OPERATOR, hashTypedData(withdrawalTypedData(venue().deployment, message)));
	}

	const withdraw = (fields: Consent & { signature?: `0x${string}` } = {}) =>
		venue().send(
			venue().calls.withdraw(
				fields.amountSat ?? 10n,
				fields.nonce ?? 1n,
				fields.deadlineSeconds ?? DEADLINE,
				fields.signature ?? consent(fields),
			),
			fields.account ?? ALICE,
		);

	it("default: pays at once", async () => {
		const receipt = await withdraw();
		expect(await venue().balanceMsat(ALICE.address)).to.equal(90_000);
		expect(await venue().read("SatoshiToken", "balanceOf", [ALICE.address])).to.equal(10n);
		expect(await venue().read("CollateralVault", "totalMsat")).to.equal(190_000n);
		expect(await venue().read("CollateralVault", "isNonceUsed", [ALICE.address, 1n])).to.equal(true);
		expect(eventsOf(receipt, "CollateralVault")).to.deep.equal([
			{ name: "Withdrawn", args: { account: ALICE.address, amountMsat: 10_000n, exit: false } },
		]);
	});

	it("behavior: the whole balance, and no msat more", async () => {
		await withdraw({ amountSat: 100n });
		expect(await venue().balanceMsat(ALICE.address)).to.equal(0);
		await expectRevert(withdraw({ amountSat: 1n, nonce: 2n }), "InsufficientBalance", ALICE.address, 0, 1);
	});

	it("behavior: an exit request stays when money is withdrawn meanwhile", async () => {
		await venue().send(venue().calls.requestExit(), ALICE);
		const due = await venue().read("CollateralVault", "exitDueAt", [ALICE.address]);
		await withdraw();
		expect(await venue().read("CollateralVault", "exitDueAt", [ALICE.address])).to.equal(due);
	});

	it("behavior: nonces belong to the account, in any order", async () => {
		await withdraw({ nonce: 2n ** 256n - 1n });
		await withdraw({ nonce: 0n });
		await withdraw({ account: MALLORY, nonce: 0n });
	});

	it("error: more than the balance", async () => {
		await expectRevert(withdraw({ amountSat: 101n }), "InsufficientBalance", ALICE.address, 100_000, 101);
	});

	it("error: an amount whose msat would wrap", async () => {
		await expectRevert(withdraw({ amountSat: 2n ** 256n - 1n }), "InsufficientBalance");
	});

	it("error: nothing", async () => {
		await expectRevert(withdraw({ amountSat: 0n }), "ZeroAmount");
	});

	it("error: the same consent twice", async () => {
		await withdraw();
		await expectRevert(withdraw(), "WithdrawalNonceUsed", ALICE.address, 1);
	});

	it("error: after its deadline, to the second", async () => {
		// Transactions are mined a second after the block before them.
		await venue().warpTo(Number(DEADLINE) - 1);
		await withdraw({ nonce: 1n });
		await venue().warpTo(Number(DEADLINE) + 1);
		await expectRevert(withdraw({ nonce: 2n }), "WithdrawalExpired", DEADLINE);
	});

	it("error: consent given to somebody else", async () => {
		const signature = consent();
		await expectRevert(withdraw({ account: MALLORY, signature }), "NotOperator");
	});

	it("error: consent for another amount, nonce or deadline", async () => {
		const signature = consent();
		await expectRevert(withdraw({ amountSat: 11n, signature }), "NotOperator");
		await expectRevert(withdraw({ nonce: 2n, signature }), "NotOperator");
		await expectRevert(withdraw({ deadlineSeconds: DEADLINE + 1n, signature }), "NotOperator");
	});

	it("error: forged by the account itself, or by somebody", async () => {
		await expectRevert(withdraw({ signer: ALICE }), "NotOperator", ALICE.address);
		await expectRevert(withdraw({ signer: MALLORY }), "NotOperator", MALLORY.address);
	});

	it("error: consent for another chain or another contract", async () => {
		const message = { account: ALICE.address, amountSat: 10n, nonce: 1n, deadlineSeconds: DEADLINE };
		const typed = withdrawalTypedData(venue().deployment, message);
		for (const domain of [
			{ ...typed.domain, chainId: 1 },
			{ ...typed.domain, verifyingContract: venue().deployment.addresses.WindowSettlement },
		]) {
			const signature = signFull(OPERATOR, hashTypedData({ ...typed, domain }));
			await expectRevert(withdraw({ signature }), "NotOperator");
		}
	});

	it("error: a signature that recovers to nobody", async () => {
		for (const signature of ["0x", `0x${"00".repeat(65)}`, `0x${"ff".repeat(65)}`] as const) {
			await expectRevert(withdraw({ signature }), "NotOperator", `0x${"00".repeat(20)}`);
		}
	});

	it("error: … even if the council should make nobody an operator by mistake", async () => {
		const { safes, addresses } = venue().deployment;
		const nobody = `0x${"00".repeat(20)}` as const;
		const data = encodeFunctionData({
			abi: accessManagerAbi,
			functionName: "grantRole",
			args: [ROLES.OPERATOR, nobody, 0],
		});
		await venue().sendAs(safes.COUNCIL, { to: addresses.AccessManager, data });
		await expectRevert(withdraw({ signature: "0x" }), "NotOperator", nobody);
	});

	it("error: the malleable twin and the short form of a good signature", async () => {
		const good = consent();
		const order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
		const s = (order - BigInt(`0x${good.slice(66, 130)}`)).toString(16).padStart(64, "0");
		const flipped = `0x${good.slice(2, 66)}${s}${good.endsWith("1b") ? "1c" : "1b"}` as const;
		await expectRevert(withdraw({ signature: flipped }), "NotOperator");
		const message = { account: ALICE.address, amountSat: 10n, nonce: 1n, deadlineSeconds: DEADLINE };
		const digest = hashTypedData(withdrawalTypedData(venue().deployment, message));
		await expectRevert(withdraw({ signature: signCompact(OPERATOR, digest) }), "NotOperator");
	});
});
