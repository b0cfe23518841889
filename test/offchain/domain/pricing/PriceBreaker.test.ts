import { expect } from "chai";
import { PriceBreaker } from "../../../../offchain/domain/pricing/PriceBreaker.ts";

const RULES = {
	bandPartsPerMillion: 500_000,
	leastBandSatPerKwh: 20,
	leastReferenceWh: 10_000,
	leastTrades: 2,
	weightPartsPerMillion: 200_000,
};
const at = (priceSatPerKwh: number, energyWh = 5_000, trades = 2) =>
	Array.from({ length: trades }, () => ({ priceSatPerKwh, energyWh: energyWh / trades }));

describe("P3 price circuit breaker", () => {
	it("default: a price outside the band around the moving reference is a breach; one inside moves the reference", () => {
		const breaker = new PriceBreaker(RULES);
		expect(breaker.observe(at(100, 10_000))).to.equal(null);
		expect(breaker.referenceSatPerKwh).to.equal(100);
		expect(breaker.observe(at(149))).to.equal(null);
		expect(breaker.referenceSatPerKwh).to.equal(105);
		expect(breaker.observe(at(158))).to.deep.equal({ referenceSatPerKwh: 105, tradedSatPerKwh: 158 });
	});

	it("behavior: falls break it as rises do, and cheap energy may move by the least band", () => {
		const breaker = new PriceBreaker(RULES);
		breaker.observe(at(100, 10_000));
		expect(breaker.observe(at(49))?.tradedSatPerKwh).to.equal(49);
		const cheap = new PriceBreaker(RULES);
		cheap.observe(at(10, 10_000));
		expect(cheap.observe(at(29))).to.equal(null);
	});

	it("behavior: nothing breaks before the reference is made, nor for one odd trade", () => {
		const breaker = new PriceBreaker(RULES);
		expect(breaker.observe(at(100, 9_000))).to.equal(null);
		expect(breaker.referenceSatPerKwh).to.equal(null);
		expect(breaker.observe(at(300, 1_000))).to.equal(null);
		expect(breaker.observe(at(500, 1_000, 1))).to.equal(null);
		expect(breaker.observe([])).to.equal(null);
	});

	it("behavior: after a breach the reference begins anew, so the new price can be right", () => {
		const breaker = new PriceBreaker(RULES);
		breaker.observe(at(100, 10_000));
		breaker.observe(at(200));
		expect(breaker.referenceSatPerKwh).to.equal(null);
		expect(breaker.observe(at(200, 10_000))).to.equal(null);
		expect(breaker.observe(at(210))).to.equal(null);
		expect(breaker.referenceSatPerKwh).to.equal(201);
	});

	it("invariant: a slow rise of any length is no breach", () => {
		const breaker = new PriceBreaker(RULES);
		for (let price = 100; price < 1_000; price += 5) expect(breaker.observe(at(price)), `${price}`).to.equal(null);
	});

	it("error: rules without a band", () => {
		expect(() => new PriceBreaker({ ...RULES, bandPartsPerMillion: 0 })).to.throw(RangeError);
		expect(() => new PriceBreaker({ ...RULES, weightPartsPerMillion: Number.NaN })).to.throw(RangeError);
	});
});
