import { expect } from "chai";
import fc from "fast-check";
import { LOSS_CAP_ELEMENT, ZonalWindowHeadroom } from "../../../../offchain/domain/grid/ZonalWindowHeadroom.ts";
import { arbitraryLimits, arbitraryPath } from "./arbitraryGrid.ts";
import { NaiveHeadroom } from "./NaiveHeadroom.ts";

const step = fc.record({
	path: arbitraryPath,
	wantedWh: fc.oneof(fc.integer({ min: 1, max: 4_000_000 }), fc.integer({ min: 1, max: 0xffff_ffff })),
	/** Releases the n-th trade instead, where there is one. */
	release: fc.option(fc.nat({ max: 30 }), { freq: 3 }),
});

describe("G3 ZonalWindowHeadroom against a recomputation from the list of trades", () => {
	it("invariant: nothing is over-allocated, admission is the largest that fits, release undoes, also what was trimmed", () => {
		fc.assert(
			fc.property(arbitraryLimits, fc.array(step, { minLength: 1, maxLength: 25 }), (limits, steps) => {
				const headroom = new ZonalWindowHeadroom(limits);
				const naive = new NaiveHeadroom(limits);
				for (const { path, wantedWh, release } of steps) {
					if (release !== null && naive.trades.length > 0) {
						const [undone] = naive.trades.splice(release % naive.trades.length, 1);
						if (!undone) continue;
						const keptWh = wantedWh % undone.energyWh;
						if (wantedWh % 2 === 1 && keptWh > 0) {
							const { lossWh } = headroom.trim(undone.path, undone.energyWh, undone.lossWh, keptWh);
							expect(BigInt(lossWh) * BigInt(undone.energyWh) <= BigInt(undone.lossWh) * BigInt(keptWh)).to.equal(true);
							naive.trades.push({ path: undone.path, energyWh: keptWh, lossWh });
							continue;
						}
						const { overloaded } = headroom.release(undone.path, undone.energyWh, undone.lossWh);
						expect(overloaded).to.deep.equal(naive.overloaded());
					} else {
						const { admittedWh, limitingElement } = headroom.admit(path, wantedWh);
						expect(limitingElement === null).to.equal(admittedWh === wantedWh);
						if (admittedWh < wantedWh) {
							const more = { path, energyWh: admittedWh + 1, lossWh: headroom.lossOf(path, admittedWh + 1) };
							expect(naive.worsens(more), "one Wh more would fit").to.equal(true);
						}
						if (admittedWh === 0) continue;
						const { lossWh } = headroom.reserve(path, admittedWh);
						const trade = { path, energyWh: admittedWh, lossWh };
						expect(naive.worsens(trade)).to.equal(false);
						naive.trades.push(trade);
					}
					headroom.elements().forEach(({ flowWh }, index) => {
						if (index >= limits.elements.length) return;
						expect(flowWh).to.equal(awayFromZero(naive.flowPartsPerMillion(index)));
					});
				}
				for (const { path, energyWh, lossWh } of naive.trades) headroom.release(path, energyWh, lossWh);
				const { transmissionLossWh, ...left } = headroom.snapshot();
				expect(transmissionLossWh).to.be.closeTo(0, 1e-3);
				expect(left).to.deep.equal({
					netPositionWh: new ZonalWindowHeadroom(limits).netPositionWh(),
					nodes: [],
					allocatedTransmissionLossWh: 0,
				});
			}),
			{ numRuns: 300 },
		);
	});

	it("invariant: whom a limit is said to hold for as well, it admits nothing any more", () => {
		const steps = fc.array(step, { minLength: 1, maxLength: 25 });
		const others = fc.array(arbitraryPath, { maxLength: 5 });
		const seen = { zones: 0, seller: 0, buyer: 0, ends: 0, amount: 0 };
		fc.assert(
			fc.property(arbitraryLimits, steps, others, (limits, steps, others) => {
				const headroom = new ZonalWindowHeadroom(limits);
				for (const { path, wantedWh } of steps) {
					const { admittedWh, limitingElement, limitReach } = headroom.admit(path, wantedWh);
					expect(limitReach === null).to.equal(limitingElement === null);
					if (admittedWh > 0) headroom.reserve(path, admittedWh);
					if (limitReach === null) continue;
					seen[limitReach]++;
					if (limitReach === "amount") continue;
					expect(headroom.admit(path, 1).admittedWh).to.equal(0);
					const { sellZoneId, buyZoneId, sellNodeId, buyNodeId } = path;
					for (const other of others) {
						if (limitReach === "zones") {
							expect(headroom.admit({ ...other, sellZoneId, buyZoneId }, 1).admittedWh).to.equal(0);
						}
						if ((limitReach === "seller" || limitReach === "ends") && other.buyZoneId !== sellZoneId) {
							expect(headroom.admit({ ...other, sellZoneId, sellNodeId }, 1_000).admittedWh).to.be.at.most(2);
						}
						if ((limitReach === "buyer" || limitReach === "ends") && other.sellZoneId !== buyZoneId) {
							expect(headroom.admit({ ...other, buyZoneId, buyNodeId }, 1_000).admittedWh).to.be.at.most(2);
						}
					}
				}
			}),
			{ numRuns: 300 },
		);
		expect(seen.zones).to.be.greaterThan(100);
		expect(seen.seller).to.be.greaterThan(100);
		expect(seen.buyer).to.be.greaterThan(100);
	});

	it("invariant: a snapshot restores to the same answers", () => {
		fc.assert(
			fc.property(arbitraryLimits, fc.array(step, { maxLength: 12 }), step, (limits, steps, probe) => {
				const headroom = new ZonalWindowHeadroom(limits);
				for (const { path, wantedWh } of steps) headroom.reserve(path, headroom.admit(path, wantedWh).admittedWh);
				const copy = ZonalWindowHeadroom.restore(limits, JSON.parse(JSON.stringify(headroom.snapshot())));
				expect(copy.snapshot()).to.deep.equal(headroom.snapshot());
				expect(copy.elements()).to.deep.equal(headroom.elements());
				const admission = headroom.admit(probe.path, probe.wantedWh);
				expect(copy.admit(probe.path, probe.wantedWh)).to.deep.equal(admission);
				expect(copy.reserve(probe.path, admission.admittedWh)).to.deep.equal(
					headroom.reserve(probe.path, admission.admittedWh),
				);
			}),
			{ numRuns: 100 },
		);
	});

	it("invariant: other limits keep what is reserved and name what is over", () => {
		fc.assert(
			fc.property(arbitraryLimits, arbitraryLimits, fc.array(step, { maxLength: 12 }), (limits, others, steps) => {
				const headroom = new ZonalWindowHeadroom(limits);
				const naive = new NaiveHeadroom(limits);
				for (const { path, wantedWh } of steps) {
					const { admittedWh } = headroom.admit(path, wantedWh);
					naive.trades.push({ path, energyWh: admittedWh, lossWh: headroom.reserve(path, admittedWh).lossWh });
				}
				// The same trees with other ratings: a tree that carries trades may not change its shape.
				const ratings = new Map(others.nodes.map((node) => [node.nodeId, node]));
				const nodes = limits.nodes.map((node) => ({ ...node, exportWh: ratings.get(node.nodeId)?.exportWh ?? 0 }));
				naive.limits = { ...others, nodes };
				expect(headroom.replaceLimits(naive.limits).overloaded).to.deep.equal(naive.overloaded());
			}),
			{ numRuns: 100 },
		);
	});
});

