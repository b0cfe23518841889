import { WH_PER_MW_WINDOW } from "../../units/units.ts";
import { outageFactor } from "../analysis/outageFactor.ts";
import { Ptdf } from "../analysis/Ptdf.ts";
import { zoneIslands } from "../emergency/zoneIslands.ts";
import type { ThaiLine, ThaiNetwork } from "../thai/ThaiNetwork.ts";
import { ThaiZonalModel } from "../thai/ThaiZonalModel.ts";
import { capacityShare, LEAST_SPAN, lineRoomMw, type ThaiLimitOptions } from "../thai/thaiGridLimits.ts";
import { thaiKeptOutages } from "../thai/thaiOutageLimits.ts";
import { ZONE_CODES, ZONE_COUNT, zoneCode } from "../zones.ts";

/** A trade as the closing check sees it, in the order they were made. */
export type ClosingTrade = { tradeId: string; sellZoneId: number; buyZoneId: number; energyWh: number };

/** An element over its limit in the full power flow. Flow and limit are the trades' part of it, Wh of the window. */
export type ClosingViolation = { element: string; flowWh: number; limitWh: number };

export type ClosingTrim = ClosingViolation & { tradeId: string; keptWh: number; trimmedWh: number };

export type ClosingReport = {
	isSecure: boolean;
	/** What the window as traded overloads, worst first. */
	violations: ClosingViolation[];
	/** What has to go so that nothing is overloaded, with its cause, in the order of the rule. */
	trims: ClosingTrim[];
	linesChecked: number;
	outagesChecked: number;
	/** Heaviest element of what remains, parts per million of its limit. */
	heaviestLoadingPartsPerMillion: number;
	heaviestElement: string | null;
};

type Row = {
	name: string;
	/** −1 for an island. */
	monitored: number;
	outage: number;
	outageFactor: number;
	/** Wh of the window. */
	upWh: number;
	downWh: number;
};

/** Less than this of an outage's flow is no contingency of a line (as in the trading path). */
const LEAST_OUTAGE_FACTOR = 0.02;
/** Real arithmetic against whole Wh: a watt-hour on either side. */
const TOLERANCE_WH = 1;
const NAMED_VIOLATIONS = 50;

/**
 * The whole window against the whole network before it is committed (SPEC G10): a full DC power flow of the trades'
 * injections by bus, every line in the base case and after the outage of every other, not only the rows trading watches.
 * Built once per set of outages (some 0.2 s); a check takes milliseconds. Angles and losses are the linear model's.
 *
 * What fails is trimmed by rule: the worst element first; on it the newest trade that loads it, by as much as is needed
 * and no more; and so on until nothing is overloaded. Earlier trades were admitted against the room they left.
 */
export class ClosingCheck {
	readonly #model: ThaiZonalModel;
	readonly #rows: Row[];
	readonly #islands: { name: string; zones: number[] }[];
	/** Flow of each line per Wh injected in a zone, from full power flows of one unit by zone. */
	readonly #unitFlows: Float64Array[];
	readonly #outagesChecked: number;

	constructor(network: ThaiNetwork, options: ThaiLimitOptions = {}) {
		const outages = options.outages ?? [];
		this.#model = new ThaiZonalModel(network, { ...options, outages: thaiKeptOutages(network, outages) });
		this.#islands = zoneIslands(network, outages)
			.slice(1)
			.filter(({ zones }) => zones.length > 0)
			.map(({ zones }) => ({
				name: `island ${zones.join("+")}`,
				zones: zones.map((zone) => ZONE_CODES.indexOf(zone)),
			}));
		this.#unitFlows = ZONE_CODES.map((_, zone) => this.#fullFlowsMw(ZONE_CODES.map((_, at) => Number(at === zone))));
		const { rows, outageCount } = this.#lineRows(options);
		this.#rows = rows;
		this.#outagesChecked = outageCount;
	}

