import { expect } from "chai";
import { acPowerFlow } from "../../../../../offchain/domain/grid/analysis/acPowerFlow.ts";
import { DcModel } from "../../../../../offchain/domain/grid/analysis/DcModel.ts";
import { dcLosses } from "../../../../../offchain/domain/grid/analysis/dcLosses.ts";
import { outageFactor } from "../../../../../offchain/domain/grid/analysis/outageFactor.ts";
import { outageFactorsOf, outagePairs } from "../../../../../offchain/domain/grid/analysis/outagePairs.ts";
import { Ptdf } from "../../../../../offchain/domain/grid/analysis/Ptdf.ts";
import { IndexedNetwork } from "../../../../../offchain/domain/grid/network/IndexedNetwork.ts";
import { thermalLimitsMw } from "../../../../../offchain/domain/grid/opf/flowLimitsMw.ts";
import { NaiveDcFlow } from "../NaiveDcFlow.ts";
import { publishedCase } from "../publishedCase.ts";

const CASES = ["case9", "case14", "case30", "case57", "case118", "case300"];

describe("G2 linear power flow against dense matrices written from the definition", () => {
	for (const name of CASES) {
		it(`${name}: flows within 1e-6 MW`, () => {
			const grid = publishedCase(name);
			const model = new DcModel(grid);
			const naive = new NaiveDcFlow(grid);
			const expected = naive.flowsMw(naive.injectionsMw());
			model.flowsMw(model.injectionsMw()).forEach((flow, branch) => {
				expect(flow, `branch ${branch + 1}`).to.be.closeTo(expected[branch] as number, 1e-6);
			});
		});
	}

	it("phase shifters, a line out of service and shunts, flows within 1e-6 MW", () => {
		const { network } = publishedCase("case57");
		const branches = network.branches.map((branch, index) => ({
			...branch,
			shiftDegrees: index % 6 === 0 ? ((index * 7) % 11) - 5 : 0,
			inService: index !== 20,
		}));
		const buses = network.buses.map((bus, index) => ({ ...bus, shuntMw: index % 9 }));
		const grid = new IndexedNetwork({ ...network, branches, buses });
		const model = new DcModel(grid);
		const naive = new NaiveDcFlow(grid);
		const expected = naive.flowsMw(naive.injectionsMw());
		const flows = model.flowsMw(model.injectionsMw());
		flows.forEach((flow, branch) => {
			expect(flow, `branch ${branch + 1}`).to.be.closeTo(expected[branch] as number, 1e-6);
		});
		expect(flows[20]).to.be.closeTo(0, 0);
	});

	for (const name of CASES.slice(0, 5)) {
		it(`${name}: distribution factors within 1e-8, by bus and by branch alike`, () => {
			const grid = publishedCase(name);
			const model = new DcModel(grid);
			const ptdf = new Ptdf(model);
			const naive = new NaiveDcFlow(grid);
			const step = name === "case118" ? 9 : 1;
			for (let bus = 0; bus < grid.busCount; bus += step) {
				const expected = naive.transferFactors(bus, grid.referenceBus);
				expected.forEach((value, branch) => {
					expect(ptdf.factor(branch, bus)).to.be.closeTo(value, 1e-8);
				});
			}
			for (let branch = 0; branch < grid.branchCount; branch += 7) {
				model.branchFactors(branch).forEach((value, bus) => {
					expect(value).to.be.closeTo(ptdf.factor(branch, bus), 1e-12);
				});
			}
		});

		it(`${name}: outage factors within 1e-8 of the flows without the branch`, () => {
			const grid = publishedCase(name);
			const model = new DcModel(grid);
			const ptdf = new Ptdf(model);
			const naive = new NaiveDcFlow(grid);
			const injections = naive.injectionsMw();
			const before = naive.flowsMw(injections);
			const step = name === "case118" ? 17 : 1;
			for (let outage = 0; outage < grid.branchCount; outage += step) {
				const factors = outageFactorsOf(model, outage);
				if (factors === null) {
					expect(outageFactor(grid, ptdf, (outage + 1) % grid.branchCount, outage)).to.equal(null);
					continue;
				}
				const after = new NaiveDcFlow(grid, [outage]).flowsMw(injections);
				const lost = before[outage] as number;
				for (let branch = 0; branch < grid.branchCount; branch++) {
					const factor = factors[branch] as number;
					expect(outageFactor(grid, ptdf, branch, outage)).to.be.closeTo(factor, 1e-8);
					expect((before[branch] as number) + factor * lost).to.be.closeTo(after[branch] as number, 1e-6);
				}
			}
		});
	}

	it("N-1: the worst pairs are the worst of all pairs", () => {
		const grid = publishedCase("case30");
		const model = new DcModel(grid);
		const naive = new NaiveDcFlow(grid);
		const injections = naive.injectionsMw();
		const all: { outage: number; monitored: number; loading: number }[] = [];
		const splitting: number[] = [];
		for (let outage = 0; outage < grid.branchCount; outage++) {
			const after = new NaiveDcFlow(grid, [outage]).flowsMw(injections);
			if (outageFactorsOf(model, outage) === null) {
				splitting.push(outage);
				continue;
			}
			after.forEach((flow, monitored) => {
				const limit = grid.network.branches[monitored]?.ratingAMva as number;
				if (monitored !== outage) all.push({ outage, monitored, loading: Math.abs(flow) / limit });
			});
		}
		all.sort((one, other) => other.loading - one.loading);
		const report = outagePairs(model, model.flowsMw(model.injectionsMw()), thermalLimitsMw(grid).upMw, 10);
		expect(report.splitting).to.deep.equal(splitting);
		expect(report.worst).to.have.length(10);
		report.worst.forEach(({ outage, monitored, loading }, rank) => {
			const same = all.find((pair) => pair.outage === outage && pair.monitored === monitored);
			expect(loading).to.be.closeTo(same?.loading as number, 1e-9);
			expect(loading).to.be.closeTo(all[rank]?.loading as number, 1e-9);
		});
	});

	it("losses: the total is Σ r·f², the marginal factor its slope", () => {
		const grid = publishedCase("case118");
		const model = new DcModel(grid);
		const injections = model.injectionsMw();
		const flows = model.flowsMw(injections);
		const { lossMw, marginalByBus } = dcLosses(model, flows);
		const sum = grid.network.branches.reduce(
			(total, { resistancePu }, branch) => total + (resistancePu * (flows[branch] as number) ** 2) / 100,
			0,
		);
		expect(lossMw).to.be.closeTo(sum, 1e-9);
		for (let bus = 0; bus < grid.busCount; bus += 11) {
			const lossAt = (mw: number) => {
				const moved = injections.slice();
				moved[bus] = (moved[bus] as number) + mw;
				return dcLosses(model, model.flowsMw(moved)).lossMw;
			};
			// A quadratic's central difference is its slope.
			expect(marginalByBus[bus]).to.be.closeTo((lossAt(1) - lossAt(-1)) / 2, 1e-9);
		}
	});
});

