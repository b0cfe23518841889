import {
	CURTAILMENT_STAGES,
	type CurtailmentStage,
	type EmergencyRow,
	type EmergencyZone,
	leastShed,
	type ShedPlan,
} from "../../domain/grid/emergency/leastShed.ts";
import { planEmergencyOrder } from "../../domain/grid/emergency/planEmergencyOrder.ts";
import { proRataWh } from "../../domain/grid/emergency/proRataWh.ts";
import { type Island, zoneIslands } from "../../domain/grid/emergency/zoneIslands.ts";
import type { GridLimits } from "../../domain/grid/GridLimits.ts";
import type { LinearProgramSolver } from "../../domain/grid/opf/LinearProgram.ts";
import type { GridConditions } from "../../domain/grid/telemetry/GridConditions.ts";
import type { ThaiNetwork } from "../../domain/grid/thai/ThaiNetwork.ts";
import { ThaiZonalModel } from "../../domain/grid/thai/ThaiZonalModel.ts";
import { thaiKeptOutages } from "../../domain/grid/thai/thaiOutageLimits.ts";
import { ZONE_CODES } from "../../domain/grid/zones.ts";
import type { Trade } from "../../domain/settlement/Trade.ts";
import type { WindowId } from "../../domain/units/window.ts";
import type { Clock } from "../ports/Clock.ts";
import type { Curtailment, CurtailmentRepository } from "../ports/CurtailmentRepository.ts";
import type { GridSystemAdapter } from "../ports/GridSystemAdapter.ts";
import type { TradeRepository } from "../ports/TradeRepository.ts";

/** Why an emergency could not be handled. Stable. */
export const EMERGENCY_CODES = {
	EMERGENCY_NOT_AUTHORISED: "the order is not signed by a registered control room",
	EMERGENCY_DIRECTIVE_REQUIRED: "an emergency is handled under an executed directive",
	EMERGENCY_NO_TELEMETRY: "no control room has reported what there is to balance",
	EMERGENCY_UNKNOWN_LINE: "the network has no such line",
} as const;
export type EmergencyCode = keyof typeof EMERGENCY_CODES;

export type HandleGridEmergency = {
	windowId: WindowId;
	/** The directive of the grid operator's multisig that orders it. */
	directiveId: number;
	/** Lines out of service beside those telemetry reports. */
	outages: readonly string[];
};

/** What may be called on in a zone beside its plants, parts per million of its demand, and storage in MW. */
export type ReliefMeans = {
	demandResponsePartsPerMillion: number;
	interruptiblePartsPerMillion: number;
	storageMw: readonly number[];
};

export type EmergencyDependencies = {
	network: ThaiNetwork;
	solver: LinearProgramSolver;
	telemetry: Pick<GridSystemAdapter, "current">;
	trades: Pick<TradeRepository, "ofWindow">;
	curtailments: CurtailmentRepository;
	clock: Clock;
	relief: ReliefMeans;
	/** Emergency over normal rating, parts per million (rate B). */
	emergencyRatingPartsPerMillion: number;
	/** Limits of trading with these lines out: at normal and at emergency ratings. */
	limitsFor: (outages: readonly string[], isEmergency: boolean) => Promise<GridLimits>;
	/** Whether an executed directive orders it for this window. */
	isOrdered: (directiveId: number, windowId: WindowId) => Promise<boolean>;
};

export type EmergencyReport = {
	windowId: WindowId;
	outages: string[];
	islands: Island[];
	/** Whether it was planned on fresh telemetry; stale values are the last known ones. */
	isFresh: boolean;
	/** By island, in the same order; null = it cannot be balanced and goes dark. */
	plans: (ShedPlan | null)[];
	/** Share of each zone's demand that is dropped (`[zoneId - 1]`), parts per million. */
	droppedPartsPerMillion: number[];
	curtailments: Curtailment[];
	/** Σ by stage over all islands, MW. */
	totalMw: Record<CurtailmentStage, number>;
	/** Elements above their normal rating, within the emergency one. */
	aboveNormal: { name: string; flowWh: number; normalWh: number }[];
	/** CAP directives for the authority's desk: most Wh that may still be traded into a zone. */
	proposedCaps: { zoneId: number; capWh: number }[];
};

export type EmergencyOutcome =
	| { status: "planned"; report: EmergencyReport }
	| { status: "refused"; code: EmergencyCode; detail: string };

