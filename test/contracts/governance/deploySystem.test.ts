import { expect } from "chai";
import { network } from "hardhat";
import { createPublicClient, createWalletClient, custom, type WalletClient } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import { deploySystem } from "../../../offchain/infrastructure/chain/deploySystem.ts";
import { expectedGovernance } from "../../../offchain/infrastructure/chain/expectedGovernance.ts";
import { compareGovernance } from "../../../offchain/infrastructure/chain/governanceFacts.ts";
import { readGovernance } from "../../../offchain/infrastructure/chain/readGovernance.ts";
import { DEPLOYER, testParameters } from "../fixtures/Venue.ts";
import { type Wallet, wallet } from "../fixtures/wallet.ts";

/** A chain of its own, with a wallet that can be told to fail after some transactions. */
async function freshChain(deployer: Wallet = DEPLOYER) {
	const { provider } = await network.create();
	const transport = custom(provider, { retryCount: 0 });
	await provider.request({ method: "hardhat_setBalance", params: [deployer.address, "0x3635c9adc5dea00000"] });
	const publicClient = createPublicClient({ transport, pollingInterval: 10, cacheTime: 0 });
	const inner = createWalletClient({ account: privateKeyToAccount(deployer.key), transport });
	const sent = { count: 0, failAfter: Number.POSITIVE_INFINITY };
	const walletClient = {
		...inner,
		sendTransaction: async (request: never) => {
			if (sent.count >= sent.failAfter) throw new Error("the power went off");
			sent.count += 1;
			return inner.sendTransaction(request);
		},
	} as unknown as WalletClient;
	return { publicClient, walletClient, sent };
}

describe("C10 deploySystem", () => {
	it("default: the same key, parameters and code give the same addresses on every chain", async () => {
		const [first, second] = [await freshChain(), await freshChain()];
		const one = await deploySystem(first, testParameters());
		const two = await deploySystem(second, testParameters());
		expect(two.addresses).to.deep.equal(one.addresses);
		expect(two.safes).to.deep.equal(one.safes);
		expect(two.safeContracts).to.deep.equal(one.safeContracts);
	});

	it("behavior: another deployer cannot take the addresses: its own differ", async () => {
		const one = await deploySystem(await freshChain(), testParameters());
		const mallory = wallet("mallory");
		const two = await deploySystem(await freshChain(mallory), testParameters());
		for (const name of ["AccessManager", "CollateralVault", "WindowSettlement"] as const) {
			expect(two.addresses[name]).to.not.equal(one.addresses[name]);
		}
	});

	it("behavior: another salt gives another set", async () => {
		const chain = await freshChain();
		const one = await deploySystem(chain, testParameters());
		const two = await deploySystem(chain, testParameters({ salt: `0x${"01".repeat(32)}` }));
		expect(
			Object.values(two.addresses).filter((address) => Object.values(one.addresses).includes(address)),
		).to.deep.equal([]);
	});

	it("behavior: done twice it sends nothing", async () => {
		const chain = await freshChain();
		const one = await deploySystem(chain, testParameters());
		const { count } = chain.sent;
		const two = await deploySystem(chain, testParameters());
		expect(chain.sent.count).to.equal(count);
		expect({ ...two, deployedBlock: 0 }).to.deep.equal({ ...one, deployedBlock: 0 });
	});

	it("behavior: interrupted after any transaction it is completed by the next run", async () => {
		const whole = await freshChain();
		const expected = await deploySystem(whole, testParameters());
		for (let failAfter = 0; failAfter < whole.sent.count; failAfter += 1) {
			const chain = await freshChain();
			chain.sent.failAfter = failAfter;
			const error = await deploySystem(chain, testParameters()).catch((reason: unknown) => reason);
			expect(String(error)).to.contain("the power went off");
			chain.sent.failAfter = Number.POSITIVE_INFINITY;
			const done = await deploySystem(chain, testParameters());
			expect(done.addresses, `after ${failAfter}`).to.deep.equal(expected.addresses);
			const wanted = expectedGovernance(done, testParameters(), DEPLOYER.address);
			const found = await readGovernance(chain.publicClient, { ...done, deployedBlock: 0 });
			expect(compareGovernance(wanted, found), `after ${failAfter}`).to.deep.equal([]);
		}
	}).timeout(60_000);
});
