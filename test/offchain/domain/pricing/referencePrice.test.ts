import { expect } from "chai";
import type { PriceInputs } from "../../../../offchain/domain/pricing/PriceInputs.ts";
import { referencePrice } from "../../../../offchain/domain/pricing/referencePrice.ts";

const CALM: PriceInputs = {
	anchors: {
		buybackSatPerKwh: 73,
		onPeakRetailSatPerKwh: 197,
		offPeakRetailSatPerKwh: 92,
		greenPremiumSatPerKwh: 0.75,
	},
	isOnPeak: false,
	isHotSeason: false,
	demandWh: 10_000,
	supplyWh: 10_000,
	expectedDemandToSupplyPartsPerMillion: null,
	congestionSatPerKwh: 0,
	renewableSharePartsPerMillion: 0,
	frequencyMillihertz: 50_000,
	floorSatPerKwh: 30,
	ceilingSatPerKwh: 330,
};
const price = (change: Partial<PriceInputs> = {}) => referencePrice({ ...CALM, ...change });
const factor = (name: string, change: Partial<PriceInputs>) =>
	price(change).factors.find((each) => each.name === name)?.partsPerMillion;

describe("P1 reference price", () => {
	it("default: balanced and off-peak it is the off-peak benchmark; on-peak the on-peak one", () => {
		// (73 + 92) / 2 and (73 + 197) / 2, by hand.
		expect(price()).to.deep.include({ referenceSatPerKwh: 83, benchmarkSatPerKwh: 83, anchorSatPerKwh: 103 });
		expect(price({ isOnPeak: true })).to.deep.include({ referenceSatPerKwh: 135, benchmarkSatPerKwh: 135 });
	});

	it("behavior: supply and demand lead, by the square root, within a half and a double", () => {
		expect(factor("supplyDemand", { demandWh: 22_500 })).to.equal(1_500_000);
		expect(factor("supplyDemand", { demandWh: 2_500 })).to.equal(500_000);
		expect(factor("supplyDemand", { supplyWh: 0 })).to.equal(2_000_000);
		expect(factor("supplyDemand", { demandWh: 0 })).to.equal(500_000);
		expect(factor("supplyDemand", { demandWh: 1, supplyWh: 1_000_000 })).to.equal(500_000);
		const empty = { demandWh: 0, supplyWh: 0 };
		expect(factor("supplyDemand", empty)).to.equal(1_000_000);
		expect(factor("supplyDemand", { ...empty, expectedDemandToSupplyPartsPerMillion: 810_000 })).to.equal(900_000);
	});

	it("behavior: season, congestion, certificates and frequency each move it their own way", () => {
		expect(factor("season", { isHotSeason: true })).to.equal(1_050_000);
		expect(factor("congestion", { congestionSatPerKwh: 20 })).to.be.greaterThan(1_000_000);
		expect(factor("congestion", { congestionSatPerKwh: -20 })).to.be.lessThan(1_000_000);
		expect(factor("renewable", { renewableSharePartsPerMillion: 1_000_000 })).to.be.within(1_007_000, 1_008_000);
		expect(factor("gridStability", { frequencyMillihertz: 49_960 })).to.equal(1_000_000);
		expect(factor("gridStability", { frequencyMillihertz: 49_500 })).to.equal(1_200_000);
		expect(factor("gridStability", { frequencyMillihertz: 50_275 })).to.equal(900_000);
	});

	it("behavior: what is not known multiplies by one and says so", () => {
		const { factors } = price({
			congestionSatPerKwh: null,
			renewableSharePartsPerMillion: null,
			frequencyMillihertz: null,
		});
		for (const name of ["congestion", "renewable", "gridStability"]) {
			const found = factors.find((each) => each.name === name);
			expect(found?.partsPerMillion).to.equal(1_000_000);
			expect(found?.reason).to.match(/no |not |missing/);
		}
	});

	it("invariant: never below the floor, never above the ceiling", () => {
		expect(price({ supplyWh: 0, isOnPeak: true, ceilingSatPerKwh: 200 }).referenceSatPerKwh).to.equal(200);
		expect(price({ demandWh: 0, floorSatPerKwh: 60 }).referenceSatPerKwh).to.equal(60);
	});

	it("error: anchors that are no prices", () => {
		expect(() => price({ anchors: { ...CALM.anchors, buybackSatPerKwh: Number.NaN } })).to.throw(RangeError, /anchors/);
		expect(() => price({ floorSatPerKwh: Number.NaN })).to.throw(RangeError, /band/);
	});
});
