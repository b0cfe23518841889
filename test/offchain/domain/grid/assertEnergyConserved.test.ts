import { expect } from "chai";
import fc from "fast-check";
import {
	assertEnergyConserved,
	EnergyNotConservedError,
} from "../../../../offchain/domain/grid/assertEnergyConserved.ts";

const flow = fc
	.record({ deliveredWh: fc.nat(1e9), lossWh: fc.nat(1e8) })
	.map((parts) => ({ ...parts, injectedWh: parts.deliveredWh + parts.lossWh }));

describe("G1 assertEnergyConserved", () => {
	it("default: returns the sums of a batch that closes", () => {
		const flows = [
			{ injectedWh: 105, deliveredWh: 100, lossWh: 5 },
			{ injectedWh: 10, deliveredWh: 10, lossWh: 0 },
		];
		expect(assertEnergyConserved("window 1", flows)).to.deep.equal({ injectedWh: 115, deliveredWh: 110, lossWh: 5 });
		expect(assertEnergyConserved("nothing", [])).to.deep.equal({ injectedWh: 0, deliveredWh: 0, lossWh: 0 });
	});

	it("invariant: one Wh changed anywhere is found, even where the batch still adds up", () => {
		fc.assert(
			fc.property(fc.array(flow, { minLength: 2, maxLength: 20 }), fc.nat(), (flows, at) => {
				const broken = flows.map((one) => ({ ...one }));
				const first = broken[at % broken.length] as (typeof broken)[0];
				const second = broken[(at + 1) % broken.length] as (typeof broken)[0];
				first.injectedWh += 1;
				expect(() => assertEnergyConserved("batch", broken)).to.throw(EnergyNotConservedError);
				second.injectedWh -= 1;
				expect(() => assertEnergyConserved("batch", broken)).to.throw(EnergyNotConservedError);
			}),
		);
	});

	it("error: negative, broken or fractional energy is no energy", () => {
		for (const lossWh of [-1, 0.5, Number.NaN, 2 ** 53]) {
			expect(() => assertEnergyConserved("trade", [{ injectedWh: 10 + lossWh, deliveredWh: 10, lossWh }])).to.throw(
				/trade/,
			);
		}
	});
});
