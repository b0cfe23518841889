import { expect } from "chai";
import { InProcessEngineQueries } from "../../../../offchain/infrastructure/engine/InProcessEngineQueries.ts";

describe("M5 the indicative price of an auction", () => {
	it("behavior: however many look at a call, it is worked out a few times a second", async () => {
		let computed = 0;
		const state = {
			depth: () => ({ bids: [], asks: [] }),
			auction: (windowId: number) => ({
				windowId,
				calls: [{ zoneIds: [1, 2], uncrossesAt: 9 }],
				indicative: () => ({ priceSatPerKwh: 100 + ++computed, volumeWh: 5 }),
			}),
		};
		const queries = new InProcessEngineQueries({
			read: async (look: (each: never, at: number) => unknown) => look(state as never, 1),
		} as never);
		const looks = await Promise.all(Array.from({ length: 50 }, () => queries.depth(7, 1, 5)));
		expect(new Set(looks.map(({ auction }) => auction?.priceSatPerKwh))).to.deep.equal(new Set([101]));
		expect((await queries.depth(8, 2, 5)).auction).to.deep.equal({ uncrossesAt: 9, priceSatPerKwh: 102, volumeWh: 5 });
		expect((await queries.depth(7, 3, 5)).auction).to.equal(undefined);
		await new Promise((resolve) => setTimeout(resolve, 300));
		expect((await queries.depth(7, 1, 5)).auction?.priceSatPerKwh).to.equal(103);
	});
});
