import { expect } from "chai";
import { encodeFunctionData, parseAbi } from "viem";
import { windowAt } from "../../../offchain/domain/units/window.ts";
import {
	execTransaction,
	packApprovals,
	type SafeTransaction,
	safeAbi,
	safeTransactionHash,
} from "../../../offchain/infrastructure/chain/safeTransaction.ts";
import { approvedBy } from "../fixtures/approvedBy.ts";
import { directive } from "../fixtures/directive.ts";
import { expectRevert } from "../fixtures/expectRevert.ts";
import { useVenue } from "../fixtures/useVenue.ts";
import { AUTHORITY_OWNERS, EPOCH_SECONDS, OPERATOR } from "../fixtures/Venue.ts";
import { signFull, wallet } from "../fixtures/wallet.ts";

const WINDOW = windowAt(EPOCH_SECONDS);
const ANYBODY = wallet("anybody who pays the gas");
const [FIRST, SECOND, THIRD] = AUTHORITY_OWNERS.EGAT;

describe("A1 an authority's Safe: propose, sign, execTransaction", () => {
	const venue = useVenue(async () => ({}));
	const propose = () => venue().safeTransaction("EGAT", halt());
	const halt = () => venue().calls.setDirective(directive("EGAT", "HALT", 4, WINDOW + 1));
	const halted = async () => (await venue().read("AuditLens", "zones", [WINDOW + 1]))[1][3].halted as boolean;
	const refused = (call: Parameters<ReturnType<typeof venue>["send"]>[0], reason: string) =>
		expectRevert(venue().send(call, ANYBODY), "Error", reason);

	it("default: any two of three owners, in any order; anybody sends it", async () => {
		for (const owners of [
			[FIRST, SECOND],
			[THIRD, FIRST],
			[SECOND, THIRD],
		]) {
			const snapshot = await venue().snapshot();
			await venue().send(approvedBy(await propose(), owners), ANYBODY);
			expect(await halted()).to.equal(true);
			await venue().restore(snapshot);
		}
	});

	it("behavior: what the owners sign is what Safe itself computes: the typed call, not a bare hash", async () => {
		const transaction = await propose();
		const zero = `0x${"00".repeat(20)}` as const;
		const onChain = await venue().publicClient.readContract({
			address: transaction.safe,
			abi: safeAbi,
			functionName: "getTransactionHash",
			args: [transaction.to, 0n, transaction.data, 0, 0n, 0n, 0n, zero, zero, transaction.nonce],
		});
		expect(safeTransactionHash(transaction)).to.equal(onChain);
	});

	it("behavior: an owner may also approve on chain, and be counted with a signature", async () => {
		const transaction = await propose();
		const data = encodeFunctionData({
			abi: safeAbi,
			functionName: "approveHash",
			args: [safeTransactionHash(transaction)],
		});
		await venue().send({ to: transaction.safe, data }, SECOND);
		const signature = signFull(FIRST, safeTransactionHash(transaction));
		const approvals = [
			{ owner: FIRST.address, signature },
			{ owner: SECOND.address, approvedOnChain: true },
		] as const;
		await venue().send(execTransaction(transaction, approvals), ANYBODY);
		expect(await halted()).to.equal(true);
	});

	it("error: one owner, or the same owner twice", async () => {
		const transaction = await propose();
		await refused(approvedBy(transaction, [FIRST]), "GS020");
		await refused(approvedBy(transaction, [FIRST, FIRST]), "GS026");
		expect(await halted()).to.equal(false);
	});

	it("error: an owner of another authority", async () => {
		const transaction = await propose();
		await refused(approvedBy(transaction, [FIRST, AUTHORITY_OWNERS.PEA[0]]), "GS026");
	});

	it("error: an approval on chain that was never given", async () => {
		const transaction = await propose();
		const signature = signFull(FIRST, safeTransactionHash(transaction));
		const approvals = [
			{ owner: FIRST.address, signature },
			{ owner: SECOND.address, approvedOnChain: true },
		] as const;
		await refused(execTransaction(transaction, approvals), "GS025");
	});

	it("error: signatures for another call, another Safe, another chain or another turn", async () => {
		const transaction = await propose();
		const others: SafeTransaction[] = [
			{ ...transaction, data: venue().calls.setDirective(directive("EGAT", "HALT", 5, WINDOW + 1)).data },
			{ ...transaction, safe: venue().deployment.safes.PEA },
			{ ...transaction, chainId: 1 },
			{ ...transaction, nonce: transaction.nonce + 1n },
		];
		for (const other of others) {
			const digest = safeTransactionHash(other);
			const approvals = [FIRST, SECOND].map((owner) => ({ owner: owner.address, signature: signFull(owner, digest) }));
			await refused(execTransaction(transaction, approvals), "GS026");
		}
	});

	it("error: executed twice", async () => {
		const call = approvedBy(await propose(), [FIRST, SECOND]);
		await venue().send(call, ANYBODY);
		await refused(call, "GS026");
	});

	it("behavior: a refused directive reverts the whole transaction, so the signatures are not used up", async () => {
		const tooLong = venue().calls.setDirective(directive("EGAT", "HALT", 4, WINDOW + 1, 0, WINDOW + 97));
		const transaction = await venue().safeTransaction("EGAT", tooLong);
		const attempt = venue().send(approvedBy(transaction, [FIRST, SECOND]), ANYBODY);
		await expectRevert(attempt, "DirectiveTooLong", 97, 96);
		expect((await propose()).nonce).to.equal(transaction.nonce);
	});

	it("error: owners are changed by nobody but the Safe itself", async () => {
		const abi = parseAbi([
			"function addOwnerWithThreshold(address owner, uint256 threshold)",
			"function setup(address[],uint256,address,bytes,address,address,uint256,address)",
		]);
		const to = venue().deployment.safes.EGAT;
		const add = encodeFunctionData({ abi, functionName: "addOwnerWithThreshold", args: [OPERATOR.address, 1n] });
		await refused({ to, data: add }, "GS031");
		const zero = `0x${"00".repeat(20)}` as const;
		const setup = encodeFunctionData({
			abi,
			functionName: "setup",
			args: [[OPERATOR.address], 1n, zero, "0x", zero, zero, 0n, zero],
		});
		await refused({ to, data: setup }, "GS200");
	});

	it("behavior: signatures are packed ascending by owner, as Safe demands", () => {
		const packed = packApprovals([
			{ owner: `0x${"ff".repeat(20)}`, approvedOnChain: true },
			{ owner: `0x${"01".repeat(20)}`, approvedOnChain: true },
		]);
		const entry = (byte: string) => `${"00".repeat(12)}${byte.repeat(20)}${"00".repeat(32)}01`;
		expect(packed).to.equal(`0x${entry("01")}${entry("ff")}`);
	});
});
