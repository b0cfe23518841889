/**
 * `node scripts/scenarios/noonSolarSurplus.ts [--json]`: a Sunday noon of the cool season with 5,000 MW of sun in the
 * north-east: what leaves by the lines, what the price does, what pumped hydro takes, what is curtailed.
 */
import { STORAGE_EFFICIENCY, StorageLedger } from "../../offchain/domain/grid/balancing/StorageLedger.ts";
import { solveCongestion } from "../../offchain/domain/grid/congestion/solveCongestion.ts";
import type { ZonalOffer } from "../../offchain/domain/grid/congestion/ZonalMarket.ts";
import { ZONE_CODES, type ZoneCode, zoneCode, zoneId } from "../../offchain/domain/grid/zones.ts";
import { WH_PER_MW_WINDOW } from "../../offchain/domain/units/units.ts";
import { windowAt } from "../../offchain/domain/units/window.ts";
import { HighsLinearProgramSolver } from "../../offchain/infrastructure/grid/HighsLinearProgramSolver.ts";
import { loadThaiNetwork } from "../../offchain/infrastructure/grid/loadThaiNetwork.ts";
import { ControlRoomModel } from "../../offchain/simulators/controlroom/ControlRoomModel.ts";
import { ThaiProfiles } from "../../offchain/simulators/profiles/ThaiProfiles.ts";
import { mw, ScenarioReport } from "./ScenarioReport.ts";
import { systemLimits, systemOffers } from "./systemMarket.ts";

const SUN_MW: Partial<Record<ZoneCode, number>> = { NE1: 1_600, NE2: 1_400, NE3: 2_000 };
const NOON = Date.parse("2026-12-20T12:00:00+07:00");
/** Lamtakhong pumped hydro in the north-east (NE3): 1,000 MW. */
const PUMP_MW = 1_000;
const PUMP_WORTH_SAT_PER_KWH = 45;

const report = new ScenarioReport(
	"Noon solar surplus in the north-east",
	"A Sunday of December, 12:00, with 5,000 MW of sun in NE1–NE3: an assumed build-out on the network of 2016",
);
const network = loadThaiNetwork();
const room = new ControlRoomModel({ profiles: new ThaiProfiles(), network, seed: 1, sourceId: "EGAT" });
const zones = room.scan(NOON, new Map()).zones.map((zone) => {
	const solar = SUN_MW[zoneCode(zone.zoneId)] ?? zone.renewableMw.solar;
	const more = solar - zone.renewableMw.solar;
	return { ...zone, availableMw: zone.availableMw + more, renewableMw: { ...zone.renewableMw, solar } };
});
const north: ZoneCode[] = ["NE1", "NE2", "NE3"];
const solver = await HighsLinearProgramSolver.load();
const limits = systemLimits(network);
const offers = systemOffers(zones);
const pump: ZonalOffer = {
	side: "buy",
	zoneId: zoneId("NE3"),
	priceSatPerKwh: PUMP_WORTH_SAT_PER_KWH,
	energyWh: PUMP_MW * WH_PER_MW_WINDOW,
};
const without = solveCongestion(solver, limits, offers, 0);
const withPump = solveCongestion(solver, limits, [...offers, pump], 0);
const copperPlate = solveCongestion(solver, { ...limits, elements: [] }, offers, 0);
if (without === null || withPump === null || copperPlate === null) throw new Error("no market");

const price = (solution: typeof without, zone: ZoneCode) => solution.zonePriceSatPerKwh[zoneId(zone) - 1] as number;
report.table(
	"Prices, sat/kWh",
	["zone", "no limits", "with the grid", "and pumped hydro"],
	ZONE_CODES.filter((code) => !code.startsWith("X-")).map((code) => [
		code,
		mw(price(copperPlate, code)),
		mw(price(without, code)),
		mw(price(withPump, code)),
	]),
);
const exportMw = (solution: typeof without) =>
	north.reduce((sum, code) => sum + (solution.netPositionWh[zoneId(code) - 1] as number), 0) / WH_PER_MW_WINDOW;
const demandMw = zones
	.filter(({ zoneId: id }) => north.includes(zoneCode(id)))
	.reduce((sum, zone) => sum + zone.demandMw, 0);
const renewableMw = zones
	.filter(({ zoneId: id }) => north.includes(zoneCode(id)))
	.reduce((sum, { renewableMw: { solar, wind, hydro } }) => sum + solar + wind + hydro, 0);
const spilledMw = (solution: typeof without, pumpMw: number) =>
	Math.max(0, renewableMw - demandMw - pumpMw - exportMw(solution));
report.table(
	"The north-east, MW",
	["what", "without pump", "with pump"],
	[
		["renewable", mw(renewableMw), mw(renewableMw)],
		["demand", mw(demandMw), mw(demandMw)],
		["export", mw(exportMw(without)), mw(exportMw(withPump))],
		["curtailed", mw(spilledMw(without, 0)), mw(spilledMw(withPump, PUMP_MW))],
	],
);
report.table(
	"Congestion points",
	["element", "limit MW", "sat/kWh"],
	without.congestionPoints.map((point) => [
		point.name,
		mw(point.limitWh / WH_PER_MW_WINDOW),
		mw(point.shadowPriceSatPerKwh),
	]),
);

// What the pump buys now it can sell in the evening, less its losses, and only once.
const start = windowAt(NOON / 1000);
const plant = new StorageLedger(
	{
		name: "Lamtakhong",
		capacityWh: 8 * PUMP_MW * 1_000_000,
		maxChargeWh: PUMP_MW * WH_PER_MW_WINDOW,
		maxDischargeWh: PUMP_MW * WH_PER_MW_WINDOW,
		...STORAGE_EFFICIENCY.pumpedHydro,
	},
	0,
	start,
);
for (let window = start; window < start + 8; window++) plant.promise(window, "charge", PUMP_MW * WH_PER_MW_WINDOW);
const evening = Array.from({ length: 8 }, (_, index) => start + 36 + index);
const sold = plant.offers(evening).map(({ windowId, energyWh }) => {
	if (plant.promise(windowId, "discharge", energyWh) !== null) throw new Error("an offer must be keepable");
	return energyWh;
});
const boughtWh = 8 * PUMP_MW * WH_PER_MW_WINDOW;
const soldWh = sold.reduce((sum, wh) => sum + wh, 0);
report.table(
	"Pumped hydro",
	["what", "MWh"],
	[
		["bought 12:00–14:00", mw(boughtWh / 1e6)],
		["can be sold 21:00–23:00", mw(soldWh / 1e6)],
		["round trip %", mw((100 * soldWh) / boughtWh)],
	],
);
report.figure("spilledMw", { without: spilledMw(without, 0), with: spilledMw(withPump, PUMP_MW) });
report.figure(
	"priceNorthEast",
	north.map((code) => price(without, code)),
);
report.figure("congestionPoints", without.congestionPoints);
report.check("the lines out of the north-east are the limit", without.congestionPoints.length > 0);
report.check(
	"the price falls where the sun is, and not in Bangkok",
	Math.min(...north.map((code) => price(without, code))) < price(without, "MEA"),
);
report.check(
	"pumped hydro keeps sun from being curtailed",
	spilledMw(withPump, PUMP_MW) <= spilledMw(without, 0) + 1e-6,
);
report.check("nothing stored is sold twice", soldWh <= boughtWh * 0.87 * 0.875);
report.print();
