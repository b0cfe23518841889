import { expect } from "chai";
import { STORAGE_EFFICIENCY, StorageLedger } from "../../../../../offchain/domain/grid/balancing/StorageLedger.ts";
import { deterministicInteger } from "../../../../../offchain/simulators/random/deterministicUnit.ts";

const BATTERY = {
	name: "battery",
	capacityWh: 10_000,
	maxChargeWh: 3_000,
	maxDischargeWh: 3_000,
	chargeEfficiencyPartsPerMillion: 900_000,
	dischargeEfficiencyPartsPerMillion: 800_000,
};
const ledger = (storedWh = 5_000) => new StorageLedger(BATTERY, storedWh, 100);

describe("G7 a stored kWh is never sold twice", () => {
	it("default: sales are backed by what is stored, with the loss of taking it out", () => {
		const plant = ledger(4_000);
		// 4,000 Wh stored give 3,200 Wh at the meter.
		expect(plant.promise(110, "discharge", 3_000)).to.equal(null);
		expect(plant.dischargeableWh(111)).to.equal(200);
		expect(plant.promise(111, "discharge", 201)?.code).to.equal("STORAGE_EMPTY");
		expect(plant.promise(111, "discharge", 200)).to.equal(null);
	});

	it("behavior: a sale slipped in before an earlier one cannot take its energy", () => {
		const plant = ledger(4_000);
		expect(plant.promise(120, "discharge", 3_000)).to.equal(null);
		expect(plant.promise(105, "discharge", 300)?.detail).to.match(/window 120/);
		expect(plant.dischargeableWh(105)).to.equal(200);
	});

	it("behavior: what is bought first can be sold later, less both losses, not in the same window", () => {
		const plant = ledger(0);
		expect(plant.promise(101, "charge", 1_000)).to.equal(null);
		expect(plant.dischargeableWh(101)).to.equal(0);
		expect(plant.dischargeableWh(102)).to.equal(720);
		expect(plant.promise(102, "discharge", 720)).to.equal(null);
		expect(plant.withdraw(101, "charge", 1)?.code).to.equal("STORAGE_EMPTY");
		expect(plant.withdraw(102, "discharge", 720)).to.equal(null);
		expect(plant.withdraw(101, "charge", 1_000)).to.equal(null);
	});

	it("behavior: never above what it can hold, nor faster than it can, nor in the past", () => {
		const plant = ledger(9_500);
		expect(plant.promise(101, "charge", 556)?.code).to.equal("STORAGE_FULL");
		expect(plant.promise(101, "charge", 555)).to.equal(null);
		expect(plant.promise(102, "discharge", 3_001)?.code).to.equal("STORAGE_POWER");
		expect(plant.promise(99, "discharge", 1)?.code).to.equal("STORAGE_PAST");
	});

	it("behavior: offers of several windows share one store", () => {
		const plant = ledger(5_000);
		const offers = plant.offers([130, 120, 110]);
		expect(offers.map(({ energyWh }) => energyWh)).to.deep.equal([3_000, 1_000, 0]);
		for (const { windowId, energyWh } of offers) expect(plant.promise(windowId, "discharge", energyWh)).to.equal(null);
	});

	it("behavior: metering moves the store by what really happened", () => {
		const plant = ledger(5_000);
		plant.promise(100, "discharge", 2_000);
		plant.meter(100, 0, 1_600);
		expect(plant.storedWh).to.equal(3_000);
		expect(plant.promise(100, "discharge", 1)?.code).to.equal("STORAGE_PAST");
		expect(() => plant.meter(105, 0, 0)).to.throw(/101 is next/);
	});

	it("error: impossible plants and stores", () => {
		expect(() => new StorageLedger(BATTERY, 10_001, 1)).to.throw(RangeError);
		expect(() => new StorageLedger({ ...BATTERY, chargeEfficiencyPartsPerMillion: 1_100_000 }, 0, 1)).to.throw(
			RangeError,
		);
		expect(() => ledger().promise(101, "charge", Number.NaN)).to.throw(RangeError);
	});

	it("invariant: random promises, kept to the letter, never run it empty or full; energy out ≤ round trip of energy in", () => {
		for (const kind of ["battery", "pumpedHydro"] as const) {
			for (let seed = 1; seed <= 60; seed++) {
				const start = deterministicInteger(0, 10_000, seed, 0);
				const plant = new StorageLedger({ ...BATTERY, ...STORAGE_EFFICIENCY[kind] }, start, 100);
				const kept = new Map<number, [number, number]>();
				for (let index = 0; index < 60; index++) {
					const windowId = deterministicInteger(100, 111, seed, index, 1);
					const isCharge = deterministicInteger(0, 1, seed, index, 2) === 0;
					const energyWh = deterministicInteger(0, 1_500, seed, index, 3);
					if (plant.promise(windowId, isCharge ? "charge" : "discharge", energyWh) !== null) continue;
					const [charge, discharge] = kept.get(windowId) ?? [0, 0];
					kept.set(windowId, isCharge ? [charge + energyWh, discharge] : [charge, discharge + energyWh]);
				}
				let [inWh, outWh] = [0, 0];
				for (let windowId = 100; windowId <= 111; windowId++) {
					const [charge, discharge] = kept.get(windowId) ?? [0, 0];
					const before = plant.storedWh;
					plant.meter(windowId, charge, discharge);
					inWh += charge;
					outWh += discharge;
					const { chargeEfficiencyPartsPerMillion: c, dischargeEfficiencyPartsPerMillion: d } = plant.plant;
					const exact = before + Math.floor((charge * c) / 1e6) - Math.ceil((discharge * 1e6) / d);
					// Nothing was cut off at an end.
					expect(plant.storedWh, `seed ${seed}`).to.equal(exact);
				}
				const { chargeEfficiencyPartsPerMillion: c, dischargeEfficiencyPartsPerMillion: d } = plant.plant;
				expect(outWh).to.be.at.most(((start + (inWh * c) / 1e6) * d) / 1e6);
			}
		}
	});
});
