import { expect } from "chai";
import type { Hex } from "viem";
import type { Address } from "../../../offchain/domain/units/Address.ts";
import { accessListsOf } from "../../../offchain/infrastructure/chain/settlementAccessList.ts";
import { crowd, oneToOne, readingsOf } from "../fixtures/gasScenario.ts";
import { useVenue } from "../fixtures/useVenue.ts";
import { OPERATOR } from "../fixtures/Venue.ts";

describe("C2 settleChunk: the slots named beforehand", () => {
	const venue = useVenue(async (made) => {
		const sellers = await crowd(made, "list seller", 10, true, [1, 2]);
		const buyers = await crowd(made, "list buyer", 10, false, [1, 2]);
		const scenario = oneToOne(made, await made.nextWindow(), sellers, buyers);
		const plan = made.plan(scenario.windowId, scenario.orders, scenario.trades);
		const chunk = plan.chunks[0] as (typeof plan.chunks)[number];
		return { scenario, plan, chunk };
	});

	it("default: one slot for each account, where the vault has its word", async () => {
		const { chunk, deployment, scenario, publicClient, read, calls } = venue();
		const call = calls.settleChunk(scenario.windowId, chunk, []);
		const [named, ...others] = call.accessList ?? [];
		expect(others).to.deep.equal([]);
		expect(named?.address).to.equal(deployment.addresses.CollateralVault);
		expect(named?.storageKeys.length).to.equal(chunk.accounts.length);
		for (const [i, { account }] of chunk.accounts.entries()) {
			const slot = named?.storageKeys[i] as Hex;
			const held = await publicClient.getStorageAt({ address: deployment.addresses.CollateralVault, slot });
			const [word] = await read("CollateralVault", "tradingWords", [account]);
			expect(BigInt(held as Hex))
				.to.equal(word)
				.and.not.equal(0n);
		}
	});

	it("behavior: a sender that knows the call by its bytes names the same; other calls name none", () => {
		const { chunk, deployment, scenario, calls } = venue();
		const listOf = accessListsOf(deployment);
		const call = calls.settleChunk(scenario.windowId, chunk, []);
		expect(listOf({ to: call.to, data: call.data })).to.deep.equal(call.accessList);
		expect(listOf(calls.voidWindow(scenario.windowId))).to.deep.equal([]);
		expect(listOf(calls.requestExit())).to.deep.equal([]);
		expect(listOf({ to: "0x00000000000000000000000000000000000000aa" as Address, data: call.data })).to.deep.equal([]);
	});

	it("behavior: bytes that are no chunk name what accounts they have room for", () => {
		const { calls } = venue();
		const slots = (bytes: Hex) => calls.settleChunk(1, { bytes, restHash: `0x${"00".repeat(32)}` }, []).accessList;
		expect(slots("0x")?.[0]?.storageKeys).to.deep.equal([]);
		const header = `0x${"00".repeat(8)}0001ffff${"00".repeat(4)}${"00".repeat(4)}` as const;
		expect(slots(header)?.[0]?.storageKeys).to.deep.equal([]);
		expect(slots(`${header}${"11".repeat(45)}`)?.[0]?.storageKeys.length).to.equal(2);
	});

	it("behavior: it makes settlement some 100 gas an account cheaper and changes nothing else", async () => {
		const { chunk, plan, scenario, calls, commit, send, rpc, warpTo } = venue();
		await commit(plan);
		await warpTo((scenario.windowId + 1) * 900 + 1);
		const call = calls.settleChunk(scenario.windowId, chunk, readingsOf(venue(), scenario, chunk, 5000));
		const before = await rpc("evm_snapshot");
		const plain = await send({ to: call.to, data: call.data }, OPERATOR);
		await rpc("evm_revert", [before]);
		const listed = await send(call, OPERATOR);
		expect(Number(plain.gasUsed - listed.gasUsed)).to.be.within(
			100 * chunk.accounts.length,
			100 * chunk.accounts.length + 200,
		);
		expect(listed.logs.map(({ data }) => data)).to.deep.equal(plain.logs.map(({ data }) => data));
	});
});
