import { expect } from "chai";
import fc from "fast-check";
import { DcModel } from "../../../../offchain/domain/grid/analysis/DcModel.ts";
import { dcLosses } from "../../../../offchain/domain/grid/analysis/dcLosses.ts";
import { outagePairs } from "../../../../offchain/domain/grid/analysis/outagePairs.ts";
import { NodalHeadroom } from "../../../../offchain/domain/grid/NodalHeadroom.ts";
import { NodalLimits } from "../../../../offchain/domain/grid/NodalLimits.ts";
import { thermalLimitsMw } from "../../../../offchain/domain/grid/opf/flowLimitsMw.ts";
import { NaiveDcFlow } from "./NaiveDcFlow.ts";
import { publishedCase } from "./publishedCase.ts";

const TOLERANCE_MW = 1e-6;

const steps = (buses: number) =>
	fc.array(
		fc.record({
			sell: fc.nat({ max: buses - 1 }),
			buy: fc.nat({ max: buses - 1 }),
			mw: fc.integer({ min: 0, max: 400_000 }).map((kilowatts) => kilowatts / 1000),
			isPartialAllowed: fc.boolean(),
			/** Unwinds the n-th trade instead, where there is one. */
			unwind: fc.oneof({ weight: 4, arbitrary: fc.constant(null) }, { weight: 1, arbitrary: fc.nat({ max: 30 }) }),
		}),
		// Long enough that limits are met many times in any run.
		{ minLength: 20, maxLength: 30 },
	);

/** Limits at which trade is really limited: something above the base flow. */
function tight(model: DcModel, roomMw: number) {
	const base = model.flowsMw(model.injectionsMw());
	const limit = base.map((flow) => Math.abs(flow) + roomMw);
	return { base, limits: { upMw: limit, downMw: limit.slice() } };
}

