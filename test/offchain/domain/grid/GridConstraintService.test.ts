import { expect } from "chai";
import fc from "fast-check";
import { GridConstraintService } from "../../../../offchain/domain/grid/GridConstraintService.ts";
import type { GridLimits } from "../../../../offchain/domain/grid/GridLimits.ts";
import { arbitraryLimits } from "./arbitraryGrid.ts";

const path = { sellZoneId: 1, sellNodeId: 0, buyZoneId: 2, buyNodeId: 0 };

function limitsOf(upWh: number): GridLimits {
	const [sample] = fc.sample(arbitraryLimits, { numRuns: 1, seed: 3 });
	const ptdfPartsPerMillion = new Array(16).fill(0);
	ptdfPartsPerMillion[0] = 500_000;
	const element = { name: "tie", ptdfPartsPerMillion, upWh, downWh: upWh, lossCoefficientPerWh: 0, referenceFlowWh: 0 };
	return { ...(sample as GridLimits), elements: [element] };
}

describe("G3 GridConstraintService", () => {
	it("default: a window without limits lets nothing cross zones", () => {
		const service = new GridConstraintService();
		expect(service.headroom(7).admit(path, 100)).to.deep.equal({
			admittedWh: 0,
			limitingElement: "no grid limits set for zone 1",
			limitReach: "zones",
		});
		expect(service.headroom(7).admit({ ...path, buyZoneId: 1 }, 100).admittedWh).to.equal(100);
	});

	it("behavior: the latest limits of a window count, each window has its own headroom", () => {
		const service = new GridConstraintService();
		service.setLimits(1, 10, limitsOf(1000));
		service.setLimits(5, 6, limitsOf(50));
		expect(service.headroom(4).admit(path, 9999).admittedWh).to.equal(2000);
		expect(service.headroom(5).admit(path, 9999).admittedWh).to.equal(100);
		service.headroom(4).reserve(path, 2000);
		expect(service.headroom(4).admit(path, 1).admittedWh).to.equal(0);
		expect(service.headroom(3).admit(path, 9999).admittedWh).to.equal(2000);
	});

	it("behavior: lower limits report the windows and elements now over", () => {
		const service = new GridConstraintService();
		service.setLimits(1, 10, limitsOf(1000));
		service.headroom(2).reserve(path, 1500);
		service.headroom(3).reserve(path, 100);
		expect(service.setLimits(1, 10, limitsOf(200))).to.deep.equal([{ windowId: 2, overloaded: ["tie"] }]);
		expect(service.setLimits(1, 10, limitsOf(2000))).to.deep.equal([]);
		expect(service.headroom(2).admit(path, 9999).admittedWh).to.equal(2500);
	});

	it("invariant: restores from its snapshot as JSON", () => {
		const service = new GridConstraintService();
		service.setLimits(1, 10, limitsOf(1000));
		service.setLimits(4, 4, limitsOf(70));
		service.headroom(2).reserve(path, 1500);
		service.headroom(4);
		const copy = GridConstraintService.restore(JSON.parse(JSON.stringify(service.snapshot())));
		expect(copy.snapshot()).to.deep.equal(service.snapshot());
		expect(copy.headroom(2).admit(path, 9999)).to.deep.equal(service.headroom(2).admit(path, 9999));
	});

	it("behavior: forgets delivered windows", () => {
		const service = new GridConstraintService();
		service.setLimits(1, 10, limitsOf(1000));
		service.headroom(2);
		service.headroom(9);
		service.forgetBefore(9);
		expect(service.snapshot().windows.map(({ windowId }) => windowId)).to.deep.equal([9]);
		service.forgetBefore(11);
		expect(service.snapshot().ranges).to.deep.equal([]);
	});

	it("error: limits with faults and empty ranges are refused and change nothing", () => {
		const service = new GridConstraintService();
		const before = service.snapshot();
		expect(() => service.setLimits(1, 2, { ...limitsOf(1), distributionLossPartsPerMillion: [] })).to.throw(
			/needs 16 zones/,
		);
		expect(() => service.setLimits(2, 1, limitsOf(1))).to.throw(/window range/);
		expect(service.snapshot()).to.deep.equal(before);
	});
});
