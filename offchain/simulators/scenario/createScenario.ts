import type { FeederNode } from "../../domain/grid/GridLimits.ts";
import { ZONE_CODES, type ZoneCode, zoneId } from "../../domain/grid/zones.ts";
import type { Hex } from "../../domain/units/Address.ts";
import { WH_PER_MW_WINDOW } from "../../domain/units/units.ts";
import type { WindowId } from "../../domain/units/window.ts";
import { type ZoneHalt, zoneHalt } from "../authorities/AuthoritySimulator.ts";
import { MeterModel } from "../meters/MeterModel.ts";
import { createPopulation } from "../participants/createPopulation.ts";
import { type MarketRegistration, marketRegistration } from "../participants/marketRegistration.ts";
import type { Participant } from "../participants/Participant.ts";
import { ThaiProfiles } from "../profiles/ThaiProfiles.ts";
import { seedNumber } from "../random/seedNumber.ts";
import { createReserveFleet, type ReserveFleet } from "../reserves/createReserveFleet.ts";
import type { StrategyContext } from "../strategies/OrderIntent.ts";
import { type PriceBand, Tariffs } from "../strategies/Tariffs.ts";

export type ScenarioOptions = {
	seed: string;
	participants: number;
	/** Zones that take part; empty or missing: all 13 domestic ones. */
	zones?: readonly ZoneCode[];
	/** The grid model's feeders; empty or missing: meters are connected directly at their zone. */
	feederNodes?: readonly FeederNode[];
	/** Key of the system operator's balancing account; missing: a world without reserves. */
	operatorKey?: Hex;
	/** The regulator's band in force; missing: the one suggested with the reference values. */
	priceBand?: PriceBand;
};

/** One simulated world. Everything in it follows from the options, so a restart rebuilds it instead of storing it. */
export type Scenario = {
	seed: string;
	seedNumber: number;
	profiles: ThaiProfiles;
	population: readonly Participant[];
	/** Σ of the meters' peaks, MW: the demand the market's area answers for. */
	peakLoadMw: number;
	model: MeterModel;
	/** What strategies may know, without the window. */
	context: Omit<StrategyContext, "windowId">;
	registration: MarketRegistration;
	/** The system operator and those who offer it reserve; null without an operator's key. */
	reserves: ReserveFleet | null;
	/** The zone halt of a run whose first traded window this is: one window, the third. */
	halt: (firstWindow: WindowId) => ZoneHalt;
};

/** Halted in the demo: many participants, and not the one every other zone depends on. */
const HALTED_ZONES: readonly ZoneCode[] = ["NE3", "C2", "C1", "MEA"];
const HALTED_WINDOW_OFFSET = 2;

export function createScenario(options: ScenarioOptions): Scenario {
	const profiles = new ThaiProfiles();
	const number = seedNumber(options.seed);
	const zoneWeights = weights(options.zones ?? [], profiles);
	const population = createPopulation({
		seed: options.seed,
		count: options.participants,
		zoneWeights,
		feederNodes: options.feederNodes ?? [],
	});
	const reserves =
		options.operatorKey === undefined
			? null
			: createReserveFleet({
					seed: options.seed,
					operatorKey: options.operatorKey,
					lastMeterId: Math.max(...population.flatMap(({ meters }) => meters.map(({ meterId }) => meterId))),
					population: population.length,
				});
	const meters = population.flatMap((participant) => participant.meters);
	const peakWindowWh = meters.reduce((sum, { peakLoadWh }) => sum + peakLoadWh, 0);
	const model = new MeterModel(profiles, number);
	const halted = HALTED_ZONES.find((zone) => zoneWeights.has(zone)) ?? ([...zoneWeights.keys()][0] as ZoneCode);
	return {
		seed: options.seed,
		seedNumber: number,
		profiles,
		population,
		peakLoadMw: peakWindowWh / WH_PER_MW_WINDOW,
		model,
		context: {
			seed: number,
			meters: model,
			tariffs: Tariffs.fromFile(options.priceBand),
			calendar: profiles.calendar,
			population,
		},
		registration: marketRegistration([...population, ...(reserves?.participants ?? [])]),
		reserves,
		halt: (firstWindow) => zoneHalt(zoneId(halted), firstWindow + HALTED_WINDOW_OFFSET),
	};
}

function weights(zones: readonly ZoneCode[], profiles: ThaiProfiles): Map<ZoneCode, number> {
	const domestic = ZONE_CODES.filter((zone) => profiles.load.zoneSharePartsPerMillion(zone) > 0);
	const foreign = zones.find((zone) => !domestic.includes(zone));
	if (foreign !== undefined) throw new RangeError(`no participants are modelled in zone ${foreign}`);
	const chosen = zones.length === 0 ? domestic : domestic.filter((zone) => zones.includes(zone));
	return new Map(chosen.map((zone) => [zone, profiles.load.zoneSharePartsPerMillion(zone)]));
}
