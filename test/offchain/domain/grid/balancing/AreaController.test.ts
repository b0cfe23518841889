import { expect } from "chai";
import { AreaController } from "../../../../../offchain/domain/grid/balancing/AreaController.ts";
import { areaRequirementMw } from "../../../../../offchain/domain/grid/balancing/reserves.ts";

describe("G7 automatic control of an area", () => {
	const reserve = { upMw: 3, downMw: 1, fullActivationSeconds: 300 };

	it("invariant: the correction stays within what is held and its ramp, and works against the error", () => {
		const controller = new AreaController();
		controller.hold(reserve);
		let before = 0;
		for (let minute = 1; minute <= 30; minute++) {
			controller.step(60 * minute, minute <= 15 ? -20 : 20);
			const at = controller.correctionMw;
			expect(at).to.be.within(-1, 3);
			expect(Math.abs(at - before)).to.be.at.most((3 * (minute === 1 ? 120 : 60)) / 300 + 1e-9);
			if (minute === 15) expect(at).to.be.closeTo(3, 1e-9);
			before = at;
		}
		expect(before).to.be.closeTo(-1, 1e-9);
	});

	it("behavior: without reserve there is no correction; reserve taken away takes the correction with it", () => {
		const controller = new AreaController();
		controller.step(60, -20);
		expect(controller.correctionMw).to.equal(0);
		controller.hold(reserve);
		for (let minute = 2; minute < 12; minute++) controller.step(60 * minute, -20);
		controller.hold({ ...reserve, upMw: 0.5 });
		expect(controller.correctionMw).to.equal(0.5);
		controller.hold({ ...reserve, upMw: 0, downMw: 0 });
		expect(controller.correctionMw).to.equal(0);
	});

	it("behavior: the mean is of the last fifteen minutes and weighted by time", () => {
		const controller = new AreaController();
		expect(controller.meanCorrectionMw()).to.equal(0);
		controller.hold({ upMw: 10, downMw: 10, fullActivationSeconds: 1 });
		for (let minute = 1; minute <= 60; minute++) controller.step(60 * minute, 0);
		for (let minute = 61; minute <= 76; minute++) controller.step(60 * minute, -2);
		expect(controller.meanCorrectionMw()).to.be.within(1, 2.5);
	});

	it("error: NaN and a clock that goes back move nothing", () => {
		const controller = new AreaController();
		controller.hold(reserve);
		controller.step(60, -1);
		const before = controller.correctionMw;
		expect(() => controller.step(120, Number.NaN)).to.throw(RangeError, "NaN");
		expect(() => controller.step(60, -1)).to.throw(RangeError, "not after");
		expect(() => controller.hold({ ...reserve, upMw: Number.NaN })).to.throw(RangeError);
		expect(controller.correctionMw).to.equal(before);
	});

	it("default: an area's requirement is its share of the system's, rounded up to the kW", () => {
		const system = { primary: 717, secondary: 150, tertiary: 750 };
		expect(areaRequirementMw(system, 4_321)).to.deep.equal({ primary: 3.099, secondary: 0.649, tertiary: 3.241 });
		expect(() => areaRequirementMw(system, 1e7)).to.throw(RangeError);
	});
});
