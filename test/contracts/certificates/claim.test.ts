import { expect } from "chai";
import { decodeAbiParameters, encodeAbiParameters, parseAbiParameters } from "viem";
import { windowEnd, windowStart } from "../../../offchain/domain/units/window.ts";
import { call } from "../fixtures/call.ts";
import { eventsOf } from "../fixtures/eventsOf.ts";
import { expectRevert } from "../fixtures/expectRevert.ts";
import { settledSale } from "../fixtures/settledWindow.ts";
import { useVenue } from "../fixtures/useVenue.ts";
import { OPERATOR, type Trader } from "../fixtures/Venue.ts";
import { wallet } from "../fixtures/wallet.ts";

const ALICE = wallet("alice");
const ZERO = `0x${"00".repeat(20)}`;
/** PEA metered it (3), rooftop solar (1). */
const TOPIC = (3n << 8n) | 1n;
const CLAIM = encodeAbiParameters(
	parseAbiParameters("string beneficiary, string location, string country, uint256 start, uint256 end, string purpose"),
	["Siam Cold Storage", "Chiang Mai", "TH", 1n, 2n, "GHG Protocol Scope 2, 2027"],
);

describe("R2 R3 CertificateRegistry claims (ERC-1888)", () => {
	const venue = useVenue(async (made) => {
		const sale = await settledSale(made);
		await made.send(made.calls.issueCertificates(sale.windowId, 0, sale.record), OPERATOR);
		return sale;
	});

	const registry = (functionName: string, ...args: unknown[]) =>
		call(venue(), "CertificateRegistry", functionName, args);
	const claimed = async (account: string) =>
		Number(await venue().read("CertificateRegistry", "claimedBalanceOf", [account, venue().id]));
	const held = async (account: string) =>
		Number(await venue().read("CertificateRegistry", "balanceOf", [account, venue().id]));

	it("default: retires what the caller holds, with beneficiary and purpose on chain", async () => {
		const { buyer, id, deployment } = venue();
		const receipt = await venue().send(venue().calls.claimCertificate(id, 400n, CLAIM), buyer);
		expect([await held(buyer.address), await claimed(buyer.address)]).to.deep.equal([600, 400]);
		expect(eventsOf(receipt, "CertificateRegistry")).to.deep.equal([
			{ name: "TransferSingle", args: { operator: buyer.address, from: buyer.address, to: ZERO, id, value: 400n } },
			{
				name: "ClaimSingle",
				args: {
					claimIssuer: deployment.addresses.CertificateRegistry,
					claimSubject: buyer.address,
					topic: TOPIC,
					id,
					value: 400n,
					claimData: CLAIM,
				},
			},
		]);
	});

	it("behavior: carbon retired counts claimed units only, at the factor of the source", async () => {
		const { buyer, id } = venue();
		const carbon = (account: string) => venue().read("CertificateRegistry", "retiredCarbonMilligrams", [account, id]);
		expect(await carbon(buyer.address)).to.equal(0n);
		await venue().send(venue().calls.claimCertificate(id, 400n, CLAIM), buyer);
		expect(await carbon(buyer.address)).to.equal(400n * 450n);
		expect(await carbon(ALICE.address)).to.equal(0n);
	});

	it("behavior: transfers and retires in another's name in one step", async () => {
		const { buyer, id } = venue();
		const receipt = await venue().send(
			registry("safeTransferAndClaimFrom", buyer.address, ALICE.address, id, 10n, "0x", CLAIM),
			buyer,
		);
		const claim = eventsOf(receipt, "CertificateRegistry").at(-1);
		expect(claim).to.deep.include({ name: "ClaimSingle" });
		expect(claim?.args).to.deep.include({ claimSubject: ALICE.address, id, value: 10n, claimData: CLAIM });
		expect([await claimed(ALICE.address), await claimed(buyer.address)]).to.deep.equal([10, 0]);
		expect([await held(ALICE.address), await held(buyer.address)]).to.deep.equal([0, 990]);
	});

	it("behavior: several at once, each with its own data", async () => {
		const { buyer, id } = venue();
		const receipt = await venue().send(
			registry("safeBatchTransferAndClaimFrom", buyer.address, ALICE.address, [id, id], [10n, 20n], "0x", [
				CLAIM,
				"0x",
			]),
			buyer,
		);
		expect(await claimed(ALICE.address)).to.equal(30);
		const batch = eventsOf(receipt, "CertificateRegistry").at(-1);
		expect(batch).to.deep.include({ name: "ClaimBatch" });
		expect(batch?.args).to.deep.include({ topics: [TOPIC, TOPIC], ids: [id, id], values: [10n, 20n] });
		const both = [
			[ALICE.address, buyer.address],
			[id, id],
		];
		expect(await venue().read("CertificateRegistry", "claimedBalanceOfBatch", both)).to.deep.equal([30n, 0n]);
	});

	it("behavior: the certificate describes itself, and tells how to see that it is valid", async () => {
		const { id, windowId, seller, deployment } = venue();
		const [issuer, topic, validityCall, data] = await venue().read("CertificateRegistry", "getCertificate", [id]);
		expect(issuer.toLowerCase()).to.equal(deployment.addresses.CertificateRegistry);
		expect(topic).to.equal(TOPIC);
		const fields = decodeAbiParameters(
			parseAbiParameters(
				"uint256 start, uint256 end, uint32 device, uint8 zone, uint8 source, uint8 authority, uint256 gramsPerKwh, uint16 version",
			),
			data,
		);
		expect(fields).to.deep.equal([
			BigInt(windowStart(windowId)),
			BigInt(windowEnd(windowId)),
			seller.meterId,
			2,
			1,
			3,
			450n,
			0,
		]);
		const { data: revoked } = await venue().publicClient.call({ to: issuer, data: validityCall });
		expect(BigInt(revoked as string)).to.equal(0n);
	});

	it("error: more than held, nothing, or what was claimed before", async () => {
		const { buyer, id } = venue();
		const claim = (value: bigint, from = buyer) => venue().send(venue().calls.claimCertificate(id, value, CLAIM), from);
		await expectRevert(claim(1001n), "ClaimExceedsBalance", buyer.address, id, 1000, 1001);
		await expectRevert(claim(0n), "ClaimExceedsBalance");
		await expectRevert(claim(1n, ALICE as Trader), "ClaimExceedsBalance", ALICE.address, id, 0, 1);
		await claim(1000n);
		await expectRevert(claim(1n), "ClaimExceedsBalance", buyer.address, id, 0, 1);
		await expectRevert(
			venue().send(registry("safeTransferFrom", buyer.address, ALICE.address, id, 1n, "0x"), buyer),
			"ERC1155InsufficientBalance",
		);
	});

	it("error: another's certificates without its approval", async () => {
		const { buyer, id } = venue();
		const single = registry("safeTransferAndClaimFrom", buyer.address, ALICE.address, id, 10n, "0x", CLAIM);
		const batch = registry("safeBatchTransferAndClaimFrom", buyer.address, ALICE.address, [id], [10n], "0x", [CLAIM]);
		await expectRevert(venue().send(single, ALICE), "ERC1155MissingApprovalForAll");
		await expectRevert(venue().send(batch, ALICE), "ERC1155MissingApprovalForAll");
		await venue().send(registry("setApprovalForAll", ALICE.address, true), buyer);
		await venue().send(single, ALICE);
		await venue().send(batch, ALICE);
		expect(await claimed(ALICE.address)).to.equal(20);
	});

	it("error: in nobody's name", async () => {
		const { buyer, id } = venue();
		await expectRevert(
			venue().send(registry("safeTransferAndClaimFrom", buyer.address, ZERO, id, 1n, "0x", CLAIM), buyer),
			"ERC1155InvalidReceiver",
		);
	});

	it("error: lists of different lengths, or empty", async () => {
		const { buyer, id } = venue();
		const batch = (ids: bigint[], values: bigint[], data: string[]) =>
			venue().send(
				registry("safeBatchTransferAndClaimFrom", buyer.address, ALICE.address, ids, values, "0x", data),
				buyer,
			);
		await expectRevert(batch([id], [1n, 2n], [CLAIM]), "ERC1155InvalidArrayLength");
		await expectRevert(batch([id], [1n], [CLAIM, CLAIM]), "ERC1155InvalidArrayLength");
		await expectRevert(batch([], [], []), "NotIssued");
		await expectRevert(
			venue().send(registry("claimedBalanceOfBatch", [ALICE.address], []), buyer),
			"ERC1155InvalidArrayLength",
		);
	});
});
