import { expect } from "chai";
import { privateKeyToAddress } from "viem/accounts";
import { licenseeOf, ZONE_CODES, zoneId } from "../../../../offchain/domain/grid/zones.ts";
import { createScenario } from "../../../../offchain/simulators/scenario/createScenario.ts";
import { testScenario } from "../testScenario.ts";

const DOMESTIC = ZONE_CODES.filter((zone) => !zone.startsWith("X-"));

describe("T3 simulated population", () => {
	it("behavior: the same seed gives the same people, another seed others", () => {
		const again = createScenario({ seed: "gridtokenx", participants: 250 });
		expect(again.population).to.deep.equal(testScenario().population);
		const other = createScenario({ seed: "other", participants: 250 });
		expect(other.population[0]?.address).not.to.equal(testScenario().population[0]?.address);
	});

	for (const count of [200, 250, 600]) {
		it(`default: ${count} participants stand in all 13 domestic zones, sellers and buyers in each`, () => {
			const { population, registration } = createScenario({ seed: "zones", participants: count });
			expect(population).to.have.length(count);
			expect(new Set(population.map(({ address }) => address)).size).to.equal(count);
			for (const zone of DOMESTIC) {
				const meters = registration.meters.filter((meter) => meter.zoneId === zoneId(zone));
				expect(meters.filter(({ source }) => source !== "none").length, `${zone} sellers`).to.be.greaterThan(0);
				expect(meters.filter(({ source }) => source === "none").length, `${zone} buyers`).to.be.greaterThan(1);
			}
		});
	}

	it("default: every kind of participant is there", () => {
		const kinds = new Set(testScenario().population.map(({ kind }) => kind));
		expect(kinds.size).to.equal(12);
	});

	it("invariant: keys fit addresses, meter ids run from 1 without gaps, consumers have no nameplate", () => {
		const { population, registration } = testScenario();
		for (const { address, privateKey } of population.slice(0, 20)) {
			expect(privateKeyToAddress(privateKey).toLowerCase()).to.equal(address);
		}
		expect(registration.meters.map(({ meterId }) => meterId)).to.deep.equal(
			registration.meters.map((_, index) => index + 1),
		);
		for (const meter of registration.meters) {
			expect(meter.source === "none", `meter ${meter.meterId}`).to.equal(meter.maxWindowWh === 0);
			expect(meter.latitudeMicrodegrees).to.be.within(5_500_000, 20_600_000);
			expect(meter.longitudeMicrodegrees).to.be.within(97_300_000, 105_700_000);
			expect(["MEA", "PEA"]).to.include(licenseeOf(meter.zoneId));
		}
	});

	it("invariant: everyone with a meter is licensed and has a deposit; only the unlicensed has neither", () => {
		const { population, registration } = testScenario();
		const licensed = new Set(registration.licences.map(({ account }) => account));
		const funded = new Set(registration.deposits.map(({ account }) => account));
		for (const { address, meters, kind } of population) {
			expect(licensed.has(address), kind).to.equal(meters.length > 0);
			expect(funded.has(address), kind).to.equal(meters.length > 0);
		}
		expect(registration.deposits.every(({ amountSat }) => Number.isSafeInteger(amountSat * 1000))).to.equal(true);
	});

	it("behavior: households connect to the lowest feeders that carry them, plants to the zone", () => {
		const feederNodes = DOMESTIC.flatMap((zone, index) => [
			{ nodeId: index * 2 + 1, parentNodeId: 0, zoneId: zoneId(zone), name: zone, exportWh: 1e9, importWh: 1e9 },
			{
				nodeId: index * 2 + 2,
				parentNodeId: index * 2 + 1,
				zoneId: zoneId(zone),
				name: `${zone} feeder`,
				exportWh: 2e6,
				importWh: 2e6,
			},
		]);
		const { population } = createScenario({ seed: "nodes", participants: 250, feederNodes });
		for (const { kind, meters } of population) {
			for (const { nodeId, zoneId: zone } of meters) {
				if (kind === "prosumer") expect(nodeId, kind).to.equal((zone - 1) * 2 + 2);
				if (kind === "windPlant") expect(nodeId, kind).to.equal(0);
			}
		}
	});

	it("behavior: `zones` keeps everyone inside the chosen zones", () => {
		const { registration } = createScenario({ seed: "few", participants: 200, zones: ["MEA", "NE3"] });
		const zones = new Set(registration.meters.map((meter) => meter.zoneId));
		expect([...zones].sort()).to.deep.equal([zoneId("MEA"), zoneId("NE3")].sort());
	});

	it("error: too few participants and foreign zones are refused", () => {
		expect(() => createScenario({ seed: "x", participants: 20 })).to.throw("too few");
		expect(() => createScenario({ seed: "x", participants: 250, zones: ["X-MY"] })).to.throw("X-MY");
	});
});
