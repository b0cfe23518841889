/**
 * `node scripts/scenarios/hotSeasonEveningPeak.ts [--json]`: the national peak of the year, a weekday evening of May, when
 * the sun is gone: demand, reserves, loaded lines, the worst outages and prices.
 */
import { reserveRequirementMw } from "../../offchain/domain/grid/balancing/reserves.ts";
import { solveCongestion } from "../../offchain/domain/grid/congestion/solveCongestion.ts";
import { ThaiZonalModel } from "../../offchain/domain/grid/thai/ThaiZonalModel.ts";
import { ZONE_CODES, zoneCode } from "../../offchain/domain/grid/zones.ts";
import { windowAt } from "../../offchain/domain/units/window.ts";
import { HighsLinearProgramSolver } from "../../offchain/infrastructure/grid/HighsLinearProgramSolver.ts";
import { loadThaiNetwork } from "../../offchain/infrastructure/grid/loadThaiNetwork.ts";
import { ControlRoomModel } from "../../offchain/simulators/controlroom/ControlRoomModel.ts";
import { ThaiProfiles } from "../../offchain/simulators/profiles/ThaiProfiles.ts";
import { mw, ScenarioReport } from "./ScenarioReport.ts";
import { systemLimits, systemOffers } from "./systemMarket.ts";

/** Largest block of the system, Ratchaburi combined cycle, MW. */
const LARGEST_UNIT_MW = 717;
/** Peak of 2023, MW; the shipped profile is the mean of May's weekdays, its shape scaled to the peak. */
const PEAK_MW = 33_977;
const EVENING = Date.parse("2027-05-12T21:00:00+07:00");
const NOON = Date.parse("2027-05-12T12:00:00+07:00");

const report = new ScenarioReport(
	"Hot-season evening peak",
	"A weekday of May, 21:00: the peak of 2023 (33,977 MW) on the network of 2016, which overstates its lines' loading",
);
const network = loadThaiNetwork();
const profiles = new ThaiProfiles();
const demandFactor = PEAK_MW / profiles.load.nationalMegawatts(windowAt(EVENING / 1000));
const room = new ControlRoomModel({ profiles, network, seed: 1, sourceId: "EGAT", demandFactor });
const scan = room.scan(EVENING, new Map());
const noon = room.scan(NOON, new Map());
const sum = (values: number[]) => values.reduce((total, value) => total + value, 0);
const demandMw = sum(scan.zones.map((zone) => zone.demandMw));
const availableMw = sum(scan.zones.map((zone) => zone.availableMw));

report.table(
	"Zones, MW",
	["zone", "demand", "generation", "available", "solar", "net export"],
	scan.zones.map((zone) => [
		zoneCode(zone.zoneId),
		zone.demandMw,
		zone.generationMw,
		zone.availableMw,
		zone.renewableMw.solar,
		zone.generationMw - zone.demandMw,
	]),
);
const requirement = reserveRequirementMw(demandMw, LARGEST_UNIT_MW);
const marginMw = availableMw - demandMw;
report.table(
	"Reserve, MW",
	["what", "MW"],
	[
		["demand", demandMw],
		["available generation", availableMw],
		["margin", marginMw],
		...Object.entries(requirement).map(([product, required]) => [`required ${product}`, required]),
	],
);
report.figure("demandMw", demandMw);
report.figure("marginMw", marginMw);
report.figure("reserveRequirementMw", requirement);
report.check("the evening demand is above noon's", demandMw > sum(noon.zones.map((zone) => zone.demandMw)));
report.check("no sun at 21:00", sum(scan.zones.map((zone) => zone.renewableMw.solar)) === 0);
report.check("reserves are covered", marginMw >= sum(Object.values(requirement)));

const loading = scan.flows
	.map(({ name, flowKilowatts, limitKilowatts }) => ({
		name,
		flowKilowatts,
		limitKilowatts,
		loading: Math.abs(flowKilowatts) / limitKilowatts,
	}))
	.sort((a, b) => b.loading - a.loading);
report.table(
	"Heaviest lines of the dispatch",
	["line", "flow MW", "rating MVA", "loading %"],
	loading
		.slice(0, 8)
		.map((line) => [line.name, mw(line.flowKilowatts / 1000), line.limitKilowatts / 1000, mw(100 * line.loading)]),
);

const referenceMw = ZONE_CODES.map((_, at) => {
	const zone = scan.zones.find(({ zoneId }) => zoneId === at + 1);
	return zone === undefined ? 0 : zone.generationMw - zone.demandMw;
});
const imbalance = sum(referenceMw);
referenceMw[0] = (referenceMw[0] as number) - imbalance;
const model = new ThaiZonalModel(network, { referenceMw });
const worst = model.reduction
	.criticalRows(model.referenceFlowsMw, 0.05)
	.filter(({ outage }) => outage >= 0)
	.map((row) => {
		const line = network.lines[row.monitored];
		const outage = network.lines[row.outage];
		const share = Math.abs(row.referenceFlowMw) / (line?.ratingMva ?? 1);
		return { line: line?.name ?? "", outage: outage?.name ?? "", flowMw: row.referenceFlowMw, share };
	})
	.sort((a, b) => b.share - a.share);
report.table(
	"Worst single outages of the dispatch",
	["line", "after the loss of", "flow MW", "loading %"],
	worst.slice(0, 8).map(({ line, outage, flowMw, share }) => [line, outage, mw(flowMw), mw(100 * share)]),
);

const solver = await HighsLinearProgramSolver.load();
const solution = solveCongestion(solver, systemLimits(network), systemOffers(scan.zones), 0);
if (solution === null) throw new Error("no market");
report.table(
	"Prices of the secure dispatch (N-1), sat/kWh",
	["zone", "price", "congestion"],
	scan.zones.map(({ zoneId }) => [
		zoneCode(zoneId),
		mw(solution.zonePriceSatPerKwh[zoneId - 1] as number),
		mw(solution.congestionSatPerKwh[zoneId - 1] as number),
	]),
);
report.table(
	"Congestion points of the secure dispatch",
	["element", "limit MW", "sat/kWh"],
	solution.congestionPoints.map((point) => [point.name, mw(point.limitWh / 250_000), mw(point.shadowPriceSatPerKwh)]),
);
report.figure(
	"zonePriceSatPerKwh",
	Object.fromEntries(ZONE_CODES.map((code, at) => [code, solution.zonePriceSatPerKwh[at]])),
);
report.figure("congestionPoints", solution.congestionPoints);
report.print();