	/** Deterministic: the same trades in the same order give the same report. */
	check(trades: readonly ClosingTrade[]): ClosingReport {
		const kept = trades.map((trade) => ({ ...trade }));
		const violations = this.#violations(kept);
		const trims = new Map<string, ClosingTrim>();
		for (let worst = violations[0]; worst !== undefined; worst = this.#violations(kept)[0]) {
			this.#trim(kept, worst, trims);
		}
		const { name, loading } = this.#heaviest(kept);
		return {
			isSecure: violations.length === 0,
			violations: violations.slice(0, NAMED_VIOLATIONS).map(({ element, flowWh, limitWh }) => ({
				element,
				flowWh,
				limitWh,
			})),
			trims: [...trims.values()],
			linesChecked: this.#model.network.lines.length,
			outagesChecked: this.#outagesChecked,
			heaviestLoadingPartsPerMillion: Math.round(loading * 1e6),
			heaviestElement: name,
		};
	}

	#lineRows(options: ThaiLimitOptions): { rows: Row[]; outageCount: number } {
		const { network, reduction, referenceFlowsMw } = this.#model;
		const { grid } = reduction.model;
		const ptdf = new Ptdf(reduction.model);
		const share = capacityShare(options);
		const rows: Row[] = this.#islands.map(({ name }, island) => ({
			name,
			monitored: -1 - island,
			outage: -1,
			outageFactor: 0,
			upWh: 0,
			downWh: 0,
		}));
		const add = (monitored: number, outage: number, factor: number) => {
			const reference =
				(referenceFlowsMw[monitored] as number) + (outage < 0 ? 0 : factor * (referenceFlowsMw[outage] as number));
			const line = network.lines[monitored] as ThaiLine;
			const { upMw, downMw } = lineRoomMw(line, reference, options);
			const name = outage < 0 ? line.name : `${line.name} (${(network.lines[outage] as ThaiLine).name} out)`;
			const upWh = upMw * share * WH_PER_MW_WINDOW;
			rows.push({ name, monitored, outage, outageFactor: factor, upWh, downWh: downMw * share * WH_PER_MW_WINDOW });
		};
		let outageCount = 0;
		for (let monitored = 0; monitored < grid.branchCount; monitored++) {
			if (grid.isInService[monitored] && this.#span(monitored, -1, 0) >= LEAST_SPAN) add(monitored, -1, 0);
		}
		for (let outage = 0; outage < grid.branchCount; outage++) {
			if (!grid.isInService[outage]) continue;
			let isContingency = false;
			for (let monitored = 0; monitored < grid.branchCount; monitored++) {
				if (monitored === outage || !grid.isInService[monitored]) continue;
				const factor = outageFactor(grid, ptdf, monitored, outage);
				if (factor === null) break;
				isContingency = true;
				if (Math.abs(factor) < LEAST_OUTAGE_FACTOR || this.#span(monitored, outage, factor) < LEAST_SPAN) continue;
				add(monitored, outage, factor);
			}
			if (isContingency) outageCount++;
		}
		return { rows, outageCount };
	}

	/** How differently two zones can load the row: below 5 % a trade between them does not count (as in trading). */
	#span(monitored: number, outage: number, factor: number): number {
		const values = this.#unitFlows.map(
			(flows) => (flows[monitored] as number) + (outage < 0 ? 0 : factor * (flows[outage] as number)),
		);
		return Math.max(...values) - Math.min(...values);
	}

	#fullFlowsMw(zoneMw: readonly number[]): Float64Array {
		const { reduction } = this.#model;
		return reduction.model.flowsMw(reduction.busInjectionsMw(zoneMw));
	}

	#netPositionWh(trades: readonly ClosingTrade[]): number[] {
		const net = new Array<number>(ZONE_COUNT).fill(0);
		for (const { sellZoneId, buyZoneId, energyWh } of trades) {
			// Throws for a zone that does not exist: such a trade must not reach the chain.
			zoneCode(sellZoneId);
			zoneCode(buyZoneId);
			net[sellZoneId - 1] = (net[sellZoneId - 1] as number) + energyWh;
			net[buyZoneId - 1] = (net[buyZoneId - 1] as number) - energyWh;
		}
		return net;
	}

	#violations(trades: readonly ClosingTrade[]): (ClosingViolation & { row: Row })[] {
		const net = this.#netPositionWh(trades);
		const flows = this.#fullFlowsMw(net);
		const found: (ClosingViolation & { row: Row; over: number })[] = [];
		for (const row of this.#rows) {
			const flow = this.#flowOn(row, flows, net);
			const limit = flow >= 0 ? row.upWh : row.downWh;
			const over = Math.abs(flow) - limit;
			if (over <= TOLERANCE_WH) continue;
			found.push({ element: row.name, flowWh: Math.round(flow), limitWh: Math.floor(limit), row, over });
		}
		return found.sort((a, b) => b.over - a.over);
	}

	#flowOn(row: Row, flows: Float64Array, net: readonly number[]): number {
		if (row.monitored < 0) {
			const { zones } = this.#islands[-1 - row.monitored] as { zones: number[] };
			return zones.reduce((sum, zone) => sum + (net[zone] as number), 0);
		}
		const moved = row.outage < 0 ? 0 : row.outageFactor * (flows[row.outage] as number);
		return (flows[row.monitored] as number) + moved;
	}

	/** How much of the row a trade loads per Wh. */
	#loads(row: Row, { sellZoneId, buyZoneId }: ClosingTrade): number {
		const unit = (zone: number) => {
			if (row.monitored < 0) return Number(this.#islands[-1 - row.monitored]?.zones.includes(zone));
			const flows = this.#unitFlows[zone] as Float64Array;
			return (flows[row.monitored] as number) + (row.outage < 0 ? 0 : row.outageFactor * (flows[row.outage] as number));
		};
		return unit(sellZoneId - 1) - unit(buyZoneId - 1);
	}

	#trim(kept: ClosingTrade[], violation: ClosingViolation & { row: Row }, trims: Map<string, ClosingTrim>): void {
		const { row, element, flowWh, limitWh } = violation;
		const direction = Math.sign(flowWh);
		let excess = Math.abs(flowWh) - limitWh;
		for (const trade of kept.toReversed()) {
			const load = direction * this.#loads(row, trade);
			if (trade.energyWh === 0 || load <= 1e-9) continue;
			const trimmedWh = Math.min(trade.energyWh, Math.ceil(excess / load));
			trade.energyWh -= trimmedWh;
			excess -= trimmedWh * load;
			const before = trims.get(trade.tradeId);
			trims.set(trade.tradeId, {
				tradeId: trade.tradeId,
				element: before?.element ?? element,
				flowWh: before?.flowWh ?? flowWh,
				limitWh: before?.limitWh ?? limitWh,
				keptWh: trade.energyWh,
				trimmedWh: (before?.trimmedWh ?? 0) + trimmedWh,
			});
			if (excess <= 0) return;
		}
		if (excess > TOLERANCE_WH) throw new Error(`invariant: ${element} stays overloaded without trades`);
	}

	#heaviest(trades: readonly ClosingTrade[]): { name: string | null; loading: number } {
		const net = this.#netPositionWh(trades);
		const flows = this.#fullFlowsMw(net);
		let heaviest: { name: string | null; loading: number } = { name: null, loading: 0 };
		for (const row of this.#rows) {
			const flow = this.#flowOn(row, flows, net);
			const limit = flow >= 0 ? row.upWh : row.downWh;
			const loading = limit > 0 ? Math.abs(flow) / limit : 0;
			if (loading > heaviest.loading) heaviest = { name: row.name, loading };
		}
		return heaviest;
	}
}