describe("G4 losses of the trading path", () => {
	it("invariant: what trades are charged adds up to the network's quadratic loss, never negative", () => {
		fc.assert(
			fc.property(arbitraryLimits, fc.array(step, { minLength: 1, maxLength: 25 }), (limits, steps) => {
				const headroom = new ZonalWindowHeadroom(limits);
				const naive = new NaiveHeadroom(limits);
				let charged = 0;
				let highest = 0;
				for (const { path, wantedWh } of steps) {
					const { admittedWh } = headroom.admit(path, wantedWh);
					const { lossWh } = headroom.reserve(path, admittedWh);
					expect(lossWh).to.be.at.least(0);
					naive.trades.push({ path, energyWh: admittedWh, lossWh });
					const linear = Math.ceil(
						(admittedWh * (limits.distributionLossPartsPerMillion[path.buyZoneId - 1] as number)) / 1e6,
					);
					charged += lossWh - linear;
					const { networkWh, allocatedWh } = headroom.transmissionLoss();
					const naiveWh = naive.networkLossWh();
					expect(networkWh).to.be.closeTo(naiveWh, 1e-6 + 1e-9 * Math.abs(naiveWh));
					expect(allocatedWh).to.equal(charged);
					// Collected to the Wh at the highest loss so far; what relieving trades save is credit for the next.
					highest = Math.max(highest, Math.ceil(networkWh));
					expect(allocatedWh).to.equal(highest);
				}
			}),
			{ numRuns: 200 },
		);
	});

	it("C4 invariant: with a loss cap no trade is charged more, and what is refused for it would be", () => {
		const caps = fc.integer({ min: 20_000, max: 300_000 });
		fc.assert(
			fc.property(arbitraryLimits, caps, fc.array(step, { minLength: 1, maxLength: 25 }), (limits, cap, steps) => {
				const headroom = new ZonalWindowHeadroom({ ...limits, lossCapPartsPerMillion: cap });
				for (const { path, wantedWh } of steps) {
					const { admittedWh, limitingElement } = headroom.admit(path, wantedWh);
					if (limitingElement === LOSS_CAP_ELEMENT) {
						const more = headroom.lossOf(path, admittedWh + 1) * 1_000_000;
						expect(more).to.be.greaterThan(cap * (admittedWh + 1));
					}
					const { lossWh } = headroom.reserve(path, admittedWh);
					expect(lossWh * 1_000_000).to.be.at.most(cap * admittedWh);
				}
			}),
			{ numRuns: 300 },
		);
	});

	it("reserving and releasing in turn leaves neither flow nor loss behind", () => {
		fc.assert(
			fc.property(arbitraryLimits, fc.array(step, { minLength: 1, maxLength: 10 }), (limits, steps) => {
				const headroom = new ZonalWindowHeadroom(limits);
				const reserved = steps.map(({ path, wantedWh }) => {
					const { admittedWh } = headroom.admit(path, wantedWh);
					return { path, admittedWh, lossWh: headroom.reserve(path, admittedWh).lossWh };
				});
				for (const { path, admittedWh, lossWh } of reserved.reverse()) headroom.release(path, admittedWh, lossWh);
				expect(headroom.elements().every(({ flowWh }) => flowWh === 0)).to.equal(true);
				expect(headroom.transmissionLoss().allocatedWh).to.equal(0);
				expect(headroom.transmissionLoss().networkWh).to.be.closeTo(0, 1e-6);
				expect(headroom.snapshot().nodes).to.deep.equal([]);
			}),
			{ numRuns: 100 },
		);
	});
});

