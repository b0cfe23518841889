import { expect } from "chai";
import fc from "fast-check";
import { assertEnergyConserved } from "../../../../offchain/domain/grid/assertEnergyConserved.ts";
import { CompiledGridLimits } from "../../../../offchain/domain/grid/CompiledGridLimits.ts";
import { ThaiZonalModel } from "../../../../offchain/domain/grid/thai/ThaiZonalModel.ts";
import { thaiGridLimits } from "../../../../offchain/domain/grid/thai/thaiGridLimits.ts";
import { ZonalWindowHeadroom } from "../../../../offchain/domain/grid/ZonalWindowHeadroom.ts";
import { ZONE_CODES } from "../../../../offchain/domain/grid/zones.ts";
import { WH_PER_MW_WINDOW } from "../../../../offchain/domain/units/units.ts";
import { loadThaiNetwork } from "../../../../offchain/infrastructure/grid/loadThaiNetwork.ts";

const network = loadThaiNetwork();
/** The whole network is the market's, so that its limits are really reached. */
const limits = thaiGridLimits(network, { capacitySharePartsPerMillion: 1_000_000 });
const compiled = new CompiledGridLimits(limits);
const model = new ThaiZonalModel(network);
/** Networks really without the line, built once for each outage that any element names. */
const withoutLine = new Map<string, ThaiZonalModel>();
for (const { name } of limits.elements) {
	const outage = /\((.*) out\)$/.exec(name)?.[1];
	if (outage && !withoutLine.has(outage)) withoutLine.set(outage, new ThaiZonalModel(network, { outages: [outage] }));
}

const step = fc.record({
	sell: fc.integer({ min: 1, max: ZONE_CODES.length }),
	buy: fc.integer({ min: 1, max: ZONE_CODES.length }),
	wantedWh: fc.integer({ min: 1, max: 1_000_000_000 }),
	unwind: fc.oneof({ weight: 5, arbitrary: fc.constant(null) }, { weight: 1, arbitrary: fc.nat({ max: 60 }) }),
});

/** Flow of every element, MW, by a full power flow of the network, with the named line really out. */
function freshFlows(zoneWh: readonly number[]): Map<string, number> {
	const zoneMw = zoneWh.map((wh) => wh / WH_PER_MW_WINDOW);
	const flows = (of: ThaiZonalModel) => of.reduction.model.flowsMw(of.reduction.busInjectionsMw(zoneMw));
	const base = flows(model);
	const after = new Map([...withoutLine].map(([outage, without]) => [outage, flows(without)]));
	return new Map(
		limits.elements.flatMap(({ name }) => {
			const [, monitored = name, outage] = /^(.*?)(?: \((.*) out\))?$/.exec(name) ?? [];
			const line = network.lines.findIndex((candidate) => candidate.name === monitored);
			if (line < 0) return [];
			return [[name, (outage ? after.get(outage) : base)?.[line] as number]];
		}),
	);
}

describe("G3 the Thai network: random trades and unwinds against full power flows", () => {
	it("invariant: no line is over-allocated, before or after any single outage; energy is conserved to the Wh", () => {
		let limited = 0;
		let unwound = 0;
		fc.assert(
			fc.property(fc.array(step, { minLength: 10, maxLength: 60 }), (steps) => {
				const headroom = new ZonalWindowHeadroom(compiled);
				const trades: { path: Parameters<ZonalWindowHeadroom["reserve"]>[0]; energyWh: number; lossWh: number }[] = [];
				for (const { sell, buy, wantedWh, unwind } of steps) {
					const undone = unwind === null ? undefined : trades.splice(unwind % Math.max(1, trades.length), 1)[0];
					if (undone) {
						const { overloaded } = headroom.release(undone.path, undone.energyWh, undone.lossWh);
						let isOver = overloaded.length > 0;
						// What counter-flow had made room for is unwound too, latest first, until every element is within its limit.
						while (isOver && trades.length > 0) {
							const last = trades.pop() as (typeof trades)[number];
							isOver = headroom.release(last.path, last.energyWh, last.lossWh).overloaded.length > 0;
						}
						if (trades.length > 0) unwound++;
						continue;
					}
					const path = { sellZoneId: sell, sellNodeId: 0, buyZoneId: buy, buyNodeId: 0 };
					const { admittedWh } = headroom.admit(path, wantedWh);
					if (admittedWh < wantedWh) limited++;
					if (admittedWh === 0) continue;
					trades.push({ path, energyWh: admittedWh, ...headroom.reserve(path, admittedWh) });
				}
				const flows = freshFlows(headroom.netPositionWh());
				for (const { name, upWh, downWh } of limits.elements) {
					const flowMw = flows.get(name);
					if (flowMw === undefined) continue;
					expect(flowMw * WH_PER_MW_WINDOW, name).to.be.at.most(upWh * (1 + 1.7e-5) + 1);
					expect(-flowMw * WH_PER_MW_WINDOW, name).to.be.at.most(downWh * (1 + 1.7e-5) + 1);
				}
				const sum = assertEnergyConserved(
					"random trades",
					trades.map(({ energyWh, lossWh }) => ({ injectedWh: energyWh + lossWh, deliveredWh: energyWh, lossWh })),
				);
				expect(sum.injectedWh).to.equal(sum.deliveredWh + sum.lossWh);
			}),
			{ numRuns: 150 },
		);
		expect(limited).to.be.greaterThan(100);
		expect(unwound).to.be.greaterThan(20);
	});
});
