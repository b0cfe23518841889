import { expect } from "chai";
import { encodeFunctionData, hashTypedData } from "viem";
import type { SignedOrder } from "../../../offchain/domain/orders/Order.ts";
import { decodeRecord } from "../../../offchain/domain/settlement/decodeRecord.ts";
import { SETTLEMENT_CODES } from "../../../offchain/domain/settlement/settlementCode.ts";
import type { PlannedChunk } from "../../../offchain/domain/settlement/WindowPlan.ts";
import { loadArtifact } from "../../../offchain/infrastructure/chain/loadArtifact.ts";
import { expectRevert } from "../fixtures/expectRevert.ts";
import { rawPlan } from "../fixtures/rawPlan.ts";
import { pair, useVenue } from "../fixtures/useVenue.ts";
import { AUTHORITY_OWNERS, EPOCH_SECONDS, OPERATOR, REGISTRARS, type Trader } from "../fixtures/Venue.ts";
import { signFull } from "../fixtures/wallet.ts";

const MODES = { valid: 0, invalid: 1, revert: 2, burnGas: 3, returnMuch: 4, returnLittle: 5 } as const;

/** Contract wallets as traders: ERC-1271 within a gas budget, whatever the wallet tries. */
describe("O4 C5 settleChunk: contract wallets", () => {
	const venue = useVenue(async (made) => {
		const people = await pair(made);
		const address = await made.deployDouble("HostileWallet");
		const wallet = await asTrader(made, address, 60);
		const plain = await made.trader("plain buyer", { zoneId: 1, source: "none" });
		return { ...people, wallet, plain };
	});

	async function settleBoth() {
		const { seller, wallet, plain, windowId } = venue();
		const other = await venue().trader("other seller", { zoneId: 2 });
		const sells = [seller, other].map((from) => venue().order(from, { side: "sell", windowId }));
		const contractBuy: SignedOrder = {
			...venue().order(wallet as Trader, { side: "buy", windowId }, seller),
			signature: "0xbeef",
		};
		const plainBuy = venue().order(plain, { side: "buy", windowId });
		const trades = [contractBuy, plainBuy].map((buy, i) => venue().trade(sells[i] as SignedOrder, buy));
		const plan = venue().plan(windowId, [...sells, contractBuy, plainBuy], trades);
		await venue().commit(plan);
		await venue().warpTo((windowId + 1) * 900);
		const readings = [seller, other].map(({ meterId, zoneId }) => ({ meterId, zoneId, exportedWh: 5000 }));
		const batches = venue().readingBatches(windowId, readings);
		const call = venue().calls.settleChunk(windowId, plan.chunks[0] as PlannedChunk, batches);
		const receipt = await venue().send(call, OPERATOR);
		return { receipt, codes: decodeRecord(venue().recordOf(receipt)).map(({ code }) => code) };
	}

	async function setMode(mode: keyof typeof MODES) {
		const { abi } = loadArtifact("doubles/HostileWallet");
		const data = encodeFunctionData({ abi, functionName: "setMode", args: [MODES[mode]] });
		await venue().send({ to: venue().wallet.address, data }, OPERATOR);
	}

	it("settles what the wallet says it signed", async () => {
		expect((await settleBoth()).codes).to.deep.equal([SETTLEMENT_CODES.SETTLED, SETTLEMENT_CODES.SETTLED]);
	});

	for (const mode of ["invalid", "revert", "burnGas", "returnMuch", "returnLittle"] as const) {
		it(`error: a wallet that answers with ${mode} harms only itself`, async () => {
			const snapshot = await venue().snapshot();
			await setMode("invalid");
			const refusedGas = Number((await settleBoth()).receipt.gasUsed);
			await venue().restore(snapshot);
			await setMode(mode);
			const { codes, receipt } = await settleBoth();
			expect(codes).to.deep.equal([SETTLEMENT_CODES.SIGNATURE_INVALID, SETTLEMENT_CODES.SETTLED]);
			// What the wallet may spend itself, and no more.
			expect(Number(receipt.gasUsed) - refusedGas).to.be.below(120_000);
		});
	}

	it("error: who sends too little gas cannot make a good signature fail", async () => {
		const { windowId, wallet, buyer } = venue();
		const signed = venue().order(wallet as Trader, { side: "buy", windowId }, buyer);
		const plan = rawPlan(windowId, [{ orders: [{ ...signed, signature: "0xbeef" }], trades: [] }]);
		await venue().commit(plan);
		await venue().warpTo((windowId + 1) * 900);
		const call = venue().calls.settleChunk(windowId, plan.chunks[0] as PlannedChunk, []);
		await expectRevert(venue().send(call, OPERATOR, 190_000n), "InsufficientGas");
		await venue().send(call, OPERATOR, 300_000n);
	});

	it("error: an account without code", async () => {
		const { buyer, seller, windowId } = venue();
		const sell = venue().order(seller, { side: "sell", windowId });
		const buy: SignedOrder = { ...venue().order(buyer, { side: "buy", windowId }), signature: "0xbeef" };
		const plan = venue().plan(windowId, [sell, buy], [venue().trade(sell, buy)]);
		await venue().commit(plan);
		const { trades } = await venue().settlePlan(plan, [{ meterId: seller.meterId, zoneId: 2, exportedWh: 5000 }]);
		expect(trades[0]?.code).to.equal(SETTLEMENT_CODES.SIGNATURE_INVALID);
	});

	it("a real Safe trades with two owners' signatures", async () => {
		const { windowId, plain } = venue();
		const safe = venue().deployment.safes.EGAT;
		const trader = await asTrader(venue(), safe, 161);
		await venue().registerMeter(trader, 162, { zoneId: 2, source: "hydro" });
		const unsigned = venue().order({ ...(trader as Trader), meterId: 162 }, { side: "sell", windowId }, plain);
		// Safe's ERC-1271 signs its own EIP-712 message over the order's hash.
		const digest = hashTypedData({
			domain: { chainId: venue().deployment.chainId, verifyingContract: safe },
			types: { SafeMessage: [{ name: "message", type: "bytes" }] },
			primaryType: "SafeMessage",
			message: { message: unsigned.orderHash },
		});
		const owners = AUTHORITY_OWNERS.EGAT.slice(0, 2).sort((a, b) => (a.address < b.address ? -1 : 1));
		const signature = `0x${owners.map((owner) => signFull(owner, digest).slice(2)).join("")}` as const;
		const sell: SignedOrder = { ...unsigned, signature };
		const buy = venue().order(plain, { side: "buy", windowId });
		const plan = venue().plan(windowId, [sell, buy], [venue().trade(sell, buy)]);
		await venue().commit(plan);
		const { trades } = await venue().settlePlan(plan, [{ meterId: 162, zoneId: 2, exportedWh: 5000 }]);
		expect(trades[0]).to.include({ code: 0, deliveredWh: 1000 });
	});
});

async function asTrader(venue: Parameters<Parameters<typeof useVenue>[0]>[0], address: `0x${string}`, meterId: number) {
	const grant = { account: address, tier: 1, validUntil: EPOCH_SECONDS + 86_400 * 30 };
	await venue.send(venue.calls.licenseParticipants([grant]), REGISTRARS.ERC);
	await venue.registerMeter({ address }, meterId, { zoneId: 1, source: "none" });
	await venue.fund(address, 1_000_000n);
	return { address, meterId, zoneId: 1, source: "none", name: "contract", key: "0x" } as const;
}
