/**
 * `node scripts/scenarios/southernOutage.ts [--json]`: the south loses both lines that carry it, as in May 2013. Demand
 * 2,200 MW, local generation 1,600 MW, 300 MW from Malaysia: one line out for maintenance, then the other trips.
 */
import { frequencyResponse } from "../../offchain/domain/grid/balancing/frequencyResponse.ts";
import { CURTAILMENT_STAGES, type EmergencyZone, leastShed } from "../../offchain/domain/grid/emergency/leastShed.ts";
import { planEmergencyOrder } from "../../offchain/domain/grid/emergency/planEmergencyOrder.ts";
import { proRataWh } from "../../offchain/domain/grid/emergency/proRataWh.ts";
import { zoneIslands } from "../../offchain/domain/grid/emergency/zoneIslands.ts";
import { ThaiZonalModel } from "../../offchain/domain/grid/thai/ThaiZonalModel.ts";
import { thaiGridLimits } from "../../offchain/domain/grid/thai/thaiGridLimits.ts";
import { thaiOutageLimits } from "../../offchain/domain/grid/thai/thaiOutageLimits.ts";
import { ZonalWindowHeadroom } from "../../offchain/domain/grid/ZonalWindowHeadroom.ts";
import { ZONE_CODES, type ZoneCode, zoneId } from "../../offchain/domain/grid/zones.ts";
import { WH_PER_MW_WINDOW } from "../../offchain/domain/units/units.ts";
import { HighsLinearProgramSolver } from "../../offchain/infrastructure/grid/HighsLinearProgramSolver.ts";
import { loadThaiNetwork } from "../../offchain/infrastructure/grid/loadThaiNetwork.ts";
import { mw, ScenarioReport } from "./ScenarioReport.ts";

const MAINTENANCE = "BangSaphan–Chumphon";
const TRIP = "BangSaphan–LangSuan";
const DEMAND_MW: Partial<Record<ZoneCode, number>> = { S2: 1_320, S3: 880 };
const GENERATION_MW: Partial<Record<ZoneCode, number>> = { S2: 640, S3: 960 };
const MALAYSIA_MW = 300;
/** Emergency rating over the normal one: a modelling assumption, no rate B is published. */
const EMERGENCY_RATING = 1.1;

const report = new ScenarioReport(
	"Southern two-line outage",
	"2,200 MW demand, 1,600 MW local generation, 300 MW from Malaysia; one line in maintenance, the other trips",
);
const network = loadThaiNetwork();
const solver = await HighsLinearProgramSolver.load();
const of = (values: Partial<Record<ZoneCode, number>>, zone: ZoneCode): number => values[zone] ?? 0;

// What each step does to the lines into the south; the rest of the country (C1) makes up for what is missing.
const importMw = 2_200 - 1_600 - MALAYSIA_MW;
const positionMw = ZONE_CODES.map((zone) => {
	if (zone === "X-MY") return MALAYSIA_MW;
	return of(GENERATION_MW, zone) - of(DEMAND_MW, zone) + (zone === "C1" ? importMw : 0);
});
const flowRows = [[], [MAINTENANCE]].map((outages) => {
	const model = new ThaiZonalModel(network, { outages, referenceMw: positionMw });
	const flow = (name: string) =>
		model.referenceFlowsMw[network.lines.findIndex((line) => line.name === name)] as number;
	return [outages.length === 0 ? "all lines in service" : `${MAINTENANCE} out`, mw(flow(MAINTENANCE)), mw(flow(TRIP))];
});
report.table("Flow into the south, MW", ["state", MAINTENANCE, TRIP], flowRows);

const islands = zoneIslands(network, [MAINTENANCE, TRIP]);
const south = islands[1]?.zones ?? [];
report.table(
	"Islands after the trip",
	["nodes", "zones"],
	islands.map(({ nodes, zones }) => [nodes.length, zones.join(" ")]),
);
report.check("the south is an island with Malaysia", south.join() === "S2,S3,X-MY");

// Before anybody can act, inertia and governors decide.
const running = (["S2", "S3"] as const).flatMap((zone) =>
	Array.from({ length: 4 }, (_, unit) => ({
		name: `${zone} unit ${unit + 1}`,
		leastMw: 0,
		mostMw: 1.04 * (of(GENERATION_MW, zone) / 4),
		rampMwPerMinute: 5,
		participation: 1,
		ratingMw: 1.04 * (of(GENERATION_MW, zone) / 4),
		outputMw: of(GENERATION_MW, zone) / 4,
		inertiaSeconds: 4.5,
		droopPartsPerMillion: 50_000,
		responseSeconds: 6,
	})),
);
const stages = [49_000, 48_800, 48_600, 48_300, 47_900].map((frequencyMillihertz) => ({
	frequencyMillihertz,
	sharePartsPerMillion: 100_000,
}));
const trace = frequencyResponse({
	units: running,
	trips: null,
	// The 300 MW link is direct current and stays at its schedule; what came over the lines is gone.
	demandStepMw: importMw,
	loadDamping: 1.5,
	agc: { proportionalGain: 0.2, integralGainPerSecond: 0.01, deadbandMw: 5 },
	agcCycleSeconds: 4,
	durationSeconds: 300,
	underFrequencyStages: stages,
});
report.table(
	"Frequency of the island",
	["figure", "value"],
	[
		["slope after the trip, mHz/s", trace.initialSlopeMillihertzPerSecond],
		["nadir, mHz", trace.nadirMillihertz],
		["after, s", trace.nadirSeconds],
		["dropped by under-frequency relays, MW", mw(trace.shedMw)],
		["after 300 s, mHz", trace.samples.at(-1)?.frequencyMillihertz ?? 0],
	],
);