describe("ZonalWindowHeadroom refusals", () => {
	const limits = fc.sample(arbitraryLimits, { numRuns: 1, seed: 7 })[0];
	if (!limits) throw new Error("no sample");

	it("error: unknown zones and nodes admit nothing and name themselves", () => {
		const headroom = new ZonalWindowHeadroom(limits);
		const path = { sellZoneId: 1, sellNodeId: 0, buyZoneId: 1, buyNodeId: 0 };
		expect(headroom.admit({ ...path, sellZoneId: 17 }, 5)).to.deep.equal({
			admittedWh: 0,
			limitingElement: "unknown zone 17",
			limitReach: "seller",
		});
		expect(headroom.admit({ ...path, buyNodeId: 999 }, 5).limitingElement).to.equal("unknown node 999");
		expect(headroom.admit({ ...path, buyNodeId: 21 }, 5).limitingElement).to.equal("node 21 is not in zone 1");
		expect(headroom.admit(path, 1.5).admittedWh).to.equal(0);
		expect(headroom.admit(path, Number.NaN).admittedWh).to.equal(0);
	});

	it("error: reserving more than is admitted throws", () => {
		const blocked = { ...limits, elements: limits.elements.map((row) => ({ ...row, upWh: 0, downWh: 0 })) };
		const headroom = new ZonalWindowHeadroom(blocked);
		expect(() => headroom.reserve({ sellZoneId: 1, sellNodeId: 0, buyZoneId: 2, buyNodeId: 0 }, 10)).to.throw(
			/reserve 10/,
		);
	});

	it("error: limits with faults are refused, each named", () => {
		const [first, ...rest] = limits.elements;
		const broken = { ...first, name: "line x", upWh: Number.NaN, ptdfPartsPerMillion: [2_000_000] };
		const node = { nodeId: 77, parentNodeId: 78, zoneId: 1, name: "orphan", exportWh: 1, importWh: -1 };
		const faulty = { ...limits, elements: [broken, ...rest] as typeof limits.elements, nodes: [node] };
		expect(() => new ZonalWindowHeadroom(faulty)).to.throw(/line x: upWh NaN.*orphan: importWh -1.*unknown parent 78/);
	});

	it("error: a loaded node may not vanish or move", () => {
		const roomy = {
			...limits,
			nodes: limits.nodes.map((node) => ({ ...node, parentNodeId: 0, exportWh: 9e6, importWh: 9e6 })),
		};
		const headroom = new ZonalWindowHeadroom(roomy);
		headroom.reserve({ sellZoneId: 1, sellNodeId: 11, buyZoneId: 1, buyNodeId: 0 }, 100);
		expect(() => headroom.replaceLimits({ ...roomy, nodes: roomy.nodes.slice(1) })).to.throw(
			/node 11 holds reservations/,
		);
	});
});

function awayFromZero(partsPerMillion: bigint): number {
	const sign = partsPerMillion < 0n ? -1n : 1n;
	return Number(sign * ((sign * partsPerMillion + 999_999n) / 1_000_000n));
}
