import { WH_PER_MW_WINDOW } from "../../units/units.ts";
import { reachableRows } from "../analysis/reachableRows.ts";
import { type RoomyRow, selectLimitingRows } from "../analysis/selectLimitingRows.ts";
import type { CriticalRow } from "../analysis/ZonalReduction.ts";
import type { GridLimits, TransmissionElement, ZonalLoss } from "../GridLimits.ts";
import type { LinearProgramSolver } from "../opf/LinearProgram.ts";
import { licenseeOf, ZONE_CODES, ZONE_COUNT, type ZoneCode, zoneId } from "../zones.ts";
import type { ThaiLine, ThaiNetwork } from "./ThaiNetwork.ts";
import { type ThaiModelOptions, ThaiZonalModel } from "./ThaiZonalModel.ts";
import { thaiFeederTree } from "./thaiFeederTree.ts";

export type ThaiLimitOptions = ThaiModelOptions & {
	/** Share of the free capacity offered to this market. */
	capacitySharePartsPerMillion?: number;
	/** Share of the rating never offered. */
	reliabilityMarginPartsPerMillion?: number;
	/** Least share of the rating offered in each direction whatever the reference flow (as the EU's minimum margin). */
	minimumRoomPartsPerMillion?: number;
	/** The regulator's cap on the loss of one trade. */
	lossCapPartsPerMillion?: number;
	/** Proves that no row left out can be overloaded by what the rows kept admit; three times the rows, some seconds. */
	proofBy?: LinearProgramSolver;
	/** Most exchange with a neighbour country in either direction, MW, before the market's share. */
	hubCapMw?: Partial<Record<ZoneCode, number>>;
};

/** A branch matters where its factors differ by this much between two zones (5 % in flow-based coupling). */
export const LEAST_SPAN = 0.05;
const DEFAULT_CAPACITY_SHARE_PPM = 20_000;
/** Khlong Ngae–Gurun, 300 MW direct current. */
const HUB_CAP_MW: Partial<Record<ZoneCode, number>> = { "X-MY": 300 };
const DISTRIBUTION_LOSS_PARTS_PER_MILLION = { MEA: 35_000, PEA: 55_000, EGAT: 0 } as const;

/**
 * The Thai grid as the trading path needs it: the lines and single outages that limit trade between zones, the caps of
 * the cross-border hubs, the feeder trees and the losses. Takes some 0.3 s; a limit set serves many windows.
 */
export function thaiGridLimits(network: ThaiNetwork, options: ThaiLimitOptions = {}): GridLimits {
	const model = new ThaiZonalModel(network, options);
	const share = capacityShare(options);
	const rows = model.reduction.criticalRows(model.referenceFlowsMw, LEAST_SPAN);
	const roomy = rows.map(({ zoneFactors, monitored, referenceFlowMw }) => ({
		zoneFactors,
		...lineRoomMw(network.lines[monitored] as ThaiLine, referenceFlowMw, options),
	}));
	const sampled = selectLimitingRows(roomy, ZONE_CODES.map(zoneId));
	const selected = options.proofBy === undefined ? sampled : reachableRows(options.proofBy, roomy, sampled);
	const elements = selected.map((index) => element(model, rows[index] as CriticalRow, roomy[index] as RoomyRow, share));
	const monitored = new Set(
		selected
			.map((index) => rows[index] as CriticalRow)
			.filter(isBaseCase)
			.map((row) => row.monitored),
	);
	return {
		elements: [...elements, ...hubCaps({ ...HUB_CAP_MW, ...options.hubCapMw }, share)],
		nodes: thaiFeederTree(),
		distributionLossPartsPerMillion: ZONE_CODES.map(
			(code) => DISTRIBUTION_LOSS_PARTS_PER_MILLION[licenseeOf(zoneId(code))],
		),
		unmonitoredLoss: unmonitoredLoss(model, monitored),
		...(options.lossCapPartsPerMillion === undefined ? {} : { lossCapPartsPerMillion: options.lossCapPartsPerMillion }),
	};
}