describe("G2 AC power flow: the published losses", () => {
	const published: [string, number][] = [
		["case9", 4.641021],
		["case14", 13.393272],
		["case30", 2.443803],
		["case57", 27.863752],
		["case118", 132.862872],
		["case300", 408.315582],
		["case33bw", 0.202677117],
	];
	for (const [name, lossMw] of published) {
		it(`${name}: ${lossMw} MW`, () => {
			const result = acPowerFlow(publishedCase(name));
			expect(result.converged).to.equal(true);
			expect(result.lossMw).to.be.closeTo(lossMw, 1e-6);
		});
	}

	it("what comes in is what is used and lost", () => {
		const grid = publishedCase("case118");
		const { slackMw, lossMw, voltagePu } = acPowerFlow(grid);
		const { buses, generators } = grid.network;
		const reference = buses[grid.referenceBus];
		const scheduled = generators.reduce(
			(sum, { bus, outputMw }) => sum + (bus === reference?.number ? 0 : outputMw),
			0,
		);
		const used = buses.reduce(
			(sum, bus, index) =>
				sum + (bus === reference ? 0 : bus.demandMw) + bus.shuntMw * (voltagePu[index] as number) ** 2,
			0,
		);
		expect(slackMw + scheduled).to.be.closeTo(used + lossMw, 1e-6);
	});

	it("error: a load beyond what the lines can carry does not converge and says so", () => {
		const grid = publishedCase("case9");
		for (const bus of grid.network.buses) bus.demandMw *= 10;
		expect(acPowerFlow(grid).converged).to.equal(false);
	});
});
