import { expect } from "chai";
import { AutomaticGenerationControl } from "../../../../../offchain/domain/grid/balancing/AutomaticGenerationControl.ts";
import { areaControlErrorMw } from "../../../../../offchain/domain/grid/balancing/areaControlError.ts";
import { demandBaselineWh, demandReductionWh } from "../../../../../offchain/domain/grid/balancing/demandResponse.ts";
import {
	type FrequencyEvent,
	frequencyResponse,
} from "../../../../../offchain/domain/grid/balancing/frequencyResponse.ts";
import {
	activateReserves,
	procureReserves,
	type ReserveOffer,
	reserveRequirementMw,
} from "../../../../../offchain/domain/grid/balancing/reserves.ts";

const SETTINGS = { proportionalGain: 0.3, integralGainPerSecond: 0.01, deadbandMw: 1 };

describe("G7 area control error", () => {
	it("default: interchange and frequency both count", () => {
		const measured = { frequencyMillihertz: 49_900, actualExportMw: 280, scheduledExportMw: 300 };
		expect(areaControlErrorMw(measured, 150)).to.equal(-170);
		expect(areaControlErrorMw({ ...measured, frequencyMillihertz: 50_000, actualExportMw: 300 }, 150)).to.equal(0);
	});

	it("error: no number, no action", () => {
		const measured = { frequencyMillihertz: Number.NaN, actualExportMw: 0, scheduledExportMw: 0 };
		expect(() => areaControlErrorMw(measured, 150)).to.throw(RangeError, /NaN|null/);
		expect(() => areaControlErrorMw({ ...measured, frequencyMillihertz: 50_000 }, 0)).to.throw(RangeError);
	});
});

describe("G7 automatic generation control", () => {
	const unit = (name: string, participation: number, rampMwPerMinute: number, mostMw = 300) => ({
		name,
		leastMw: 100,
		mostMw,
		rampMwPerMinute,
		participation,
	});

	it("default: corrections follow participation, against the error", () => {
		const agc = new AutomaticGenerationControl([unit("a", 3, 600), unit("b", 1, 600)], [200, 200], {
			...SETTINGS,
			integralGainPerSecond: 0,
			proportionalGain: 1,
		});
		expect(agc.step(agc.initial(), -40, 4).setPointMw).to.deep.equal([230, 210]);
		expect(agc.step(agc.initial(), 40, 4).setPointMw).to.deep.equal([170, 190]);
		expect(agc.step(agc.initial(), -0.5, 4).setPointMw).to.deep.equal([200, 200]);
	});

	it("invariant: no unit leaves its range or outruns its ramp; what one cannot take the other does", () => {
		const agc = new AutomaticGenerationControl([unit("slow", 1, 30), unit("fast", 1, 600, 240)], [200, 200], SETTINGS);
		let state = agc.initial();
		for (let step = 0; step < 100; step++) {
			const before = state.setPointMw;
			state = agc.step(state, -200, 4);
			for (const [index, ramp] of [30, 600].entries()) {
				expect(Math.abs(state.setPointMw[index]! - before[index]!)).to.be.at.most((ramp * 4) / 60 + 1e-9);
			}
			expect(state.setPointMw[1]).to.be.at.most(240);
		}
		expect(state.setPointMw).to.deep.equal([300, 240]);
		// Saturated for long: the integral has not run away, and the way back starts at once.
		const back = agc.step(state, 50, 4);
		expect(back.setPointMw[0]! + back.setPointMw[1]!).to.be.lessThan(540);
	});

	it("error: units that cannot be, errors that are none", () => {
		expect(() => new AutomaticGenerationControl([unit("a", 1, 600)], [400], SETTINGS)).to.throw(/base 400/);
		expect(() => new AutomaticGenerationControl([unit("a", 1, 0)], [200], SETTINGS)).to.throw(/ramp/);
		const agc = new AutomaticGenerationControl([unit("a", 1, 600)], [200], SETTINGS);
		expect(() => agc.step(agc.initial(), Number.NaN, 4)).to.throw(RangeError);
	});
});