function isBaseCase(row: CriticalRow): boolean {
	return row.outage < 0;
}

/** Share of the free capacity that is offered to this market, 0–1. */
export function capacityShare({ capacitySharePartsPerMillion = DEFAULT_CAPACITY_SHARE_PPM }: ThaiLimitOptions): number {
	return capacitySharePartsPerMillion / 1e6;
}

/** Room beside a reference flow in each direction, MW, before the market's share. */
export function lineRoomMw(
	line: ThaiLine,
	referenceFlowMw: number,
	options: ThaiLimitOptions,
): { upMw: number; downMw: number } {
	const usable = line.ratingMva * (1 - (options.reliabilityMarginPartsPerMillion ?? 100_000) / 1e6);
	const least = line.ratingMva * ((options.minimumRoomPartsPerMillion ?? 200_000) / 1e6);
	return { upMw: Math.max(least, usable - referenceFlowMw), downMw: Math.max(least, usable + referenceFlowMw) };
}

/** Factors are rounded to parts per million; that error times all energy the row can see is taken off its room. */
function roomWh(mw: number, share: number): number {
	const wh = mw * share * WH_PER_MW_WINDOW;
	return Math.max(0, Math.floor(wh - ZONE_COUNT * 1e-6 * wh));
}

function element(model: ThaiZonalModel, row: CriticalRow, room: RoomyRow, share: number): TransmissionElement {
	const line = model.network.lines[row.monitored] as ThaiLine;
	const outage = model.network.lines[row.outage];
	return {
		name: outage ? `${line.name} (${outage.name} out)` : line.name,
		ptdfPartsPerMillion: [...row.zoneFactors].map((factor) => Math.round(factor * 1e6)),
		upWh: roomWh(room.upMw, share),
		downWh: roomWh(room.downMw, share),
		lossCoefficientPerWh: isBaseCase(row) ? (model.lossPerMw[row.monitored] as number) / WH_PER_MW_WINDOW : 0,
		referenceFlowWh: Math.round(row.referenceFlowMw * WH_PER_MW_WINDOW),
	};
}

function hubCaps(capsMw: Partial<Record<ZoneCode, number>>, share: number): TransmissionElement[] {
	return Object.entries(capsMw).map(([code, mw]) => ({
		name: `${code} exchange`,
		ptdfPartsPerMillion: ZONE_CODES.map((zone) => (zone === code ? 1_000_000 : 0)),
		upWh: Math.floor(mw * share * WH_PER_MW_WINDOW),
		downWh: Math.floor(mw * share * WH_PER_MW_WINDOW),
		lossCoefficientPerWh: 0,
		referenceFlowWh: 0,
	}));
}

/** Σ over the other lines of `loss(f₀ + h·p) − loss(f₀)`, in Wh of one window. */
function unmonitoredLoss(model: ThaiZonalModel, monitored: ReadonlySet<number>): ZonalLoss {
	const linear = new Array<number>(ZONE_COUNT).fill(0);
	const quadraticPerWh = linear.map(() => new Array<number>(ZONE_COUNT).fill(0));
	model.reduction.zoneFactors.forEach((factors, line) => {
		if (monitored.has(line)) return;
		const perMw = model.lossPerMw[line] as number;
		for (let y = 0; y < ZONE_COUNT; y++) {
			const h = factors[y] as number;
			linear[y] = (linear[y] as number) + 2 * perMw * (model.referenceFlowsMw[line] as number) * h;
			const row = quadraticPerWh[y] as number[];
			for (let z = 0; z < ZONE_COUNT; z++) {
				row[z] = (row[z] as number) + (perMw * h * (factors[z] as number)) / WH_PER_MW_WINDOW;
			}
		}
	});
	return { linear, quadraticPerWh };
}
