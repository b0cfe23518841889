import { expect } from "chai";
import { encodeFunctionData, type Hex } from "viem";
import { loadArtifact } from "../../../offchain/infrastructure/chain/loadArtifact.ts";
import { call } from "../fixtures/call.ts";
import { eventsOf } from "../fixtures/eventsOf.ts";
import { expectRevert } from "../fixtures/expectRevert.ts";
import { settledSale, settleSales } from "../fixtures/settledWindow.ts";
import { useVenue } from "../fixtures/useVenue.ts";
import { OPERATOR, REGISTRARS } from "../fixtures/Venue.ts";
import { wallet } from "../fixtures/wallet.ts";

const ALICE = wallet("alice");
const walletAbi = loadArtifact("doubles/HostileWallet").abi;

describe("R2 CertificateRegistry transfers", () => {
	const venue = useVenue(async (made) => {
		const first = await settledSale(made);
		const later = first.windowId + 3;
		const { records } = await settleSales(made, later, [{ seller: first.seller, buyer: first.buyer, energyWh: 500 }]);
		await made.send(made.calls.issueCertificates(first.windowId, 0, first.record), OPERATOR);
		await made.send(made.calls.issueCertificates(later, 0, records[0] as Hex), OPERATOR);
		const laterId = BigInt(await made.read("CertificateRegistry", "certificateId", [first.seller.meterId, later]));
		const hostile = await made.deployDouble("HostileWallet");
		return { ...first, ids: [first.id, laterId] as const, hostile };
	});

	const registry = (functionName: string, ...args: unknown[]) =>
		call(venue(), "CertificateRegistry", functionName, args);
	const balance = async (account: string, id: bigint) =>
		Number(await venue().read("CertificateRegistry", "balanceOf", [account, id]));
	const transfer = (to: string, value: bigint, from = venue().buyer) =>
		venue().send(registry("safeTransferFrom", venue().buyer.address, to, venue().id, value, "0x"), from);

	it("default: moves to another account", async () => {
		await transfer(ALICE.address, 300n);
		expect(await balance(ALICE.address, venue().id)).to.equal(300);
		expect(await balance(venue().buyer.address, venue().id)).to.equal(700);
	});

	it("behavior: several ids in one transaction, told in one event", async () => {
		const { buyer, ids } = venue();
		const receipt = await venue().send(
			registry("safeBatchTransferFrom", buyer.address, ALICE.address, [...ids], [100n, 500n], "0x"),
			buyer,
		);
		expect([await balance(ALICE.address, ids[0]), await balance(ALICE.address, ids[1])]).to.deep.equal([100, 500]);
		expect(eventsOf(receipt, "CertificateRegistry")).to.deep.equal([
			{
				name: "TransferBatch",
				args: {
					operator: buyer.address,
					from: buyer.address,
					to: ALICE.address,
					ids: [...ids],
					values: [100n, 500n],
				},
			},
		]);
	});

	it("behavior: by an approved account, until the approval ends", async () => {
		const { buyer } = venue();
		await expectRevert(transfer(ALICE.address, 1n, ALICE as typeof buyer), "ERC1155MissingApprovalForAll");
		await venue().send(registry("setApprovalForAll", ALICE.address, true), buyer);
		await transfer(ALICE.address, 1n, ALICE as typeof buyer);
		await venue().send(registry("setApprovalForAll", ALICE.address, false), buyer);
		await expectRevert(transfer(ALICE.address, 1n, ALICE as typeof buyer), "ERC1155MissingApprovalForAll");
	});

	it("error: more than one has, in a batch all or nothing", async () => {
		const { buyer, ids } = venue();
		await expectRevert(transfer(ALICE.address, 1001n), "ERC1155InsufficientBalance");
		await expectRevert(
			venue().send(registry("safeBatchTransferFrom", buyer.address, ALICE.address, [...ids], [1n, 501n], "0x"), buyer),
			"ERC1155InsufficientBalance",
		);
		await expectRevert(
			venue().send(
				registry("safeBatchTransferFrom", buyer.address, ALICE.address, [ids[0], ids[0]], [600n, 600n], "0x"),
				buyer,
			),
			"ERC1155InsufficientBalance",
		);
		expect(await balance(ALICE.address, ids[0])).to.equal(0);
	});

	it("error: to a contract that cannot hold certificates, or to nobody", async () => {
		await expectRevert(transfer(venue().deployment.addresses.MarketRules, 1n), "ERC1155InvalidReceiver");
		await expectRevert(transfer(`0x${"00".repeat(20)}`, 1n), "ERC1155InvalidReceiver");
	});

	describe("a receiver that calls back", () => {
		async function receiving(inner: { data: Hex }) {
			const { hostile, deployment } = venue();
			const data = encodeFunctionData({
				abi: walletAbi,
				functionName: "setCallback",
				args: [deployment.addresses.CertificateRegistry, inner.data],
			});
			await venue().send({ to: hostile, data }, OPERATOR);
			await transfer(hostile, 400n);
			return venue().publicClient.readContract({ address: hostile, abi: walletAbi, functionName: "calledBack" });
		}
		async function conserved() {
			const { hostile, buyer, id } = venue();
			const claimed = Number(await venue().read("CertificateRegistry", "claimedBalanceOf", [hostile, id]));
			const held = await Promise.all([hostile, buyer.address, ALICE.address].map((who) => balance(who, id)));
			expect(held.reduce((sum, value) => sum + value, claimed)).to.equal(1000);
		}

		it("behavior: finds the transfer done: it may pass the certificates on or retire them, once", async () => {
			const { hostile, id } = venue();
			const args = [hostile, ALICE.address, id, 400n, "0x"];
			expect(await receiving(registry("safeTransferFrom", ...args))).to.equal(true);
			expect(await balance(ALICE.address, id)).to.equal(400);
			await conserved();
		});

		it("error: spends more than arrived, or what the sender still has", async () => {
			const { hostile, buyer, id } = venue();
			expect(await receiving(registry("claim", id, 401n, "0x"))).to.equal(false);
			await conserved();
			const args = [buyer.address, hostile, id, 1n, "0x"];
			expect(await receiving(registry("safeTransferFrom", ...args))).to.equal(false);
			await conserved();
		});

		it("error: issues again", async () => {
			const { windowId, record } = venue();
			await receiving(venue().calls.issueCertificates(windowId, 0, record));
			await conserved();
		});
	});

	it("behavior: issuing calls no receiver, so none can hold up a chunk", async () => {
		const { hostile, seller, buyer, deployment } = venue();
		const grant = { account: hostile, tier: 1, validUntil: 1_900_000_000 };
		await venue().send(venue().calls.licenseParticipants([grant]), REGISTRARS.ERC);
		await venue().registerMeter({ address: hostile }, 90, { zoneId: 1, source: "none" });
		await venue().fund(hostile, 1_000_000n);
		const onWallet = (functionName: string, ...args: unknown[]) => ({
			to: hostile,
			data: encodeFunctionData({ abi: walletAbi, functionName, args }),
		});
		const windowId = (await venue().nextWindow()) + 1;
		const delegate = venue().calls.setDelegate(buyer.address, windowId + 1);
		await venue().send(onWallet("act", delegate.to, delegate.data), OPERATOR);
		const registryAddress = deployment.addresses.CertificateRegistry;
		await venue().send(onWallet("setCallback", registryAddress, "0x"), OPERATOR);
		const sale = { seller, buyer: { ...buyer, address: hostile, meterId: 90 }, energyWh: 10 };
		const { records, trades } = await settleSales(venue(), windowId, [sale]);
		expect(trades[0]?.code).to.equal(0);
		await venue().send(venue().calls.issueCertificates(windowId, 0, records[0] as Hex), OPERATOR);
		const victim = await venue().publicClient.readContract({
			address: hostile,
			abi: walletAbi,
			functionName: "victim",
		});
		expect(String(victim).toLowerCase(), "the wallet was never called").to.equal(registryAddress);
		const id = BigInt(await venue().read("CertificateRegistry", "certificateId", [seller.meterId, windowId]));
		expect(await balance(hostile, id)).to.equal(10);
	});
});
