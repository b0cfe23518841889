import { expect } from "chai";
import { windowAt } from "../../../offchain/domain/units/window.ts";
import { call } from "../fixtures/call.ts";
import { eventsOf } from "../fixtures/eventsOf.ts";
import { expectRevert } from "../fixtures/expectRevert.ts";
import { useVenue } from "../fixtures/useVenue.ts";
import { DEPLOYER, EPOCH_SECONDS, OPERATOR, REGISTRARS, TEST_FACTORS } from "../fixtures/Venue.ts";

const WINDOW = windowAt(EPOCH_SECONDS);
/** Rooftop solar (source 1) avoids 444 g/kWh. */
const FACTORS = 444n << 16n;

describe("R3 CertificateRegistry publishEmissionFactors", () => {
	const venue = useVenue(async (made) => ({
		solar: await made.trader("solar", { zoneId: 2, source: "rooftopSolar" }),
	}));
	const publish = (fromWindow: number, factors = FACTORS) =>
		call(venue(), "CertificateRegistry", "publishEmissionFactors", [fromWindow, factors]);
	const byErc = (fromWindow: number) => venue().sendAs(venue().deployment.safes.ERC, publish(fromWindow));
	const gramsAt = async (windowId: number) => {
		const id = await venue().read("CertificateRegistry", "certificateId", [venue().solar.meterId, windowId]);
		return Number(await venue().read("CertificateRegistry", "gramsPerKwh", [id]));
	};

	it("behavior: each source has its own factor", async () => {
		const factors = TEST_FACTORS.map((_, source) =>
			venue().read("CertificateRegistry", "gramsPerKwh", [BigInt(source) << 72n]),
		);
		expect((await Promise.all(factors)).map(Number)).to.deep.equal(TEST_FACTORS);
	});

	it("default: a new version from a future window on; earlier windows keep theirs", async () => {
		const receipt = await byErc(WINDOW + 5);
		expect(eventsOf(receipt, "CertificateRegistry")).to.deep.equal([
			{
				name: "EmissionFactorsPublished",
				args: { version: 1, fromWindow: WINDOW + 5, gramsPerKwhBySource: FACTORS },
			},
		]);
		expect([await gramsAt(WINDOW + 4), await gramsAt(WINDOW + 5)]).to.deep.equal([450, 444]);
		expect(await venue().read("CertificateRegistry", "factorVersionCount")).to.equal(2n);
	});

	it("error: for a window that has begun, since its certificates' ids would change", async () => {
		await expectRevert(byErc(WINDOW), "FactorsOutOfOrder", WINDOW);
		await byErc(WINDOW + 1);
	});

	it("error: before or at the version published last", async () => {
		await byErc(WINDOW + 5);
		await expectRevert(byErc(WINDOW + 5), "FactorsOutOfOrder", WINDOW + 5);
		await expectRevert(byErc(WINDOW + 4), "FactorsOutOfOrder", WINDOW + 4);
	});

	it("error: anybody but ERC", async () => {
		for (const from of [OPERATOR, DEPLOYER, REGISTRARS.ERC]) {
			await expectRevert(venue().send(publish(WINDOW + 5), from), "AccessManagedUnauthorized", from.address);
		}
		for (const name of ["EGAT", "MEA", "PEA"] as const) {
			const safe = venue().deployment.safes[name];
			await expectRevert(venue().sendAs(safe, publish(WINDOW + 5)), "AccessManagedUnauthorized", safe);
		}
		const council = venue().deployment.safes.COUNCIL;
		await expectRevert(venue().sendAs(council, publish(WINDOW + 5)), "AccessManagedUnauthorized", council);
	});
});
