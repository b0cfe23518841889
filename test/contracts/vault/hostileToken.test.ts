import { expect } from "chai";
import { decodeErrorResult, encodeDeployData, encodeFunctionData, type Hex, hashTypedData } from "viem";
import type { Address } from "../../../offchain/domain/units/Address.ts";
import { withdrawalTypedData } from "../../../offchain/infrastructure/chain/contractCalls.ts";
import { loadArtifact } from "../../../offchain/infrastructure/chain/loadArtifact.ts";
import { expectRevert } from "../fixtures/expectRevert.ts";
import { useVenue } from "../fixtures/useVenue.ts";
import { DEPLOYER, OPERATOR } from "../fixtures/Venue.ts";
import { signFull, wallet } from "../fixtures/wallet.ts";

const ALICE = wallet("alice");
const tokenAbi = loadArtifact("doubles/HostileToken").abi;
const { abi: vaultAbi, bytecode } = loadArtifact("CollateralVault");

/** A vault over a token that keeps a fee or calls back in the middle of a transfer. */
describe("C1 CollateralVault over a hostile token", () => {
	const venue = useVenue(async (made) => {
		const token = await made.deployDouble("HostileToken");
		const { EGAT: egat, MEA: mea, PEA: pea, congestion, platform } = made.deployment.chargeAccounts;
		const args = [made.deployment.addresses.AccessManager, token, { egat, mea, pea, congestion, platform }];
		const data = encodeDeployData({ abi: vaultAbi, bytecode, args });
		const client = await made.walletClient(DEPLOYER);
		const hash = await client.sendTransaction({ data, chain: null, gas: 15_000_000n });
		const { contractAddress } = await made.publicClient.getTransactionReceipt({ hash });
		const vault = (contractAddress as string).toLowerCase() as Address;
		const onToken = (functionName: string, ...args: unknown[]) => ({
			to: token,
			data: encodeFunctionData({ abi: tokenAbi, functionName, args }),
		});
		await made.send(onToken("mint", ALICE.address, 10_000n), ALICE);
		await made.send(onToken("approve", vault, 10_000n), ALICE);
		return { token, vault, onToken };
	});

	const onVault = (functionName: string, ...args: unknown[]) => ({
		to: venue().vault,
		data: encodeFunctionData({ abi: vaultAbi, functionName, args }),
	});
	const readVault = (functionName: string, ...args: unknown[]) =>
		venue().publicClient.readContract({ address: venue().vault, abi: vaultAbi, functionName, args });
	const readToken = (functionName: string, ...args: unknown[]) =>
		venue().publicClient.readContract({ address: venue().token, abi: tokenAbi, functionName, args });

	async function solvent() {
		const held = (await readToken("balanceOf", venue().vault)) as bigint;
		expect(((await readVault("totalMsat")) as bigint) <= held * 1000n, "Σ balances ≤ tokens held").to.equal(true);
	}

	async function refusedByTheGuard() {
		expect(await readToken("calledBack"), "the call back must fail").to.equal(false);
		const data = (await readToken("answer")) as Hex;
		expect(decodeErrorResult({ abi: vaultAbi, data }).errorName).to.equal("ReentrancyGuardReentrantCall");
		await solvent();
	}

	it("behavior: a fee on transfer is not credited", async () => {
		await venue().send(venue().onToken("setFee", 100n), ALICE);
		await venue().send(onVault("deposit", 1000n), ALICE);
		expect(await readVault("balanceOf", ALICE.address)).to.equal(900_000n);
		await solvent();
	});

	it("error: a token that keeps everything", async () => {
		await venue().send(venue().onToken("setFee", 1000n), ALICE);
		await expectRevert(venue().send(onVault("deposit", 1000n), ALICE), "ZeroAmount");
	});

	it("error: a second deposit inside the first would be counted twice", async () => {
		await venue().send(venue().onToken("mint", venue().token, 5000n), ALICE);
		// The token deposits for Alice from its own pocket while her deposit is measured.
		await venue().sendAs(venue().token, venue().onToken("approve", venue().vault, 5000n));
		const inner = onVault("depositFor", ALICE.address, 5000n).data;
		await venue().send(venue().onToken("setCallback", venue().vault, inner), ALICE);
		await venue().send(onVault("deposit", 1000n), ALICE);
		expect(await readVault("balanceOf", ALICE.address)).to.equal(1_000_000n);
		await refusedByTheGuard();
	});

	it("error: an exit inside a deposit would lower what the deposit measures", async () => {
		await venue().send(onVault("depositFor", wallet("leaver").address, 1000n), ALICE);
		await venue().send(onVault("requestExit"), wallet("leaver"));
		await venue().warpTo(Number(await readVault("exitDueAt", wallet("leaver").address)));
		const inner = onVault("exit", wallet("leaver").address).data;
		await venue().send(venue().onToken("setCallback", venue().vault, inner), ALICE);
		await venue().send(onVault("deposit", 2000n), ALICE);
		expect(await readVault("balanceOf", ALICE.address)).to.equal(2_000_000n);
		await refusedByTheGuard();
	});

	it("error: a second exit inside the first", async () => {
		await venue().send(onVault("deposit", 1000n), ALICE);
		await venue().send(onVault("requestExit"), ALICE);
		await venue().warpTo(Number(await readVault("exitDueAt", ALICE.address)));
		await venue().send(venue().onToken("setCallback", venue().vault, onVault("exit", ALICE.address).data), ALICE);
		await venue().send(onVault("exit", ALICE.address), ALICE);
		expect(await readToken("balanceOf", ALICE.address)).to.equal(10_000n);
		await refusedByTheGuard();
	});

	it("error: an exit inside a withdrawal of another account", async () => {
		await venue().send(onVault("deposit", 1000n), ALICE);
		await venue().send(onVault("depositFor", wallet("leaver").address, 1000n), ALICE);
		await venue().send(onVault("requestExit"), wallet("leaver"));
		await venue().warpTo(Number(await readVault("exitDueAt", wallet("leaver").address)));
		const inner = onVault("exit", wallet("leaver").address).data;
		await venue().send(venue().onToken("setCallback", venue().vault, inner), ALICE);
		const message = { account: ALICE.address, amountSat: 400n, nonce: 1n, deadlineSeconds: 10n ** 12n };
		const typed = withdrawalTypedData(venue().deployment, message);
		const digest = hashTypedData({ ...typed, domain: { ...typed.domain, verifyingContract: venue().vault } });
		await venue().send(onVault("withdraw", 400n, 1n, 10n ** 12n, signFull(OPERATOR, digest)), ALICE);
		expect(await readVault("balanceOf", ALICE.address)).to.equal(600_000n);
		await refusedByTheGuard();
	});

	it("error: who takes part in re-entry cannot move balances as settlement or registry either", async () => {
		for (const [name, args] of [
			["applySettlement", [1, 0, true, 0, []]],
			["noteLicence", [ALICE.address, 1]],
		] as const) {
			await venue().send(venue().onToken("setCallback", venue().vault, onVault(name, ...args).data), ALICE);
			await venue().send(onVault("deposit", 1n), ALICE);
			expect(await readToken("calledBack")).to.equal(false);
		}
		await solvent();
	});
});
