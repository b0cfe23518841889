import { expect } from "chai";
import { parseThaiNetwork } from "../../../../offchain/domain/grid/thai/ThaiNetwork.ts";
import { thaiGridLimits } from "../../../../offchain/domain/grid/thai/thaiGridLimits.ts";
import { validateGridLimits } from "../../../../offchain/domain/grid/validateGridLimits.ts";
import { ZonalWindowHeadroom } from "../../../../offchain/domain/grid/ZonalWindowHeadroom.ts";
import { DEFAULT_WHEELING, zonePairCharges, zonePairLosses } from "../../../../offchain/domain/grid/zonePairCharges.ts";
import { ZONE_CODES, zoneId } from "../../../../offchain/domain/grid/zones.ts";
import { loadThaiNetwork } from "../../../../offchain/infrastructure/grid/loadThaiNetwork.ts";

const network = loadThaiNetwork();
const limits = thaiGridLimits(network);

function admits(sell: (typeof ZONE_CODES)[number], buy: (typeof ZONE_CODES)[number], of = limits) {
	const path = { sellZoneId: zoneId(sell), sellNodeId: 0, buyZoneId: zoneId(buy), buyNodeId: 0 };
	return new ZonalWindowHeadroom(of).admit(path, 4_000_000_000);
}

describe("G2 the Thai network on the trading path", () => {
	it("default: valid limits, the same every time, small enough to check within microseconds", () => {
		expect(validateGridLimits(limits)).to.deep.equal([]);
		expect(thaiGridLimits(network)).to.deep.equal(limits);
		expect(limits.elements.length).to.be.within(20, 80);
	});

	it("invariant: every pair of zones is limited by some element", () => {
		for (const sell of ZONE_CODES) {
			for (const buy of ZONE_CODES) {
				if (sell !== buy) expect(admits(sell, buy).limitingElement, `${sell}→${buy}`).to.be.a("string");
			}
		}
	});

	it("behavior: exchange with Malaysia is capped at 300 MW, in either direction", () => {
		const whole = thaiGridLimits(network, { capacitySharePartsPerMillion: 1_000_000 });
		expect(admits("X-MY", "S3", whole)).to.deep.equal({
			admittedWh: 75_000_000,
			limitingElement: "X-MY exchange",
			limitReach: "zones",
		});
		expect(admits("S3", "X-MY", whole).admittedWh).to.equal(75_000_000);
	});

	it("behavior: the market's share scales the room", () => {
		const half = thaiGridLimits(network, { capacitySharePartsPerMillion: 10_000 });
		expect(admits("S3", "MEA", half).admittedWh).to.be.closeTo(admits("S3", "MEA").admittedWh / 2, 2);
	});

	it("behavior: a line out of service lowers what the south can take", () => {
		const outage = thaiGridLimits(network, { outages: ["Chumphon–SuratThani"] });
		expect(admits("C1", "S2", outage).admittedWh).to.be.below(admits("C1", "S2").admittedWh);
		expect(outage.elements.some((element) => element.name.startsWith("Chumphon–SuratThani"))).to.equal(false);
	});

	it("default: trees of stable node ids below the 13 domestic zones", () => {
		expect(limits.nodes.length).to.equal(13 * 8);
		expect(limits.nodes.find((node) => node.nodeId === 13212)?.name).to.equal("S3-2 feeder 2");
	});

	it("error: unknown lines, zones and broken values are named", () => {
		expect(() => thaiGridLimits(network, { outages: ["Atlantis–Utopia"] })).to.throw(/unknown line Atlantis–Utopia/);
		expect(() => thaiGridLimits(network, { outages: ["WatthanaNakhon–Banteay_Meanchay"] })).to.throw(/disconnected/);
		const broken = {
			node_zone: { A: "MEA", B: "Z9" },
			lines: [["A", "C", -1, Number.NaN]],
			thermal_capacity_MW_by_zone_2016: {},
		};
		expect(() => parseThaiNetwork(broken, { parts_per_million: {} })).to.throw(
			/node B: unknown zone Z9; line A–C: unknown node C; line A–C: susceptance -1; line A–C: rating NaN/,
		);
	});
});

describe("M2 zone pair charges", () => {
	const charges = zonePairCharges({
		satPerThb: 33,
		wheeling: DEFAULT_WHEELING,
		platformSatPerKwh: 1,
		lossPriceSatPerKwh: 100,
		lossPartsPerMillion: zonePairLosses(limits),
	});

	it("invariant: 16 × 16 whole numbers, none negative", () => {
		expect(charges).to.have.length(16);
		for (const part of charges.flat().flatMap(Object.values))
			expect(Number.isInteger(part) && part >= 0).to.equal(true);
	});

	it("default: nearer is cheaper, and rooftop power from the next zone beats the tariff on-peak", () => {
		const adder = (sell: number, buy: number) => Object.values(charges[sell]?.[buy] ?? {}).reduce((a, b) => a + b, 0);
		expect(adder(0, 0)).to.be.below(adder(1, 0));
		expect(charges[0]?.[0]).to.include({ wheelingSatPerKwh: 10, lossSatPerKwh: 4, congestionSatPerKwh: 0 });
		// Buyback 2.20 THB = 73 sat, on-peak low-voltage tariff 5.7982 THB = 191 sat.
		for (const sell of [1, 2, 3, 4]) expect(adder(sell, 0)).to.be.below(191 - 73);
	});

	it("behavior: congestion is charged towards the dearer zone only", () => {
		const congestionPriceSatPerKwh = ZONE_CODES.map((zone) => (zone === "S2" ? 40.2 : 10));
		const congested = zonePairCharges({
			satPerThb: 33,
			wheeling: DEFAULT_WHEELING,
			platformSatPerKwh: 1,
			lossPriceSatPerKwh: 100,
			lossPartsPerMillion: zonePairLosses(limits),
			congestionPriceSatPerKwh,
		});
		expect(congested[0]?.[zoneId("S2") - 1]?.congestionSatPerKwh).to.equal(31);
		expect(congested[zoneId("S2") - 1]?.[0]?.congestionSatPerKwh).to.equal(0);
	});
});
