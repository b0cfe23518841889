import { expect } from "chai";
import { zoneIslands } from "../../../../../offchain/domain/grid/emergency/zoneIslands.ts";
import { thaiGridLimits } from "../../../../../offchain/domain/grid/thai/thaiGridLimits.ts";
import { thaiOutageLimits } from "../../../../../offchain/domain/grid/thai/thaiOutageLimits.ts";
import { ZonalWindowHeadroom } from "../../../../../offchain/domain/grid/ZonalWindowHeadroom.ts";
import { zoneId } from "../../../../../offchain/domain/grid/zones.ts";
import { loadThaiNetwork } from "../../../../../offchain/infrastructure/grid/loadThaiNetwork.ts";

const SOUTH = ["BangSaphan–Chumphon", "BangSaphan–LangSuan"];

describe("G8 islands", () => {
	const network = loadThaiNetwork();

	it("default: the two lines that carry the south leave it alone with Malaysia", () => {
		expect(zoneIslands(network, [])).to.have.length(1);
		expect(zoneIslands(network, SOUTH.slice(0, 1))).to.have.length(1);
		const [rest, south] = zoneIslands(network, SOUTH);
		expect(south?.zones).to.deep.equal(["S2", "S3", "X-MY"]);
		expect(rest?.zones).to.include.members(["S1", "MEA", "X-LA"]);
		expect((rest?.nodes.length ?? 0) + (south?.nodes.length ?? 0)).to.equal(network.nodes.length);
	});

	it("error: a line the network does not have", () => {
		expect(() => zoneIslands(network, ["A–B"])).to.throw(/unknown line A–B/);
	});

	it("behavior: nothing is traded into or out of an island; within it trade goes on", () => {
		const headroom = new ZonalWindowHeadroom(thaiOutageLimits(network, SOUTH));
		const admit = (sell: "S2" | "S3" | "MEA" | "C1", buy: "S2" | "S3" | "MEA" | "C1") =>
			headroom.admit({ sellZoneId: zoneId(sell), sellNodeId: 0, buyZoneId: zoneId(buy), buyNodeId: 0 }, 10_000);
		expect(admit("MEA", "S2")).to.deep.equal({
			admittedWh: 0,
			limitingElement: "island S2+S3+X-MY",
			limitReach: "zones",
		});
		expect(admit("S3", "C1").admittedWh).to.equal(0);
		expect(admit("S2", "S3").admittedWh).to.equal(10_000);
		expect(admit("C1", "MEA").admittedWh).to.equal(10_000);
	});

	it("behavior: one line out is only a weaker network", () => {
		const weak = thaiOutageLimits(network, SOUTH.slice(0, 1));
		expect(weak).to.deep.equal(thaiGridLimits(network, { outages: SOUTH.slice(0, 1) }));
	});
});
