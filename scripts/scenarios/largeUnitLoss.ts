/**
 * `node scripts/scenarios/largeUnitLoss.ts [--json]`: the largest block trips at the evening peak and at night: nadir,
 * what governors leave, what AGC brings back, and the reserves that were bought for it.
 */
import { frequencyResponse, type GovernedUnit } from "../../offchain/domain/grid/balancing/frequencyResponse.ts";
import {
	procureReserves,
	type ReserveOffer,
	reserveRequirementMw,
} from "../../offchain/domain/grid/balancing/reserves.ts";
import { mw, ScenarioReport } from "./ScenarioReport.ts";

/** Ratchaburi combined-cycle block, MW. */
const LARGEST_MW = 717;
const UNDER_FREQUENCY = [49_000, 48_800, 48_600, 48_300, 47_900].map((frequencyMillihertz) => ({
	frequencyMillihertz,
	sharePartsPerMillion: 100_000,
}));

const report = new ScenarioReport(
	"Loss of a large unit",
	"717 MW trip at 32,000 MW (evening) and 17,000 MW (night); usual inertia and 5 % droop on a third of the plants",
);

/** Blocks of about 500 MW at 92 % of their rating; every third has an active governor. Every fifth is under AGC, at 80 %. */
function fleet(demandMw: number): GovernedUnit[] {
	const others = Math.round((demandMw - LARGEST_MW) / 460);
	const outputMw = (demandMw - LARGEST_MW) / others;
	const unit = (name: string, output: number, index: number): GovernedUnit => {
		const ratingMw = output / (index % 5 === 0 ? 0.8 : 0.92);
		return {
			name,
			leastMw: 0.4 * ratingMw,
			mostMw: ratingMw,
			rampMwPerMinute: 0.03 * ratingMw,
			participation: index % 5 === 0 ? 1 : 0,
			ratingMw,
			outputMw: output,
			inertiaSeconds: 4.5,
			droopPartsPerMillion: index % 3 === 0 ? 50_000 : 0,
			responseSeconds: 7,
		};
	};
	return [
		unit("Ratchaburi block", LARGEST_MW, 1),
		...Array.from({ length: others }, (_, at) => unit(`block ${at + 1}`, outputMw, at)),
	];
}

const run = (demandMw: number, hasAgc: boolean) =>
	frequencyResponse({
		units: fleet(demandMw),
		trips: "Ratchaburi block",
		demandStepMw: 0,
		loadDamping: 1.5,
		agc: hasAgc
			? { proportionalGain: 0.1, integralGainPerSecond: 0.006, deadbandMw: 10 }
			: { proportionalGain: 0, integralGainPerSecond: 0, deadbandMw: 0 },
		agcCycleSeconds: 4,
		durationSeconds: 900,
		underFrequencyStages: UNDER_FREQUENCY,
	});
const cases = [
	{ name: "evening, with AGC", trace: run(32_000, true) },
	{ name: "evening, governors alone", trace: run(32_000, false) },
	{ name: "night, with AGC", trace: run(17_000, true) },
];
report.table(
	"Frequency",
	["case", "slope mHz/s", "nadir mHz", "after s", "droop leaves mHz", "within ±50 mHz s", "shed MW"],
	cases.map(({ name, trace }) => [
		name,
		trace.initialSlopeMillihertzPerSecond,
		trace.nadirMillihertz,
		trace.nadirSeconds,
		trace.settledByDroopMillihertz,
		trace.recoveredSeconds ?? "never",
		mw(trace.shedMw),
	]),
);
const [evening, alone, night] = cases.map(({ trace }) => trace) as [
	(typeof cases)[0]["trace"],
	(typeof cases)[0]["trace"],
	(typeof cases)[0]["trace"],
];
report.table(
	"Evening, second by second",
	["s", "mHz", "generation MW", "demand MW", "ACE MW"],
	[0, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 900].map((at) => {
		const sample = evening.samples[at] as (typeof evening.samples)[number];
		return [
			at,
			sample.frequencyMillihertz,
			mw(sample.generationMw),
			mw(sample.demandMw),
			mw(sample.areaControlErrorMw),
		];
	}),
);

const requirement = reserveRequirementMw(32_000, LARGEST_MW);
const offers: ReserveOffer[] = Array.from({ length: 24 }, (_, index) => ({
	offerId: index % 4 === 0 ? `battery ${index / 4 + 1}` : `block ${index + 1}`,
	activationSeconds: index % 4 === 0 ? 2 : index % 4 === 1 ? 28 : index % 4 === 2 ? 240 : 800,
	direction: "up",
	capacityMw: 60 + 10 * (index % 7),
	holdingSatPerMwHour: 200 + 37 * ((index * 7) % 24),
	energySatPerKwh: 90 + index,
}));
const bought = procureReserves(requirement, offers, "up");
report.table(
	"Reserves bought by merit order",
	["product", "required MW", "offers", "marginal sat/MW·h", "missing MW"],
	bought.map((each) => [
		each.product,
		each.requiredMw,
		each.accepted.length,
		each.marginalSatPerMwHour,
		each.missingMw,
	]),
);
report.figure("evening", { nadirMillihertz: evening.nadirMillihertz, recoveredSeconds: evening.recoveredSeconds });
report.figure("night", { nadirMillihertz: night.nadirMillihertz, recoveredSeconds: night.recoveredSeconds });
report.figure("procurement", bought);
report.check("no load is shed", evening.shedMw === 0 && night.shedMw === 0);
report.check("the nadir stays above 49.0 Hz", Math.min(evening.nadirMillihertz, night.nadirMillihertz) > 49_000);
report.check("less inertia at night, deeper nadir", night.nadirMillihertz < evening.nadirMillihertz);
report.check(
	"AGC brings it back within 15 minutes",
	evening.recoveredSeconds !== null && night.recoveredSeconds !== null,
);
report.check(
	"governors alone leave it where droop says",
	Math.abs((alone.samples.at(-1)?.frequencyMillihertz ?? 0) - alone.settledByDroopMillihertz) <= 10,
);
report.print();
