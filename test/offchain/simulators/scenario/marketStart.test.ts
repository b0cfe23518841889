import { expect } from "chai";
import fc from "fast-check";
import { ThaiProfiles } from "../../../../offchain/simulators/profiles/ThaiProfiles.ts";
import { marketStart, SEASONS } from "../../../../offchain/simulators/scenario/marketStart.ts";

const { calendar } = new ThaiProfiles();
const seconds = (ictTime: string) => Date.parse(`${ictTime}:00+07:00`) / 1000;

describe("T3 where an accelerated market begins", () => {
	it("default: the next working day's morning", () => {
		expect(marketStart(seconds("2026-11-23T20:13"), "now", calendar)).to.equal(seconds("2026-11-24T09:25"));
		expect(marketStart(seconds("2026-11-23T08:00"), "now", calendar)).to.equal(seconds("2026-11-23T09:25"));
	});

	it("behavior: weekends and holidays are passed over", () => {
		expect(marketStart(seconds("2026-11-20T12:00"), "now", calendar)).to.equal(seconds("2026-11-23T09:25"));
		expect(marketStart(seconds("2026-12-09T12:00"), "now", calendar)).to.equal(seconds("2026-12-11T09:25"));
	});

	it("behavior: a season begins in its first month, this year or the next", () => {
		expect(marketStart(seconds("2026-11-23T12:00"), "hot", calendar)).to.equal(seconds("2027-04-01T09:25"));
		expect(marketStart(seconds("2026-04-20T12:00"), "hot", calendar)).to.equal(seconds("2026-04-21T09:25"));
		expect(marketStart(seconds("2026-11-23T12:00"), "cool", calendar)).to.equal(seconds("2026-12-01T09:25"));
	});

	it("invariant: never in the past, always a working morning", () => {
		fc.assert(
			fc.property(
				fc.integer({ min: 1_767_200_000, max: 1_830_000_000 }),
				fc.constantFrom(...SEASONS),
				(now, season) => {
					const start = marketStart(now, season, calendar);
					expect(start).to.be.at.least(now);
					expect(calendar.isOnPeak(Math.floor(start / 900))).to.equal(true);
				},
			),
		);
	});
});
