import { expect } from "chai";
import { SETTLEMENT_CODES } from "../../../offchain/domain/settlement/settlementCode.ts";
import { windowAt, windowStart } from "../../../offchain/domain/units/window.ts";
import { eventsOf } from "../fixtures/eventsOf.ts";
import { expectRevert } from "../fixtures/expectRevert.ts";
import { settleSales } from "../fixtures/settledWindow.ts";
import { pair, useVenue } from "../fixtures/useVenue.ts";
import { DEPLOYER, EPOCH_SECONDS, OPERATOR, REGISTRARS } from "../fixtures/Venue.ts";
import { wallet } from "../fixtures/wallet.ts";

const ALICE = wallet("alice");
const WINDOW = windowAt(EPOCH_SECONDS);
const YEAR = EPOCH_SECONDS + 365 * 86_400;

describe("L1 A4 MeterRegistry licences", () => {
	const venue = useVenue(async () => ({}));
	const grant = (fields: { tier?: number; validUntil?: number; account?: `0x${string}` } = {}, from = REGISTRARS.ERC) =>
		venue().send(
			venue().calls.licenseParticipants([{ account: ALICE.address, tier: 1, validUntil: YEAR, ...fields }]),
			from,
		);
	const revoke = (from = REGISTRARS.ERC) => venue().send(venue().calls.revokeLicence(ALICE.address), from);
	const licence = () => venue().read("MeterRegistry", "licence", [ALICE.address]);
	const licensedUntilWindow = async () => {
		const [account] = await venue().read("AuditLens", "accounts", [[ALICE.address]]);
		return account.licensedUntilWindow;
	};

	it("default: ERC's registrar licenses, and the vault's account knows it for settlement", async () => {
		const receipt = await grant({ tier: 3 });
		expect(await licence()).to.deep.equal([3, YEAR]);
		expect(await licensedUntilWindow()).to.equal(YEAR / 900);
		expect(eventsOf(receipt, "MeterRegistry")).to.deep.equal([
			{ name: "ParticipantLicensed", args: { account: ALICE.address, tier: 3, validUntil: YEAR } },
		]);
	});

	it("behavior: ERC's Safe may do it itself", async () => {
		const licences = [{ account: ALICE.address, tier: 1, validUntil: YEAR }];
		await venue().bySafe("ERC", venue().calls.licenseParticipants(licences));
		expect(await licence()).to.deep.equal([1, YEAR]);
	});

	it("behavior: a list in one transaction, all or none", async () => {
		const good = { account: wallet("listed").address, tier: 1, validUntil: YEAR };
		const bad = { ...good, tier: 9 };
		await expectRevert(venue().send(venue().calls.licenseParticipants([good, bad]), REGISTRARS.ERC), "InvalidTier", 9);
		expect(await venue().read("MeterRegistry", "licence", [good.account])).to.deep.equal([0, 0]);
	});

	it("behavior: an end beyond the word's range is no end", async () => {
		await grant({ validUntil: 2 ** 40 - 1 });
		expect(await licensedUntilWindow()).to.equal(2 ** 24 - 1);
	});

	it("error: a licence that would take windows away that may be committed, also as a renewal", async () => {
		const earliest = windowStart(WINDOW + 2);
		await expectRevert(grant({ validUntil: earliest - 1 }), "LicenceInPast", earliest - 1);
		await grant();
		await expectRevert(grant({ validUntil: earliest - 1 }), "LicenceInPast", earliest - 1);
		await grant({ validUntil: earliest });
	});

	it("error: no tier, an unknown tier, nobody", async () => {
		await expectRevert(grant({ tier: 0 }), "InvalidTier", 0);
		await expectRevert(grant({ tier: 5 }), "InvalidTier", 5);
		await expectRevert(grant({ account: `0x${"00".repeat(20)}` }), "InvalidAccount");
	});

	it("error: licensed or revoked by anybody but ERC and its registrar", async () => {
		for (const from of [OPERATOR, DEPLOYER, REGISTRARS.EGAT, REGISTRARS.MEA, REGISTRARS.PEA, ALICE]) {
			await expectRevert(grant({}, from as typeof REGISTRARS.ERC), "NotRegistrar", from.address, 14);
			await expectRevert(revoke(from as typeof REGISTRARS.ERC), "NotRegistrar", from.address, 14);
		}
		const council = venue().deployment.safes.COUNCIL;
		const call = venue().calls.revokeLicence(ALICE.address);
		await expectRevert(venue().sendAs(council, call), "NotRegistrar", council, 14);
	});

	describe("revokeLicence", () => {
		it("default: ends it for windows that cannot be committed yet, not for earlier ones", async () => {
			await grant();
			const receipt = await revoke();
			expect(eventsOf(receipt, "MeterRegistry")).to.deep.equal([
				{ name: "LicenceRevoked", args: { account: ALICE.address, effectiveWindow: WINDOW + 2 } },
			]);
			expect(await licensedUntilWindow()).to.equal(WINDOW + 2);
			expect(await licence()).to.deep.equal([1, windowStart(WINDOW + 2)]);
		});

		it("error: twice, or without a licence", async () => {
			await expectRevert(revoke(), "NotLicensed", ALICE.address);
			await grant();
			await revoke();
			await expectRevert(revoke(), "NotLicensed", ALICE.address);
			// Nor does a later call push the end of a licence that ends soon further out.
			await grant({ validUntil: windowStart(WINDOW + 2) });
			await venue().warpTo(EPOCH_SECONDS + 900);
			await expectRevert(revoke(), "NotLicensed", ALICE.address);
		});

		it("behavior: may be granted anew", async () => {
			await grant();
			await revoke();
			await grant({ tier: 2 });
			expect(await licence()).to.deep.equal([2, YEAR]);
		});
	});
});

describe("L1 A4 a licence in settlement", () => {
	const venue = useVenue(pair);

	it("behavior: revoked after the commitment, the window still settles; the next one does not", async () => {
		const { seller, buyer, windowId } = venue();
		const early = await settledCode(windowId, true);
		expect(early).to.equal(SETTLEMENT_CODES.SETTLED);
		expect(await settledCode(windowId + 4, false)).to.equal(SETTLEMENT_CODES.LICENCE_EXPIRED);

		async function settledCode(window: number, revokeAfterCommit: boolean) {
			if (!revokeAfterCommit) {
				const { trades } = await settleSales(venue(), window, [{ seller, buyer, energyWh: 10 }]);
				return trades[0]?.code;
			}
			const sell = venue().order(seller, { side: "sell", windowId: window });
			const buy = venue().order(buyer, { side: "buy", windowId: window });
			const plan = venue().plan(window, [sell, buy], [venue().trade(sell, buy)]);
			await venue().commit(plan);
			await venue().send(venue().calls.revokeLicence(buyer.address), REGISTRARS.ERC);
			const { trades } = await venue().settlePlan(plan, [{ meterId: seller.meterId, exportedWh: 5000, zoneId: 2 }]);
			return trades[0]?.code;
		}
	});
});