describe("G7 frequency after a unit trips", () => {
	const units = Array.from({ length: 10 }, (_, index) => ({
		name: `unit ${index + 1}`,
		leastMw: 0,
		mostMw: 1_000,
		rampMwPerMinute: 50,
		participation: 1,
		ratingMw: 1_000,
		outputMw: 800,
		inertiaSeconds: 5,
		droopPartsPerMillion: 50_000,
		responseSeconds: 6,
	}));
	const event = (change: Partial<FrequencyEvent> = {}): FrequencyEvent => ({
		units,
		trips: "unit 1",
		demandStepMw: 0,
		loadDamping: 1,
		agc: { proportionalGain: 0.1, integralGainPerSecond: 0.01, deadbandMw: 2 },
		agcCycleSeconds: 4,
		durationSeconds: 900,
		...change,
	});

	it("default: falls at the swing equation's slope, is caught by droop, brought back by AGC", () => {
		const trace = frequencyResponse(event());
		// f₀·ΔP / (2·ΣH·S) = 50 · 800 / (2 · 5 · 9,000) Hz/s.
		expect(trace.initialSlopeMillihertzPerSecond).to.be.closeTo(-444, 1);
		expect(trace.nadirMillihertz).to.be.within(48_500, 49_750);
		expect(trace.nadirSeconds).to.be.within(1, 10);
		expect(trace.recoveredSeconds).to.be.within(30, 600);
		expect(trace.samples.at(-1)?.frequencyMillihertz).to.be.closeTo(50_000, 5);
	});

	it("behavior: without AGC it settles where droop and load leave it", () => {
		const agc = { proportionalGain: 0, integralGainPerSecond: 0, deadbandMw: 0 };
		const trace = frequencyResponse(event({ agc }));
		// 9 × 1,000 MW / (5 % × 50 Hz) + 8,000 MW / 50 Hz = 3,760 MW/Hz.
		expect(trace.settledByDroopMillihertz).to.equal(Math.round(50_000 - 800_000 / 3_760));
		expect(trace.samples.at(-1)?.frequencyMillihertz).to.be.closeTo(trace.settledByDroopMillihertz, 2);
		expect(trace.recoveredSeconds).to.equal(null);
	});

	it("behavior: more inertia, higher nadir; load shedding only when the nadir would be too low", () => {
		const heavy = units.map((unit) => ({ ...unit, inertiaSeconds: 10 }));
		expect(frequencyResponse(event({ units: heavy })).nadirMillihertz).to.be.greaterThan(
			frequencyResponse(event()).nadirMillihertz,
		);
		const underFrequencyStages = [{ frequencyMillihertz: 49_000, sharePartsPerMillion: 100_000 }];
		const lame = units.map((unit) => ({ ...unit, droopPartsPerMillion: 0 }));
		expect(frequencyResponse(event({ units: lame, underFrequencyStages })).shedMw).to.be.closeTo(800, 1e-6);
		expect(
			frequencyResponse(event({ underFrequencyStages: [{ frequencyMillihertz: 48_000, sharePartsPerMillion: 1 }] }))
				.shedMw,
		).to.equal(0);
	});

	it("invariant: nothing happens, nothing moves", () => {
		const trace = frequencyResponse(event({ trips: null, durationSeconds: 60 }));
		expect(trace).to.deep.include({ nadirMillihertz: 50_000, recoveredSeconds: 0, shedMw: 0 });
		expect(() => frequencyResponse(event({ trips: "unit 99" }))).to.throw(/no unit unit 99/);
	});
});