/**
 * Handles a grid emergency (SPEC G8, I1): finds the islands, plans the least curtailment of each in stages, displaces
 * trades nothing can carry any more, curtails what remains pro rata within its zone, and records every curtailed Wh with
 * its cause. Decides nothing that needs an authority: what must bind on chain is proposed as directives.
 */
export async function handleGridEmergency(
	deps: EmergencyDependencies,
	command: HandleGridEmergency,
): Promise<EmergencyOutcome> {
	const { windowId, directiveId } = command;
	if (!(await deps.isOrdered(directiveId, windowId))) {
		return refused("EMERGENCY_DIRECTIVE_REQUIRED", `directive ${directiveId} does not cover window ${windowId}`);
	}
	const conditions = deps.telemetry.current();
	if (conditions === null) return refused("EMERGENCY_NO_TELEMETRY", "the demand of the zones is not known");
	const unknown = command.outages.find((name) => !deps.network.lines.some((line) => line.name === name));
	if (unknown !== undefined) return refused("EMERGENCY_UNKNOWN_LINE", unknown);

	const outages = [...new Set([...conditions.outages, ...command.outages])].sort();
	const islands = zoneIslands(deps.network, outages);
	const zones = emergencyZones(conditions, deps.relief);
	const rows = emergencyRows(deps, outages);
	const plans = islands.map(({ zones: members }) =>
		leastShed(deps.solver, onlyOf(zones, members), [members.map((code) => ZONE_CODES.indexOf(code))], rows),
	);
	const droppedPartsPerMillion = droppedShares(zones, islands, plans);
	const trades = await deps.trades.ofWindow(windowId);
	const [normal, emergency] = await Promise.all([deps.limitsFor(outages, false), deps.limitsFor(outages, true)]);
	const { curtailments, aboveNormal } = curtail(deps, command, trades, { normal, emergency }, droppedPartsPerMillion);
	await deps.curtailments.add(curtailments);
	return {
		status: "planned",
		report: {
			windowId,
			outages,
			islands,
			isFresh: conditions.isFresh,
			plans,
			droppedPartsPerMillion,
			curtailments,
			totalMw: totals(plans),
			aboveNormal,
			proposedCaps: proposedCaps(trades, curtailments),
		},
	};
}

function refused(code: EmergencyCode, detail: string): EmergencyOutcome {
	return { status: "refused", code, detail };
}

function emergencyZones(conditions: GridConditions, relief: ReliefMeans): EmergencyZone[] {
	return ZONE_CODES.map((_, at) => {
		const reading = conditions.zones.find(({ zoneId }) => zoneId === at + 1);
		const demandMw = reading?.demandMw ?? 0;
		const demandResponse = (demandMw * relief.demandResponsePartsPerMillion) / 1e6;
		const interruptible = (demandMw * relief.interruptiblePartsPerMillion) / 1e6;
		return {
			demandMw,
			leastGenerationMw: 0,
			mostGenerationMw: reading?.availableMw ?? 0,
			reliefMw: {
				counterTradeAndStorage: relief.storageMw[at] ?? 0,
				demandResponse,
				interruptible,
				firm: demandMw - demandResponse - interruptible,
			},
		};
	});
}

const NOTHING: EmergencyZone = {
	demandMw: 0,
	leastGenerationMw: 0,
	mostGenerationMw: 0,
	reliefMw: { counterTradeAndStorage: 0, demandResponse: 0, interruptible: 0, firm: 0 },
};

function onlyOf(zones: readonly EmergencyZone[], members: readonly string[]): EmergencyZone[] {
	return zones.map((zone, at) => (members.includes(ZONE_CODES[at] as string) ? zone : NOTHING));
}

function emergencyRows(deps: EmergencyDependencies, outages: readonly string[]): EmergencyRow[] {
	const { network, emergencyRatingPartsPerMillion } = deps;
	const kept = thaiKeptOutages(network, outages);
	const model = new ThaiZonalModel(network, { outages: kept, referenceMw: ZONE_CODES.map(() => 0) });
	return network.lines.flatMap(({ name, ratingMva }, line) => {
		if (outages.includes(name)) return [];
		const limitMw = (ratingMva * emergencyRatingPartsPerMillion) / 1e6;
		const factors = [...(model.reduction.zoneFactors[line] as Float64Array)];
		return [{ name, factors, upMw: limitMw, downMw: limitMw }];
	});
}

