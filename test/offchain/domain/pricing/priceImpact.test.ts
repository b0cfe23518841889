import { expect } from "chai";
import { liquidityPartsPerMillion, priceImpact } from "../../../../offchain/domain/pricing/priceImpact.ts";

const ASKS = [
	{ priceSatPerKwh: 80, energyWh: 3_000 },
	{ priceSatPerKwh: 86, energyWh: 3_000 },
	{ priceSatPerKwh: 120, energyWh: 10_000 },
];

describe("M7 price impact and liquidity", () => {
	it("default: walks the book to the wanted energy", () => {
		expect(priceImpact(ASKS, 4_000)).to.deep.equal({
			availableWh: 4_000,
			averageSatPerKwh: 82,
			worstSatPerKwh: 86,
			impactSatPerKwh: 6,
		});
		expect(priceImpact(ASKS, 100_000)).to.deep.include({ availableWh: 16_000, impactSatPerKwh: 40 });
		expect(priceImpact([], 1_000)).to.deep.equal({
			availableWh: 0,
			averageSatPerKwh: null,
			worstSatPerKwh: null,
			impactSatPerKwh: 0,
		});
	});

	it("behavior: liquidity is what stands near the best price on the thinner side", () => {
		expect(liquidityPartsPerMillion([{ priceSatPerKwh: 70, energyWh: 2_500 }], ASKS, 10_000)).to.equal(250_000);
		expect(liquidityPartsPerMillion(ASKS, ASKS, 5_000)).to.equal(1_000_000);
		expect(liquidityPartsPerMillion([], ASKS, 5_000)).to.equal(0);
		expect(() => liquidityPartsPerMillion([], [], 0)).to.throw(RangeError);
	});
});