describe("G7 reserves by merit order", () => {
	const offer = (
		offerId: string,
		holdingSatPerMwHour: number,
		capacityMw: number,
		change: Partial<ReserveOffer> = {},
	): ReserveOffer => ({
		offerId,
		activationSeconds: 20,
		direction: "up",
		capacityMw,
		holdingSatPerMwHour,
		energySatPerKwh: 100,
		...change,
	});

	it("default: requirements follow the largest unit and the demand, above EGAT's floors", () => {
		expect(reserveRequirementMw(30_000, 717)).to.deep.equal({ primary: 717, secondary: 150, tertiary: 750 });
		expect(reserveRequirementMw(36_000, 1_200)).to.deep.equal({ primary: 1_200, secondary: 180, tertiary: 1_020 });
		expect(() => reserveRequirementMw(Number.NaN, 0)).to.throw(RangeError);
	});

	it("behavior: cheapest first at one price; a MW is held once; slow offers only where slow will do; gaps are told", () => {
		const offers = [
			offer("dear", 900, 100),
			offer("cheap", 300, 60),
			offer("slow", 10, 500, { activationSeconds: 800 }),
			offer("down", 1, 500, { direction: "down" }),
		];
		const [primary, secondary, tertiary] = procureReserves(
			{ primary: 100, secondary: 80, tertiary: 600 },
			offers,
			"up",
		);
		expect(primary).to.deep.include({ marginalSatPerMwHour: 900, missingMw: 0 });
		expect(primary?.accepted).to.deep.equal([
			{ offerId: "cheap", capacityMw: 60 },
			{ offerId: "dear", capacityMw: 40 },
		]);
		expect(secondary).to.deep.include({ missingMw: 20 });
		expect(tertiary?.accepted).to.deep.equal([{ offerId: "slow", capacityMw: 500 }]);
		expect(tertiary?.missingMw).to.equal(100);
	});

	it("behavior: energy is called cheapest first, equal prices pro rata; downward from who pays most", () => {
		const held = [
			{ offerId: "a", energySatPerKwh: 120, direction: "up" as const, availableWh: 1_000 },
			{ offerId: "b", energySatPerKwh: 90, direction: "up" as const, availableWh: 600 },
			{ offerId: "c", energySatPerKwh: 90, direction: "up" as const, availableWh: 300 },
		];
		expect(activateReserves(600, held, "up").activations).to.deep.equal([
			{ offerId: "b", calledWh: 400, energySatPerKwh: 90 },
			{ offerId: "c", calledWh: 200, energySatPerKwh: 90 },
		]);
		expect(activateReserves(2_500, held, "up").missingWh).to.equal(600);
		const down = held.map((each) => ({ ...each, direction: "down" as const }));
		expect(activateReserves(100, down, "down").activations[0]?.offerId).to.equal("a");
	});
});

describe("G7 demand response by baseline", () => {
	const days = [9, 10, 11, 12, 13, 8, 7, 6, 5, 4].map((kwh) => ({ windowWh: kwh * 1_000, beforeEventWh: 20_000 }));

	it("default: the five highest of ten days, shifted by the morning, within 20 %", () => {
		expect(demandBaselineWh(days, 20_000)).to.equal(11_000);
		expect(demandBaselineWh(days, 22_000)).to.equal(12_100);
		expect(demandBaselineWh(days, 90_000)).to.equal(13_200);
		expect(demandBaselineWh(days, 0)).to.equal(8_800);
	});

	it("behavior: an eleventh day does not count, four are too few", () => {
		expect(demandBaselineWh([...days, { windowWh: 99_000, beforeEventWh: 20_000 }], 20_000)).to.equal(11_000);
		expect(demandBaselineWh(days.slice(0, 4), 20_000)).to.equal(null);
		expect(() => demandBaselineWh([{ windowWh: Number.NaN, beforeEventWh: 0 }], 0)).to.throw(RangeError);
	});

	it("behavior: paid for what was called at most, nothing for consuming more", () => {
		expect(demandReductionWh(11_000, 7_000, 3_000)).to.equal(3_000);
		expect(demandReductionWh(11_000, 9_500, 3_000)).to.equal(1_500);
		expect(demandReductionWh(11_000, 12_000, 3_000)).to.equal(0);
	});
});