function droppedShares(
	zones: readonly EmergencyZone[],
	islands: readonly Island[],
	plans: readonly (ShedPlan | null)[],
): number[] {
	return zones.map(({ demandMw }, at) => {
		const island = islands.findIndex(({ zones: members }) => members.includes(ZONE_CODES[at] as never));
		const plan = plans[island];
		if (demandMw === 0 || plan === undefined) return 0;
		if (plan === null) return 1_000_000;
		const droppedMw = (plan.reliefMw.interruptible[at] as number) + (plan.reliefMw.firm[at] as number);
		return Math.min(1_000_000, Math.round((droppedMw * 1e6) / demandMw));
	});
}

/** Trades nothing can carry go whole, the newest first; of the rest, each buyer's zone loses its share pro rata. */
function curtail(
	{ clock }: EmergencyDependencies,
	{ windowId, directiveId }: HandleGridEmergency,
	trades: readonly Trade[],
	limits: { normal: GridLimits; emergency: GridLimits },
	droppedPartsPerMillion: readonly number[],
): { curtailments: Curtailment[]; aboveNormal: EmergencyReport["aboveNormal"] } {
	const standing = trades.map(({ tradeId, sellZoneId, buyZoneId, energyWh }) => ({
		tradeId,
		sellZoneId,
		sellNodeId: 0,
		buyZoneId,
		buyNodeId: 0,
		energyWh,
	}));
	const carried = planEmergencyOrder({
		...limits,
		trades: standing,
		path: { sellZoneId: 1, sellNodeId: 0, buyZoneId: 1, buyNodeId: 0 },
		energyWh: 0,
	});
	const orderedAtMillis = Math.floor(clock.nowMillis());
	const record = (trade: Trade, curtailedWh: number, cause: string): Curtailment => ({
		windowId,
		tradeId: trade.tradeId,
		zoneId: trade.buyZoneId,
		tradedWh: trade.energyWh,
		curtailedWh,
		cause,
		directiveId,
		orderedAtMillis,
	});
	const causeOf = new Map(carried.displaced.map(({ tradeId, element }) => [tradeId, element]));
	const curtailments: Curtailment[] = [];
	ZONE_CODES.forEach((code, at) => {
		const bought = trades.filter(({ buyZoneId }) => buyZoneId === at + 1);
		const remaining = bought.filter(({ tradeId }) => !causeOf.has(tradeId));
		const totalWh = remaining.reduce((sum, { energyWh }) => sum + energyWh, 0);
		const dropped = BigInt(totalWh) * BigInt(droppedPartsPerMillion[at] as number);
		const amounts = proRataWh(
			Number(dropped / 1_000_000n),
			remaining.map(({ energyWh }) => energyWh),
		);
		for (const trade of bought) {
			const cause = causeOf.get(trade.tradeId);
			const curtailedWh = cause === undefined ? (amounts[remaining.indexOf(trade)] as number) : trade.energyWh;
			if (curtailedWh > 0) curtailments.push(record(trade, curtailedWh, cause ?? `load dropped in ${code}`));
		}
	});
	return { curtailments, aboveNormal: carried.aboveNormal };
}

function totals(plans: readonly (ShedPlan | null)[]): Record<CurtailmentStage, number> {
	const sum = (stage: CurtailmentStage) => plans.reduce((total, plan) => total + (plan?.totalMw[stage] ?? 0), 0);
	return Object.fromEntries(CURTAILMENT_STAGES.map((stage) => [stage, sum(stage)])) as Record<CurtailmentStage, number>;
}

function proposedCaps(
	trades: readonly Trade[],
	curtailments: readonly Curtailment[],
): { zoneId: number; capWh: number }[] {
	return [...new Set(curtailments.map(({ zoneId }) => zoneId))]
		.sort((a, b) => a - b)
		.map((zoneId) => {
			const bought = trades.filter(({ buyZoneId }) => buyZoneId === zoneId);
			const tradedWh = bought.reduce((sum, { energyWh }) => sum + energyWh, 0);
			const curtailedWh = curtailments
				.filter((each) => each.zoneId === zoneId)
				.reduce((sum, each) => sum + each.curtailedWh, 0);
			return { zoneId, capWh: tradedWh - curtailedWh };
		});
}
