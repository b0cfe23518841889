import { expect } from "chai";
import { batterySchedule } from "../../../../offchain/simulators/meters/batterySchedule.ts";
import { windowOf } from "../testScenario.ts";

describe("G7 batteries' state of charge", () => {
	const day = windowOf("2026-11-24T00:00");
	const states = Array.from({ length: 96 }, (_, quarter) => batterySchedule(day + quarter));

	it("invariant: the state of charge stays within 0–1 and follows from the power", () => {
		for (const [quarter, state] of states.entries()) {
			expect(state.stateOfChargeShare).to.be.within(0, 1);
			const next = states[(quarter + 1) % 96];
			// Rated power for an hour is a quarter of the capacity; 22:00 starts the count anew.
			const expected = state.stateOfChargeShare + (state.chargeShare * 0.9 - state.dischargeShare) / 16;
			if (quarter !== 87) expect(next?.stateOfChargeShare, `quarter ${quarter}`).to.be.closeTo(expected, 1e-9);
		}
	});

	it("behavior: never discharges more than it stored, never charges and discharges at once", () => {
		const sum = (pick: "chargeShare" | "dischargeShare") => states.reduce((total, state) => total + state[pick], 0);
		expect(sum("dischargeShare")).to.be.at.most(sum("chargeShare") * 0.9 + 1e-9);
		expect(sum("dischargeShare")).to.be.greaterThan(0);
		for (const state of states) expect(state.chargeShare * state.dischargeShare).to.equal(0);
	});

	it("default: charges at solar noon, discharges in the evening peak", () => {
		expect(states[52]?.chargeShare).to.be.greaterThan(0);
		expect(states[80]?.dischargeShare).to.be.greaterThan(0);
	});
});