describe("G3 NodalHeadroom against fresh full power flows", () => {
	for (const name of ["case14", "case30", "case118"]) {
		it(`${name} invariant: no branch over its limit whatever is traded, flows and losses exact`, () => {
			const model = new DcModel(publishedCase(name));
			const { base, limits } = tight(model, 20);
			const nodal = new NodalLimits(model, limits);
			let limited = 0;
			fc.assert(
				fc.property(steps(model.grid.busCount), (sequence) => {
					const headroom = new NodalHeadroom(nodal, base);
					const injections = model.injectionsMw();
					let lossMw = dcLosses(model, base).lossMw;
					for (const { sell, buy, mw, isPartialAllowed } of sequence) {
						const { admittedMw, limitingRow } = headroom.admit(sell, buy, mw);
						if (admittedMw < mw) {
							limited++;
							const full = model.flowsMw(moved(injections, sell, buy, admittedMw))[limitingRow] as number;
							expect(Math.abs(full)).to.be.at.least((limits.upMw[limitingRow] as number) - TOLERANCE_MW);
						}
						const increment = headroom.lossOf(sell, buy, isPartialAllowed || admittedMw >= mw ? admittedMw : 0);
						const taken = headroom.take(sell, buy, mw, isPartialAllowed).admittedMw;
						expect(taken).to.equal(isPartialAllowed || admittedMw >= mw ? admittedMw : 0);
						const after = moved(injections, sell, buy, taken);
						after.forEach((value, bus) => {
							injections[bus] = value;
						});
						lossMw += increment;
						const flows = model.flowsMw(injections);
						const fresh = headroom.flowsMw();
						flows.forEach((flow, branch) => {
							expect(Math.abs(flow)).to.be.at.most((limits.upMw[branch] as number) + TOLERANCE_MW);
							expect(fresh[branch]).to.be.closeTo(flow, TOLERANCE_MW);
						});
						expect(lossMw).to.be.closeTo(dcLosses(model, flows).lossMw, 1e-6);
						expect(headroom.lossMw).to.be.closeTo(lossMw, 1e-9);
					}
				}),
				{ numRuns: name === "case118" ? 15 : 60 },
			);
			expect(limited).to.be.greaterThan(50);
		});
	}

	it("invariant: unwinding names exactly the branches that counter-flow had made room for", () => {
		const model = new DcModel(publishedCase("case30"));
		const { base, limits } = tight(model, 5);
		const nodal = new NodalLimits(model, limits);
		const naive = new NaiveDcFlow(model.grid);
		let found = 0;
		fc.assert(
			fc.property(steps(model.grid.busCount), (sequence) => {
				const headroom = new NodalHeadroom(nodal, base);
				const trades: { sell: number; buy: number; mw: number }[] = [];
				for (const { sell, buy, mw, unwind } of sequence) {
					const undone = unwind === null ? undefined : trades.splice(unwind % Math.max(1, trades.length), 1)[0];
					if (undone === undefined) {
						const { admittedMw } = headroom.take(sell, buy, mw, true);
						if (admittedMw > 0) trades.push({ sell, buy, mw: admittedMw });
						continue;
					}
					const { overloadedRows } = headroom.release(undone.sell, undone.buy, undone.mw);
					if (overloadedRows.length > 0) found++;
					const injections = naive.injectionsMw();
					for (const trade of trades) {
						injections[trade.sell] = (injections[trade.sell] as number) + trade.mw;
						injections[trade.buy] = (injections[trade.buy] as number) - trade.mw;
					}
					const flows = naive.flowsMw(injections);
					flows.forEach((flow, branch) => {
						const over = Math.abs(flow) - (limits.upMw[branch] as number);
						// At the limit itself both answers are right.
						if (Math.abs(over) > TOLERANCE_MW) expect(overloadedRows.includes(branch)).to.equal(over > 0);
					});
					// What is left over its limit is taken back as the operator would: all of it, before the next trade.
					if (overloadedRows.length > 0) break;
				}
			}),
			{ numRuns: 150 },
		);
		expect(found).to.be.greaterThan(10);
	});

	it("N-1 invariant: after every accepted trade each single outage leaves every branch within its limit", () => {
		for (const name of ["case14", "case30"]) {
			const model = new DcModel(publishedCase(name));
			const { base, limits } = secure(model, 10);
			const nodal = new NodalLimits(model, limits, NodalLimits.allOutageRows(model, limits));
			let limitedByOutage = 0;
			fc.assert(
				fc.property(steps(model.grid.busCount), (sequence) => {
					const headroom = new NodalHeadroom(nodal, base);
					const injections = model.injectionsMw();
					for (const { sell, buy, mw } of sequence) {
						const { admittedMw, limitingRow } = headroom.take(sell, buy, mw, true);
						if (limitingRow >= model.grid.branchCount) limitedByOutage++;
						moved(injections, sell, buy, admittedMw).forEach((value, bus) => {
							injections[bus] = value;
						});
						const flows = model.flowsMw(injections);
						const { worst } = outagePairs(model, flows, limits.upMw, 1);
						expect(worst[0]?.loading ?? 0).to.be.at.most(1 + 1e-6);
					}
				}),
				{ numRuns: 40 },
			);
			expect(limitedByOutage).to.be.greaterThan(20);
		}
	});

	it("N-1: a sample of outages against networks really without the branch", () => {
		const model = new DcModel(publishedCase("case14"));
		const { base, limits } = secure(model, 10);
		const headroom = new NodalHeadroom(new NodalLimits(model, limits, NodalLimits.allOutageRows(model, limits)), base);
		const injections = new NaiveDcFlow(model.grid).injectionsMw();
		for (let k = 0; k < 60; k++) {
			const [sell, buy] = [(k * 5) % 14, (k * 3 + 1) % 14];
			const { admittedMw } = headroom.take(sell, buy, 15, true);
			injections[sell] = (injections[sell] as number) + admittedMw;
			injections[buy] = (injections[buy] as number) - admittedMw;
		}
		for (let outage = 0; outage < model.grid.branchCount; outage++) {
			if (!nodalOutages(model).has(outage)) continue;
			new NaiveDcFlow(model.grid, [outage]).flowsMw(injections).forEach((flow, branch) => {
				expect(Math.abs(flow)).to.be.at.most((limits.upMw[branch] as number) + TOLERANCE_MW);
			});
		}
	});

	it("error: reserving more than fits, or a negative amount, throws", () => {
		const model = new DcModel(publishedCase("case9"));
		const headroom = new NodalHeadroom(new NodalLimits(model), model.flowsMw(model.injectionsMw()));
		expect(() => headroom.reserve(0, 4, 1e4)).to.throw(/only 183\.0+\d* MW fit/);
		expect(() => headroom.admit(0, 4, -1)).to.throw(/-1 MW/);
		expect(headroom.overloadedRows(0)).to.deep.equal([]);
	});

	it("behavior: a trade against an overload is welcome, one with it is not", () => {
		const model = new DcModel(publishedCase("case9"));
		const limits = thermalLimitsMw(model.grid, 0.4);
		const headroom = new NodalHeadroom(new NodalLimits(model, limits), model.flowsMw(model.injectionsMw()));
		expect(headroom.overloadedRows(0)).to.deep.equal([2, 6]);
		expect(headroom.admit(1, 0, 10)).to.deep.equal({ admittedMw: 0, limitingRow: 6 });
		expect(headroom.admit(0, 1, 10).admittedMw).to.equal(10);
	});
});

function moved(injections: Float64Array, sell: number, buy: number, mw: number): Float64Array {
	const after = injections.slice();
	after[sell] = (after[sell] as number) + mw;
	after[buy] = (after[buy] as number) - mw;
	return after;
}

/** Limits that every single outage of the base case respects, with some room. */
function secure(model: DcModel, roomMw: number) {
	const base = model.flowsMw(model.injectionsMw());
	const limit = base.map(Math.abs);
	const unlimited = new Float64Array(model.grid.branchCount).fill(1);
	for (const { monitored, flowMw } of outagePairs(model, base, unlimited, Number.MAX_SAFE_INTEGER).worst) {
		limit[monitored] = Math.max(limit[monitored] as number, Math.abs(flowMw));
	}
	const upMw = limit.map((mw) => mw + roomMw);
	return { base, limits: { upMw, downMw: upMw.slice() } };
}

function nodalOutages(model: DcModel): Set<number> {
	return new Set(NodalLimits.allOutageRows(model, secure(model, 10).limits).map(({ outage }) => outage));
}
