import { expect } from "chai";
import { holdingPayments } from "../../../../../offchain/domain/grid/balancing/holdingPayments.ts";
import type { Procurement } from "../../../../../offchain/domain/grid/balancing/reserves.ts";

const procurement = (accepted: Procurement["accepted"], marginalSatPerMwHour: number): Procurement => ({
	product: "primary",
	requiredMw: 10,
	accepted,
	marginalSatPerMwHour,
	missingMw: 0,
});

describe("G7 what holding reserve earns", () => {
	it("default: the uniform price on what is held, over all products, a quarter of an hour's", () => {
		const held = [
			procurement(
				[
					{ offerId: "a", capacityMw: 1.2 },
					{ offerId: "b", capacityMw: 0.3 },
				],
				900,
			),
			procurement([{ offerId: "a", capacityMw: 0.1 }], 400),
		];
		expect(holdingPayments(held, [], new Map())).to.deep.equal([
			{ offerId: "a", amountMsat: 270_000 + 10_000 },
			{ offerId: "b", amountMsat: 67_500 },
		]);
	});

	it("behavior: of what was called only the delivered share earns, at most all of it", () => {
		const held = [procurement([{ offerId: "a", capacityMw: 1 }], 900)];
		const paid = (deliveredWh: number | null) =>
			holdingPayments(
				held,
				[{ offerId: "a", calledWh: 1_000 }],
				new Map(deliveredWh === null ? [] : [["a", deliveredWh]]),
			);
		expect(paid(800)).to.deep.equal([{ offerId: "a", amountMsat: 180_000 }]);
		expect(paid(5_000)).to.deep.equal([{ offerId: "a", amountMsat: 225_000 }]);
		expect(paid(0)).to.deep.equal([]);
		expect(paid(null)).to.deep.equal([]);
	});

	it("behavior: kilowatts and odd prices are rounded down to the msat", () => {
		const held = [procurement([{ offerId: "a", capacityMw: 0.003 }], 333)];
		expect(holdingPayments(held, [], new Map())).to.deep.equal([{ offerId: "a", amountMsat: 249 }]);
	});
});
