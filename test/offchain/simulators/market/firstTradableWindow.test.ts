import { expect } from "chai";
import { firstTradableWindow } from "../../../../offchain/simulators/market/firstTradableWindow.ts";

describe("M8 the first window simulated participants trade", () => {
	it("default: begins between 25 and 40 minutes from now", () => {
		for (let now = 1_795_000_000; now < 1_795_001_800; now += 37) {
			expect(firstTradableWindow(now) * 900 - now).to.be.within(25 * 60, 40 * 60);
		}
	});
});
