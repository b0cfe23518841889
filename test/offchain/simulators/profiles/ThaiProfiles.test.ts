import { expect } from "chai";
import { ZONE_CODES, type ZoneCode } from "../../../../offchain/domain/grid/zones.ts";
import { HourlySeries } from "../../../../offchain/simulators/profiles/HourlySeries.ts";
import { ThaiProfiles } from "../../../../offchain/simulators/profiles/ThaiProfiles.ts";
import { windowOf } from "../testScenario.ts";

const DOMESTIC = ZONE_CODES.filter((zone) => !zone.startsWith("X-"));

describe("T3 Thai profiles", () => {
	const profiles = new ThaiProfiles();

	it("default: national demand of an April evening is the year's highest", () => {
		const evening = profiles.load.nationalMegawatts(windowOf("2026-04-21T19:30"));
		expect(evening).to.be.within(28_500, 29_500);
		expect(evening).to.be.greaterThan(profiles.load.nationalMegawatts(windowOf("2026-12-22T03:00")));
	});

	it("behavior: hours given by their end are centred half an hour earlier", () => {
		// April weekday: hour ending 20 is 28,997 MW, hour ending 21 is 29,426 MW; 20:00 lies midway.
		const around =
			(profiles.load.nationalMegawatts(windowOf("2026-04-21T19:45")) +
				profiles.load.nationalMegawatts(windowOf("2026-04-21T20:00"))) /
			2;
		expect(around).to.be.closeTo((28_997 + 29_426) / 2, 1);
	});

	it("invariant: zone shares add up to the nation", () => {
		const window = windowOf("2026-08-03T14:15");
		const sum = DOMESTIC.reduce((total, zone) => total + profiles.load.zoneMegawatts(zone, window), 0);
		expect(sum).to.be.closeTo(profiles.load.nationalMegawatts(window), 1e-6);
	});

	it("default: the sun shines at noon and not at midnight, in every zone", () => {
		for (const zone of DOMESTIC) {
			expect(profiles.solarShare(zone, windowOf("2026-03-10T00:00")), zone).to.equal(0);
			expect(profiles.solarShare(zone, windowOf("2026-03-10T12:00")), zone).to.be.greaterThan(0.3);
		}
	});

	it("invariant: every share of every quarter-hour of the year lies in 0–1", () => {
		const first = windowOf("2027-01-01T00:00");
		for (let window = first; window < first + 365 * 96; window += 7) {
			expect(profiles.windShare(window)).to.be.within(0, 1);
			for (const zone of ["MEA", "N1", "NE3", "S3"] satisfies ZoneCode[]) {
				expect(profiles.solarShare(zone, window), `solar ${zone} ${window}`).to.be.within(0, 1);
				expect(profiles.hydroShare(zone, window), `hydro ${zone} ${window}`).to.be.within(0, 1);
			}
		}
	});

	it("behavior: hydro moves its water to the peak and keeps the day's energy", () => {
		const day = windowOf("2026-11-24T00:00");
		const shares = Array.from({ length: 96 }, (_, quarter) => profiles.hydroShare("C3", day + quarter));
		expect(shares[78]).to.be.greaterThan((shares[12] as number) * 2);
		const mean = shares.reduce((sum, share) => sum + share, 0) / 96;
		expect(mean).to.be.closeTo(profiles.hydro.dayShare("C3", day), 0.02);
	});

	it("behavior: 29 February reads as 28 February", () => {
		expect(profiles.hydroShare("N2", windowOf("2028-02-29T10:00"))).to.equal(
			profiles.hydroShare("N2", windowOf("2028-02-28T10:00")),
		);
	});

	it("error: a series with an hour missing is refused", () => {
		const hours = Array.from({ length: 8759 }, (_, hour) => `2016-01-01T${String(hour % 24).padStart(2, "0")}:00,1`);
		expect(() => new HourlySeries(["timestamp,C1", ...hours].join("\n"), "test")).to.throw("8760");
	});

	it("error: hours out of order or not numbers are refused", () => {
		const hours = Array.from({ length: 8760 }, (_, hour) => `2016-01-01T${String(hour % 24).padStart(2, "0")}:00,1`);
		const broken = (row: string) => ["timestamp,C1", ...hours.slice(0, 5), row, ...hours.slice(6)].join("\n");
		expect(() => new HourlySeries(broken("2016-01-01T07:00,1"), "test")).to.throw("out of order");
		expect(() => new HourlySeries(broken("2016-01-01T05:00,n/a"), "test")).to.throw("n/a");
	});
});

describe("P2 Thai time of use as participants know it", () => {
	const { calendar } = new ThaiProfiles();
	const cases: [string, boolean][] = [
		["2026-11-24T08:45", false],
		["2026-11-24T09:00", true],
		["2026-11-24T21:45", true],
		["2026-11-24T22:00", false],
		["2026-11-22T12:00", false],
		["2026-12-10T12:00", false],
		// Substitution days stay on-peak.
		["2026-12-07T12:00", true],
	];
	for (const [time, onPeak] of cases) {
		it(`default: ${time} is ${onPeak ? "on" : "off"}-peak`, () => {
			expect(calendar.isOnPeak(windowOf(time))).to.equal(onPeak);
		});
	}
});
