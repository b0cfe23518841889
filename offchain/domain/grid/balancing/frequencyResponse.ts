import {
	type AgcSettings,
	type AgcState,
	AutomaticGenerationControl,
	type RegulatingUnit,
} from "./AutomaticGenerationControl.ts";
import { areaControlErrorMw } from "./areaControlError.ts";

/** A unit with its governor. */
export type GovernedUnit = RegulatingUnit & {
	ratingMw: number;
	outputMw: number;
	/** Stored energy at nominal speed over rating, s. */
	inertiaSeconds: number;
	/** Relative frequency change that moves the output by the whole rating, parts per million; 0 = no governor. */
	droopPartsPerMillion: number;
	/** Time constant of governor and turbine, s. */
	responseSeconds: number;
};

export type FrequencyEvent = {
	units: readonly GovernedUnit[];
	/** Name of the unit that trips at t = 0, or null. */
	trips: string | null;
	/** Step of the demand at t = 0, MW; negative sheds. */
	demandStepMw: number;
	/** Change of demand per relative change of frequency, 1–2 usually. */
	loadDamping: number;
	agc: AgcSettings;
	/** AGC acts every so many seconds. */
	agcCycleSeconds: number;
	durationSeconds: number;
	/** Shares of the demand dropped below these frequencies, in order. */
	underFrequencyStages?: readonly { frequencyMillihertz: number; sharePartsPerMillion: number }[];
};

export type FrequencyTrace = {
	/** Every second. */
	samples: {
		seconds: number;
		frequencyMillihertz: number;
		generationMw: number;
		demandMw: number;
		areaControlErrorMw: number;
	}[];
	nadirMillihertz: number;
	nadirSeconds: number;
	/** Rate of change right after the event, mHz/s. */
	initialSlopeMillihertzPerSecond: number;
	/** Where governors alone would leave it, mHz. */
	settledByDroopMillihertz: number;
	/** When the frequency is back within ±50 mHz for good; null if it is not. */
	recoveredSeconds: number | null;
	shedMw: number;
	biasMwPerTenthHertz: number;
};

const NOMINAL_HERTZ = 50;
const STEP_SECONDS = 0.02;
const RECOVERED_MILLIHERTZ = 50;

/**
 * Frequency of one synchronous area after a unit trips or demand steps: the swing equation of a single mass, governors
 * with droop and one lag each, load damping, under-frequency load shedding, and AGC. `2·H·S·df/dt = f₀(P_gen − P_load)`
 * (Kundur §11.1). Fixed small steps: the same input gives the same trace on every machine.
 */
export function frequencyResponse(event: FrequencyEvent): FrequencyTrace {
	const running = event.units.filter(({ name }) => name !== event.trips);
	if (running.length === event.units.length && event.trips !== null) throw new RangeError(`no unit ${event.trips}`);
	const scheduledMw = total(event.units.map(({ outputMw }) => outputMw));
	const inertia = total(running.map(({ inertiaSeconds, ratingMw }) => inertiaSeconds * ratingMw));
	if (!(inertia > 0)) throw new RangeError("nothing turns: without inertia there is no frequency");
	let demandBaseMw = scheduledMw + event.demandStepMw;
	const stiffness = droopStiffness(running);
	const damping = (event.loadDamping * demandBaseMw) / NOMINAL_HERTZ;
	const biasMwPerTenthHertz = (stiffness + damping) / 10;
	const controller = new AutomaticGenerationControl(
		running,
		running.map(({ outputMw }) => outputMw),
		event.agc,
	);
	let agc: AgcState = controller.initial();
	let hertz = NOMINAL_HERTZ;
	const governorMw = new Float64Array(running.length);
	const samples: FrequencyTrace["samples"] = [];
	const stages = [...(event.underFrequencyStages ?? [])];
	const beforeShedMw = demandBaseMw;
	let nadir = { millihertz: 50_000, seconds: 0 };
	const steps = Math.round(event.durationSeconds / STEP_SECONDS);
	const perSecond = Math.round(1 / STEP_SECONDS);
	const perCycle = Math.max(1, Math.round(event.agcCycleSeconds / STEP_SECONDS));
	let initialSlope = 0;
	for (let step = 0; step <= steps; step++) {
		const seconds = step * STEP_SECONDS;
		const relative = (hertz - NOMINAL_HERTZ) / NOMINAL_HERTZ;
		const generationMw = total(
			running.map((unit, index) => output(unit, agc.setPointMw[index] as number, governorMw[index] as number)),
		);
		const demandMw = demandBaseMw * (1 + event.loadDamping * relative);
		const slope = (NOMINAL_HERTZ * (generationMw - demandMw)) / (2 * inertia);
		if (step === 0) initialSlope = slope;
		const millihertz = hertz * 1000;
		if (millihertz < nadir.millihertz) nadir = { millihertz, seconds };
		const error = areaControlErrorMw(
			{ frequencyMillihertz: millihertz, actualExportMw: 0, scheduledExportMw: 0 },
			biasMwPerTenthHertz,
		);
		if (step % perSecond === 0) {
			samples.push({
				seconds: Math.round(seconds),
				frequencyMillihertz: Math.round(millihertz),
				generationMw,
				demandMw,
				areaControlErrorMw: error,
			});
		}
		if (step > 0 && step % perCycle === 0) agc = controller.step(agc, error, event.agcCycleSeconds);
		running.forEach(({ droopPartsPerMillion, ratingMw, responseSeconds }, index) => {
			const wanted = droopPartsPerMillion === 0 ? 0 : (-relative * ratingMw * 1e6) / droopPartsPerMillion;
			const at = governorMw[index] as number;
			governorMw[index] = at + ((wanted - at) * STEP_SECONDS) / responseSeconds;
		});
		const stage = stages[0];
		if (stage !== undefined && millihertz < stage.frequencyMillihertz) {
			stages.shift();
			demandBaseMw -= (beforeShedMw * stage.sharePartsPerMillion) / 1e6;
		}
		hertz += slope * STEP_SECONDS;
	}
	const lostMw = scheduledMw - total(running.map(({ outputMw }) => outputMw)) + event.demandStepMw;
	const lastOutside = samples.findLastIndex(
		({ frequencyMillihertz }) => Math.abs(frequencyMillihertz - 50_000) > RECOVERED_MILLIHERTZ,
	);
	return {
		samples,
		nadirMillihertz: Math.round(nadir.millihertz),
		nadirSeconds: Math.round(nadir.seconds * 10) / 10,
		initialSlopeMillihertzPerSecond: Math.round(initialSlope * 1000),
		settledByDroopMillihertz: Math.round(50_000 - (1000 * lostMw) / (stiffness + damping)),
		recoveredSeconds: lastOutside === samples.length - 1 ? null : (samples[lastOutside + 1]?.seconds ?? 0),
		shedMw: beforeShedMw - demandBaseMw,
		biasMwPerTenthHertz,
	};
}

/** Range of the unit holds for governor and set point together. */
function output(unit: GovernedUnit, setPointMw: number, governorMw: number): number {
	return Math.min(unit.mostMw, Math.max(unit.leastMw, setPointMw + governorMw));
}

/** MW per Hz of all governors. */
function droopStiffness(units: readonly GovernedUnit[]): number {
	return total(
		units.map(({ droopPartsPerMillion, ratingMw }) =>
			droopPartsPerMillion === 0 ? 0 : (ratingMw * 1e6) / droopPartsPerMillion / NOMINAL_HERTZ,
		),
	);
}

function total(values: readonly number[]): number {
	return values.reduce((sum, value) => sum + value, 0);
}
