import { expect } from "chai";
import { windowAt } from "../../../offchain/domain/units/window.ts";
import { call } from "../fixtures/call.ts";
import { eventsOf } from "../fixtures/eventsOf.ts";
import { expectRevert } from "../fixtures/expectRevert.ts";
import { settleSales } from "../fixtures/settledWindow.ts";
import { useVenue } from "../fixtures/useVenue.ts";
import { DEPLOYER, EPOCH_SECONDS, OPERATOR, REGISTRARS } from "../fixtures/Venue.ts";
import { wallet } from "../fixtures/wallet.ts";

const ALICE = wallet("alice");
const WINDOW = windowAt(EPOCH_SECONDS);
const METER = {
	meterId: 7,
	owner: ALICE.address,
	zoneId: 2,
	source: 1,
	maxWindowWh: 5000,
	nodeId: 12,
	latitudeMicrodegrees: 18_788_000,
	longitudeMicrodegrees: 98_985_000,
};
type Fields = Partial<typeof METER>;

describe("A4 C4 MeterRegistry meters", () => {
	const venue = useVenue(async () => ({}));
	const register = (fields: Fields = {}, from: { address: `0x${string}` } = REGISTRARS.PEA) =>
		venue().send(
			call(venue(), "MeterRegistry", "registerMeters", [[{ ...METER, ...fields }]]),
			from as typeof REGISTRARS.PEA,
		);
	const deactivate = (from: { address: `0x${string}` } = REGISTRARS.PEA, meterId = METER.meterId) =>
		venue().send(venue().calls.deactivateMeter(meterId), from as typeof REGISTRARS.PEA);
	const meter = async () => {
		const [found] = await venue().read("AuditLens", "meters", [[METER.meterId]]);
		return { ...found, owner: found.owner.toLowerCase() };
	};

	it("default: the zone's licensee registers a meter with owner, nameplate and place", async () => {
		const receipt = await register();
		const { meterId, ...fields } = METER;
		expect(await meter()).to.deep.equal({ ...fields, activeUntilWindow: 2 ** 24 - 1 });
		expect(eventsOf(receipt, "MeterRegistry")).to.deep.equal([
			{ name: "MeterRegistered", args: { meterId, ...fields } },
		]);
	});

	it("behavior: each licensee in its own zones, and in no other's", async () => {
		const keys = { 1: REGISTRARS.MEA, 2: REGISTRARS.PEA, 13: REGISTRARS.PEA, 14: REGISTRARS.EGAT, 16: REGISTRARS.EGAT };
		const roles = { 1: 12, 2: 13, 13: 13, 14: 11, 16: 11 };
		for (const [zone, own] of Object.entries(keys)) {
			const zoneId = Number(zone) as keyof typeof roles;
			for (const from of [REGISTRARS.EGAT, REGISTRARS.MEA, REGISTRARS.PEA, REGISTRARS.ERC, OPERATOR, DEPLOYER, ALICE]) {
				if (from.address === own.address) continue;
				await expectRevert(
					register({ meterId: 100 + zoneId, zoneId }, from),
					"NotRegistrar",
					from.address,
					roles[zoneId],
				);
			}
			await register({ meterId: 100 + zoneId, zoneId }, own);
		}
	});

	it("behavior: the licensee's Safe may do it itself; the council may not", async () => {
		const { MEA, COUNCIL } = venue().deployment.safes;
		const inBangkok = call(venue(), "MeterRegistry", "registerMeters", [[{ ...METER, zoneId: 1 }]]);
		await expectRevert(venue().sendAs(COUNCIL, inBangkok), "NotRegistrar", COUNCIL, 12);
		await venue().sendAs(MEA, inBangkok);
	});

	it("error: a meter's number is used once: no new owner, zone or nameplate, even after it ended", async () => {
		await register();
		await expectRevert(register({ owner: wallet("bob").address }), "MeterExists", 7);
		await deactivate();
		await expectRevert(register({ maxWindowWh: 9000 }), "MeterExists", 7);
	});

	it("error: number 0, no owner, a zone there is not", async () => {
		await expectRevert(register({ meterId: 0 }), "InvalidMeter", 0);
		await expectRevert(register({ owner: `0x${"00".repeat(20)}` }), "InvalidAccount");
		await expectRevert(register({ zoneId: 0 }), "InvalidZone", 0);
		await expectRevert(register({ zoneId: 17 }), "InvalidZone", 17);
	});

	it("error: a source there is not, a consumer that injects, a producer that cannot", async () => {
		await expectRevert(register({ source: 10 }), "InvalidSource", 10);
		await expectRevert(register({ source: 0, maxWindowWh: 1 }), "InvalidSource", 0);
		await expectRevert(register({ source: 1, maxWindowWh: 0 }), "InvalidSource", 1);
		await register({ meterId: 8, source: 9 });
		await register({ meterId: 9, source: 0, maxWindowWh: 0 });
	});

	it("behavior: the corners of Thailand's rectangle are inside", async () => {
		await register({ meterId: 20, latitudeMicrodegrees: 5_000_000, longitudeMicrodegrees: 97_000_000 });
		await register({ meterId: 21, latitudeMicrodegrees: 21_000_000, longitudeMicrodegrees: 106_000_000 });
	});

	it("error: a place outside Thailand and its border points", async () => {
		for (const place of [
			{ latitudeMicrodegrees: 4_999_999 },
			{ latitudeMicrodegrees: 21_000_001 },
			{ longitudeMicrodegrees: 96_999_999 },
			{ longitudeMicrodegrees: 106_000_001 },
			{ latitudeMicrodegrees: -18_788_000 },
		]) {
			const { latitudeMicrodegrees, longitudeMicrodegrees } = { ...METER, ...place };
			await expectRevert(register(place), "InvalidPlace", latitudeMicrodegrees, longitudeMicrodegrees);
		}
	});

	it("behavior: the nameplate bounds what is paid, whatever an attester signs", async () => {
		const seller = await venue().trader("plated", { zoneId: 2, maxWindowWh: 300 });
		const buyer = await venue().trader("buyer", { zoneId: 1, source: "none" });
		const sale = { seller, buyer, energyWh: 1000 };
		const { trades } = await settleSales(venue(), WINDOW + 3, [sale], new Map([[seller.meterId, 1_000_000]]));
		expect(trades[0]?.deliveredWh).to.be.at.most(300);
	});

	describe("deactivateMeter", () => {
		it("default: ends it for windows that cannot be committed yet", async () => {
			await register();
			const receipt = await deactivate();
			expect((await meter()).activeUntilWindow).to.equal(WINDOW + 2);
			expect(eventsOf(receipt, "MeterRegistry")).to.deep.equal([
				{ name: "MeterDeactivated", args: { meterId: 7, effectiveWindow: WINDOW + 2 } },
			]);
		});

		it("error: twice, which could only lengthen it", async () => {
			await register();
			await deactivate();
			await venue().warpTo(EPOCH_SECONDS + 900);
			await expectRevert(deactivate(), "InvalidMeter", 7);
		});

		it("error: unknown", async () => {
			await expectRevert(deactivate(), "MeterUnknown", 7);
		});

		it("error: another licensee, the operator, the owner", async () => {
			await register();
			for (const from of [REGISTRARS.EGAT, REGISTRARS.MEA, REGISTRARS.ERC, OPERATOR, DEPLOYER, ALICE]) {
				await expectRevert(deactivate(from), "NotRegistrar", from.address, 13);
			}
		});
	});
});
