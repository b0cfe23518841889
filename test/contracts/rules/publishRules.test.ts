import { expect } from "chai";
import type { MarketRulesVersion } from "../../../offchain/domain/settlement/SettlementRules.ts";
import { windowAt } from "../../../offchain/domain/units/window.ts";
import { eventsOf } from "../fixtures/eventsOf.ts";
import { expectRevert } from "../fixtures/expectRevert.ts";
import { useVenue } from "../fixtures/useVenue.ts";
import { DEPLOYER, EPOCH_SECONDS, OPERATOR, REGISTRARS, SYSTEM_OPERATOR, TEST_RULES } from "../fixtures/Venue.ts";

/** 36 hours ahead and rounded up. */
const EARLIEST = windowAt(EPOCH_SECONDS + 36 * 3600) + 1;

describe("P6 C9 MarketRules publishRules", () => {
	const venue = useVenue(async () => ({}));
	const publish = (fields: Partial<MarketRulesVersion> = {}) =>
		venue().sendAs(
			venue().deployment.safes.ERC,
			venue().calls.publishRules({ ...TEST_RULES, fromWindow: EARLIEST, ...fields }),
		);
	const rulesAt = async (windowId: number) => {
		const rules = await venue().read("MarketRules", "rulesAt", [windowId]);
		return { ...rules, distributionSatPerKwh: [...rules.distributionSatPerKwh] };
	};

	it("default: ERC's Safe publishes a version for later windows; earlier ones keep theirs", async () => {
		const next = {
			...TEST_RULES,
			fromWindow: EARLIEST,
			ceilingSatPerKwh: 1234,
			distributionSatPerKwh: Array.from({ length: 16 }, (_, zone) => 100 + zone),
		};
		const receipt = await venue().bySafe("ERC", venue().calls.publishRules(next));
		expect(await rulesAt(EARLIEST - 1)).to.deep.equal(TEST_RULES);
		expect(await rulesAt(EARLIEST)).to.deep.equal(next);
		expect(await rulesAt(EARLIEST + 99_999)).to.deep.equal(next);
		for (const windowId of [EARLIEST - 1, EARLIEST, EARLIEST + 99_999]) {
			const [parameters, distribution] = await venue().read("MarketRules", "packedRulesAt", [windowId]);
			expect(await venue().read("MarketRules", "tariffsAt", [windowId])).to.deep.equal([parameters, distribution]);
		}
		const [event] = eventsOf(receipt, "MarketRules");
		expect(event?.name).to.equal("RulesPublished");
		expect(event?.args).to.deep.equal({ fromWindow: EARLIEST, rules: next });
		expect(await venue().read("MarketRules", "versionCount")).to.equal(2n);
		expect(await venue().read("MarketRules", "earliestWindow")).to.equal(EARLIEST);
	});

	it("behavior: a band, and a range of shortfall prices, may be a single price", async () => {
		const single = { shortfallMinSatPerKwh: 300, shortfallSatPerKwh: 300, shortfallMaxSatPerKwh: 300 };
		await publish({ ...single, floorSatPerKwh: 120, ceilingSatPerKwh: 120 });
		expect(await rulesAt(EARLIEST)).to.include({ ...single, floorSatPerKwh: 120, ceilingSatPerKwh: 120 });
	});

	it("behavior: every field keeps its place at its largest value", async () => {
		const next = {
			fromWindow: EARLIEST,
			floorSatPerKwh: 65_534,
			ceilingSatPerKwh: 65_535,
			tickSatPerKwh: 65_533,
			distributionSatPerKwh: Array.from({ length: 16 }, (_, zone) => 65_535 - zone),
			transmissionSatPerKwh: 65_532,
			platformSatPerKwh: 65_531,
			congestionCapSatPerKwh: 65_530,
			lossCapPermille: 500,
			shortfallSatPerKwh: 65_529,
			shortfallMinSatPerKwh: 65_528,
			shortfallMaxSatPerKwh: 65_535,
		};
		await publish(next);
		expect(await rulesAt(EARLIEST)).to.deep.equal(next);
	});

	it("error: sooner than 36 hours, so that no session that has begun is touched", async () => {
		await expectRevert(publish({ fromWindow: EARLIEST - 1 }), "RulesTooSoon", EARLIEST - 1, EARLIEST);
	});

	it("error: before or at the version published last", async () => {
		await publish({ fromWindow: EARLIEST + 10 });
		await expectRevert(publish({ fromWindow: EARLIEST + 10 }), "RulesOutOfOrder", EARLIEST + 10, EARLIEST + 10);
		await expectRevert(publish({ fromWindow: EARLIEST + 5 }), "RulesOutOfOrder", EARLIEST + 5, EARLIEST + 10);
		await publish({ fromWindow: EARLIEST + 11 });
	});

	for (const [what, fields] of Object.entries<Partial<MarketRulesVersion>>({
		"a floor of nothing": { floorSatPerKwh: 0 },
		"a floor above the ceiling": { floorSatPerKwh: 2001 },
		"a tick of nothing": { tickSatPerKwh: 0 },
		"a loss cap above a half": { lossCapPermille: 501 },
		"a shortfall price below its least": { shortfallSatPerKwh: 49 },
		"a shortfall price above its most": { shortfallSatPerKwh: 1001 },
	})) {
		it(`error: ${what}`, async () => {
			await expectRevert(publish(fields), "InvalidRules");
		});
	}

	it("error: anybody but ERC's Safe", async () => {
		const attempt = venue().calls.publishRules({ ...TEST_RULES, fromWindow: EARLIEST });
		for (const from of [OPERATOR, DEPLOYER, REGISTRARS.ERC, SYSTEM_OPERATOR]) {
			await expectRevert(venue().send(attempt, from), "AccessManagedUnauthorized", from.address);
		}
		for (const name of ["EGAT", "MEA", "PEA", "COUNCIL"] as const) {
			const safe = venue().deployment.safes[name];
			await expectRevert(venue().sendAs(safe, attempt), "AccessManagedUnauthorized", safe);
		}
	});
});