// Then the least curtailment that balances the island, stage by stage.
const model = new ThaiZonalModel(network, { outages: [MAINTENANCE], referenceMw: ZONE_CODES.map(() => 0) });
const isSouthern = new Set(islands[1]?.nodes ?? []);
const rows = network.lines.flatMap((line, at) => {
	if (!isSouthern.has(line.from) || !isSouthern.has(line.to) || line.name === TRIP) return [];
	const factors = [...(model.reduction.zoneFactors[at] as Float64Array)];
	const limitMw = EMERGENCY_RATING * line.ratingMva;
	return [{ name: line.name, factors, upMw: limitMw, downMw: limitMw }];
});
const zones: EmergencyZone[] = ZONE_CODES.map((zone) => {
	const demandMw = of(DEMAND_MW, zone);
	const generationMw = zone === "X-MY" ? MALAYSIA_MW : of(GENERATION_MW, zone);
	const interruptible = 0.06 * demandMw;
	const demandResponse = 0.03 * demandMw;
	return {
		demandMw,
		leastGenerationMw: 0.4 * generationMw,
		mostGenerationMw: generationMw,
		reliefMw: {
			counterTradeAndStorage: zone === "S2" ? 40 : zone === "S3" ? 20 : 0,
			demandResponse,
			interruptible,
			firm: demandMw - demandResponse - interruptible,
		},
	};
});
const islandIndexes = south.map((zone) => ZONE_CODES.indexOf(zone));
const plan = leastShed(solver, zones, [islandIndexes], rows);
if (plan === null) throw new Error("the island cannot be balanced");
report.table(
	"Curtailment by stage, MW",
	["stage", "S2", "S3", "total"],
	CURTAILMENT_STAGES.map((stage) => [
		stage,
		mw(plan.reliefMw[stage][zoneId("S2") - 1] as number),
		mw(plan.reliefMw[stage][zoneId("S3") - 1] as number),
		mw(plan.totalMw[stage]),
	]),
);
const curtailedMw = Object.values(plan.totalMw).reduce((sum, each) => sum + each, 0);
report.figure("curtailedMw", plan.totalMw);
report.figure("nadirMillihertz", trace.nadirMillihertz);
report.check("measures cover exactly what is missing: 300 MW", Math.abs(curtailedMw - importMw) < 1e-3);
report.check("the Malaysian link gives no more than 300 MW", (plan.generationMw[zoneId("X-MY") - 1] as number) <= 300);
const balance = islandIndexes.reduce((sum, zone) => sum + (plan.positionMw[zone] as number), 0);
report.check("the island is balanced", Math.abs(balance) < 1e-3);
report.figure("limiting", plan.limiting);

// Firm load of one zone, shared over its feeders to the watt-hour.
const firmWh = Math.round((plan.reliefMw.firm[zoneId("S2") - 1] as number) * WH_PER_MW_WINDOW);
const feedersWh = [8, 8, 7, 6, 5].map((feederMw) => feederMw * 40 * WH_PER_MW_WINDOW);
const shares = proRataWh(
	Math.min(
		firmWh,
		feedersWh.reduce((sum, wh) => sum + wh, 0),
	),
	feedersWh,
);
report.table(
	"Firm load of S2 by feeder group, Wh of the window",
	["group", "load", "curtailed"],
	shares.map((wh, group) => [group + 1, feedersWh[group] as number, wh]),
);
report.check("shares sum to the watt-hour", shares.reduce((sum, wh) => sum + wh, 0) === firmWh);

// What the market had sold into the south goes; an emergency order within the island is carried.
const normal = thaiGridLimits(network);
const before = new ZonalWindowHeadroom(normal);
const path = (sell: ZoneCode, buy: ZoneCode) => ({
	sellZoneId: zoneId(sell),
	sellNodeId: 0,
	buyZoneId: zoneId(buy),
	buyNodeId: 0,
});
const trades = (
	[
		["C1", "S2", 600_000],
		["S3", "S2", 300_000],
		["MEA", "S3", 400_000],
		["C1", "MEA", 900_000],
	] as const
).map(([sell, buy, energyWh], index) => {
	const { lossWh } = before.reserve(path(sell, buy), energyWh);
	return { ...path(sell, buy), tradeId: `trade ${index + 1}: ${sell} to ${buy}`, energyWh, lossWh };
});
const emergency = planEmergencyOrder({
	normal,
	emergency: thaiOutageLimits(network, [MAINTENANCE, TRIP], { reliabilityMarginPartsPerMillion: -100_000 }),
	trades,
	path: path("X-MY", "S2"),
	energyWh: 500_000,
});
report.table(
	"Trades displaced",
	["trade", "Wh", "cause"],
	emergency.displaced.map(({ tradeId, energyWh, element }) => [tradeId, energyWh, element]),
);
report.figure("emergencyOrder", emergency);
report.check("trades across the gap go, those inside stay", emergency.displaced.length === 2);
report.check("the emergency order from Malaysia is carried", emergency.admittedWh === 500_000);
report.print();
