import { expect } from "chai";
import type { SafeName } from "../../../offchain/infrastructure/chain/Deployment.ts";
import { call } from "../fixtures/call.ts";
import { eventsOf } from "../fixtures/eventsOf.ts";
import { expectRevert } from "../fixtures/expectRevert.ts";
import { settledSale } from "../fixtures/settledWindow.ts";
import { useVenue } from "../fixtures/useVenue.ts";
import { ATTESTERS, DEPLOYER, OPERATOR, REGISTRARS } from "../fixtures/Venue.ts";
import { wallet } from "../fixtures/wallet.ts";

const ALICE = wallet("alice");
const REASON = `0x${"ce".repeat(32)}` as const;

describe("R2 CertificateRegistry revoke", () => {
	const venue = useVenue(async (made) => {
		const sale = await settledSale(made);
		await made.send(made.calls.issueCertificates(sale.windowId, 0, sale.record), OPERATOR);
		return sale;
	});

	const revoke = (name: SafeName, id = venue().id) =>
		venue().sendAs(venue().deployment.safes[name], venue().calls.revokeCertificate(id, REASON));
	const registry = (functionName: string, ...args: unknown[]) =>
		call(venue(), "CertificateRegistry", functionName, args);

	it("default: the licensee that metered it, by its Safe", async () => {
		const { id } = venue();
		const receipt = await venue().bySafe("PEA", venue().calls.revokeCertificate(id, REASON));
		expect(eventsOf(receipt, "CertificateRegistry")).to.deep.equal([
			{ name: "CertificateRevoked", args: { id, authority: 3, reasonHash: REASON } },
		]);
		expect(await venue().read("CertificateRegistry", "isRevoked", [id])).to.equal(true);
		expect(await venue().read("AuditLens", "solvency")).to.have.property("0", true);
	});

	it("behavior: ERC may revoke any", async () => {
		const receipt = await revoke("ERC");
		expect(eventsOf(receipt, "CertificateRegistry")).to.deep.equal([
			{ name: "CertificateRevoked", args: { id: venue().id, authority: 4, reasonHash: REASON } },
		]);
	});

	it("behavior: blocks transfer as well as claim, single and batch, and approved accounts too", async () => {
		const { buyer, id } = venue();
		await venue().send(registry("setApprovalForAll", ALICE.address, true), buyer);
		await revoke("PEA");
		const from = buyer.address;
		const to = ALICE.address;
		for (const [sender, blocked] of [
			[buyer, registry("safeTransferFrom", from, to, id, 1n, "0x")],
			[buyer, registry("safeBatchTransferFrom", from, to, [id], [1n], "0x")],
			[buyer, venue().calls.claimCertificate(id, 1n, "0x")],
			[ALICE, registry("safeTransferAndClaimFrom", from, to, id, 1n, "0x", "0x")],
			[ALICE, registry("safeBatchTransferAndClaimFrom", from, to, [id], [1n], "0x", ["0x"])],
			[ALICE, registry("safeTransferFrom", from, to, id, 1n, "0x")],
		] as const) {
			await expectRevert(venue().send(blocked, sender), "CertificateIsRevoked", id);
		}
	});

	it("behavior: what was retired before stays retired", async () => {
		const { buyer, id } = venue();
		await venue().send(venue().calls.claimCertificate(id, 100n, "0x"), buyer);
		await revoke("PEA");
		expect(await venue().read("CertificateRegistry", "claimedBalanceOf", [buyer.address, id])).to.equal(100n);
	});

	it("error: another licensee, the council, the operator, a registrar, an attester, the deployer, the owner", async () => {
		const { id, deployment, buyer } = venue();
		for (const name of ["EGAT", "MEA", "COUNCIL"] as const) {
			await expectRevert(revoke(name), "NotIssuer", deployment.safes[name], id);
		}
		for (const from of [OPERATOR, REGISTRARS.PEA, REGISTRARS.ERC, ATTESTERS.PEA, DEPLOYER, buyer]) {
			await expectRevert(
				venue().send(venue().calls.revokeCertificate(id, REASON), from),
				"NotIssuer",
				from.address,
				id,
			);
		}
	});

	it("error: twice", async () => {
		await revoke("PEA");
		await expectRevert(revoke("PEA"), "CertificateIsRevoked", venue().id);
		await expectRevert(revoke("ERC"), "CertificateIsRevoked", venue().id);
	});

	it("error: an id of no licensee, even if a role has the authority's number", async () => {
		const { id } = venue();
		const withAuthority = (authority: bigint) => (id & ~(0xffn << 80n)) | (authority << 80n);
		await expectRevert(revoke("ERC", withAuthority(0n)), "NotIssued", withAuthority(0n));
		await expectRevert(revoke("COUNCIL", withAuthority(5n)), "NotIssued", withAuthority(5n));
		const operators = withAuthority(20n);
		await expectRevert(
			venue().send(venue().calls.revokeCertificate(operators, REASON), OPERATOR),
			"NotIssued",
			operators,
		);
	});
});

describe("R2 CertificateRegistry revoke before issuing", () => {
	const venue = useVenue(async (made) => settledSale(made));

	it("behavior: the chunk is still issued, for its other buyers; the revoked units stay where they are", async () => {
		const { id, buyer, record, windowId, deployment } = venue();
		await venue().sendAs(deployment.safes.PEA, venue().calls.revokeCertificate(id, REASON));
		await venue().send(venue().calls.issueCertificates(windowId, 0, record), OPERATOR);
		expect(await venue().read("CertificateRegistry", "balanceOf", [buyer.address, id])).to.equal(1000n);
		await expectRevert(venue().send(venue().calls.claimCertificate(id, 1n, "0x"), buyer), "CertificateIsRevoked", id);
	});
});
