import { expect } from "chai";
import { planEmergencyOrder } from "../../../../../offchain/domain/grid/emergency/planEmergencyOrder.ts";
import type { GridLimits } from "../../../../../offchain/domain/grid/GridLimits.ts";
import { thaiGridLimits } from "../../../../../offchain/domain/grid/thai/thaiGridLimits.ts";
import { ZonalWindowHeadroom } from "../../../../../offchain/domain/grid/ZonalWindowHeadroom.ts";
import { ZONE_COUNT, zoneId } from "../../../../../offchain/domain/grid/zones.ts";
import { loadThaiNetwork } from "../../../../../offchain/infrastructure/grid/loadThaiNetwork.ts";

const line = (limitWh: number): GridLimits => ({
	elements: [
		{
			name: "1–rest",
			ptdfPartsPerMillion: Array.from({ length: ZONE_COUNT }, (_, zone) => (zone === 0 ? 1_000_000 : 0)),
			upWh: limitWh,
			downWh: limitWh,
			lossCoefficientPerWh: 0,
			referenceFlowWh: 0,
		},
	],
	nodes: [],
	distributionLossPartsPerMillion: new Array(ZONE_COUNT).fill(0),
});
const path = (sellZoneId: number, buyZoneId: number) => ({ sellZoneId, sellNodeId: 0, buyZoneId, buyNodeId: 0 });
const trade = (tradeId: string, sell: number, buy: number, energyWh: number, isEmergency = false) => ({
	...path(sell, buy),
	tradeId,
	energyWh,
	lossWh: 0,
	isEmergency,
});
const plan = (trades: ReturnType<typeof trade>[], energyWh: number, [normal, emergency] = [1_000, 1_100]) =>
	planEmergencyOrder({ normal: line(normal), emergency: line(emergency), trades, path: path(1, 2), energyWh });

describe("G8 an emergency order overrides the market, up to emergency ratings", () => {
	it("default: with room it displaces nobody; above the normal rating the element is reported", () => {
		expect(plan([trade("a", 1, 3, 400)], 600)).to.deep.equal({
			admittedWh: 600,
			lossWh: 0,
			limitingElement: null,
			displaced: [],
			aboveNormal: [],
		});
		expect(plan([trade("a", 1, 3, 400)], 700).aboveNormal).to.deep.equal([
			{ name: "1–rest", flowWh: 1_100, normalWh: 1_000 },
		]);
	});

	it("behavior: the newest trade in the way goes first; relieving and unrelated trades and earlier emergencies stay", () => {
		const trades = [
			trade("emergency", 1, 4, 200, true),
			trade("old", 1, 3, 400),
			trade("relief", 3, 1, 100),
			trade("elsewhere", 5, 6, 9_000),
			trade("new", 1, 3, 500),
		];
		const result = plan(trades, 600);
		expect(result.displaced).to.deep.equal([{ tradeId: "new", energyWh: 500, element: "1–rest" }]);
		expect(result).to.deep.include({ admittedWh: 600, limitingElement: null });
	});

	it("behavior: never past the emergency rating, whatever is displaced", () => {
		const result = plan([trade("emergency", 1, 4, 200, true), trade("old", 1, 3, 800)], 5_000);
		expect(result).to.deep.include({ admittedWh: 900, limitingElement: "1–rest" });
		expect(result.displaced.map(({ tradeId }) => tradeId)).to.deep.equal(["old"]);
	});

	it("behavior: trades an outage left without room go as well, even with nothing asked for", () => {
		const result = plan([trade("a", 1, 3, 400), trade("b", 1, 3, 300)], 0, [500, 500]);
		expect(result.displaced).to.deep.equal([{ tradeId: "b", energyWh: 300, element: "1–rest" }]);
	});

	it("behavior: the order in which counter-flows came and went does not matter", () => {
		// "big" stood on a relief that has since been replaced by a later one.
		const result = plan([trade("big", 1, 3, 1_500), trade("relief", 3, 1, 900)], 100);
		expect(result.displaced).to.deep.equal([]);
		expect(result.admittedWh).to.equal(100);
	});

	it("invariant: on the Thai grid what remains is within emergency ratings and energy is conserved", () => {
		const network = loadThaiNetwork();
		const normal = thaiGridLimits(network, { lossCapPartsPerMillion: 150_000 });
		const emergency = thaiGridLimits(network, { reliabilityMarginPartsPerMillion: -100_000 });
		const headroom = new ZonalWindowHeadroom(normal);
		const trades = [];
		for (const [sell, buy] of [
			["S1", "S2"],
			["MEA", "S3"],
			["C1", "S2"],
			["S1", "S3"],
		] as const) {
			const way = path(zoneId(sell), zoneId(buy));
			const { admittedWh: energyWh } = headroom.admit(way, 40_000_000);
			if (energyWh === 0) continue;
			const { lossWh } = headroom.reserve(way, energyWh);
			trades.push({ ...way, tradeId: `${sell}-${buy}`, energyWh, lossWh });
		}
		const order = path(zoneId("C1"), zoneId("S3"));
		const result = planEmergencyOrder({ normal, emergency, trades, path: order, energyWh: 3_000_000 });
		expect(result.displaced.length).to.be.within(1, trades.length);
		expect(result.admittedWh).to.be.greaterThan(headroom.admit(order, 3_000_000).admittedWh);
		const gone = new Set(result.displaced.map(({ tradeId }) => tradeId));
		const { lossCapPartsPerMillion: _, ...ratings } = emergency;
		const after = new ZonalWindowHeadroom(ratings);
		const standing = trades.filter(({ tradeId }) => !gone.has(tradeId));
		let injectedWh = 0;
		let deliveredWh = 0;
		let lostWh = 0;
		for (const each of [...standing, { ...order, energyWh: result.admittedWh }]) {
			const { lossWh } = after.reserve(each, each.energyWh);
			injectedWh += each.energyWh + lossWh;
			deliveredWh += each.energyWh;
			lostWh += lossWh;
		}
		expect(injectedWh).to.equal(deliveredWh + lostWh);
		for (const { name, flowWh, upWh, downWh } of after.elements()) expect(flowWh, name).to.be.within(-downWh, upWh);
	});
});
