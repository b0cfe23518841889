import { congestionCharges } from "../../domain/grid/congestion/congestionCharges.ts";
import { solveCongestion } from "../../domain/grid/congestion/solveCongestion.ts";
import type { CongestionSolution, ZonalOffer } from "../../domain/grid/congestion/ZonalMarket.ts";
import type { GridLimits } from "../../domain/grid/GridLimits.ts";
import type { LinearProgramSolver } from "../../domain/grid/opf/LinearProgram.ts";
import { ZONE_CODES } from "../../domain/grid/zones.ts";
import type { ZonePairCharges } from "../../domain/settlement/chargeSatPerKwh.ts";
import { type WindowId, windowStart } from "../../domain/units/window.ts";
import type { Clock } from "../ports/Clock.ts";
import type { EngineGateway } from "../ports/EngineGateway.ts";
import type { EngineQueries } from "../ports/EngineQueries.ts";
import type { TradeRepository } from "../ports/TradeRepository.ts";
import type { ZonePriceStore } from "../ports/ZonePrices.ts";

const DEPTH_LEVELS = 50;
/** Open windows solved in one round, the next to close first. */
const WINDOWS_PER_ROUND = 8;
/** A window farther off than this has its charges changed once in a while only: every change is kept in the log for ever. */
const NEAR_MILLIS = 45 * 60_000;
const FAR_REST_MILLIS = 5 * 60_000;
const NO_CONGESTION: readonly number[] = ZONE_CODES.map(() => 0);

export type CongestionTerms = { charges: ZonePairCharges[][]; congestionCapSatPerKwh: number };

export type CongestionOptions = {
	engineQueries: EngineQueries;
	trades: Pick<TradeRepository, "ofWindow">;
	solver: LinearProgramSolver;
	clock: Clock;
	/** The limits trading holds in a window; null while none are set. */
	limits: (windowId: WindowId) => Promise<GridLimits | null> | GridLimits | null;
	/** What the engine charges in a window without congestion, and the regulator's cap on what congestion may add, sat/kWh. */
	termsAt: (windowId: WindowId) => Promise<CongestionTerms>;
	/** Where every node finds the prices. */
	prices: ZonePriceStore;
	/** Where congestion is charged. */
	engine: Pick<EngineGateway, "submit">;
};

/**
 * Re-solves every open window's exchange off the trading path and publishes what it finds: zone prices, congestion
 * points, and the congestion part of the zone-pair charges. Open orders and trades already made count alike, so that a
 * line sold out early keeps its price. Each window is charged its own congestion and no other window's. Prices only ever
 * ration: what a line can carry, headroom decides.
 */
export class CongestionService {
	readonly #options: CongestionOptions;
	/** Congestion the engine was told by window, as text; missing: none. */
	readonly #told = new Map<WindowId, { text: string; atMillis: number }>();

	constructor(options: CongestionOptions) {
		this.#options = options;
	}

	/** One round: solves the open windows and, where charges change, tells the engine. */
	async refresh(): Promise<void> {
		const sessions = await this.#options.engineQueries.sessions();
		const open = sessions.filter(({ state }) => state === "open" || state === "crossZoneClosed");
		for (const { windowId } of open.slice(0, WINDOWS_PER_ROUND)) {
			const terms = await this.#options.termsAt(windowId);
			const solution = await this.#solve(windowId, terms);
			if (solution === null) {
				await this.#options.prices.remove(windowId);
				await this.#tell(windowId, terms, NO_CONGESTION);
				continue;
			}
			await this.#save(windowId, solution);
			await this.#tell(windowId, terms, solution.congestionSatPerKwh);
		}
		const oldest = sessions[0]?.windowId ?? 0;
		for (const windowId of this.#told.keys()) if (windowId < oldest) this.#told.delete(windowId);
	}

	async #solve(windowId: WindowId, { charges }: CongestionTerms): Promise<CongestionSolution | null> {
		const { engineQueries, trades, limits, solver } = this.#options;
		const [grid, made, ...books] = await Promise.all([
			limits(windowId),
			trades.ofWindow(windowId),
			...ZONE_CODES.map((_, zone) => engineQueries.depth(windowId, zone + 1, DEPTH_LEVELS)),
		]);
		if (grid === null) return null;
		const offers: ZonalOffer[] = books.flatMap(({ zoneId, bids, asks }) => [
			...bids.map(({ priceSatPerKwh, energyWh }) => ({ side: "buy" as const, zoneId, priceSatPerKwh, energyWh })),
			...asks.map(({ priceSatPerKwh, energyWh }) => ({ side: "sell" as const, zoneId, priceSatPerKwh, energyWh })),
		]);
		for (const trade of made) {
			const { sellZoneId, buyZoneId, sellerPriceSatPerKwh, buyerPriceSatPerKwh, energyWh } = trade;
			offers.push(
				{ side: "sell", zoneId: sellZoneId, priceSatPerKwh: sellerPriceSatPerKwh, energyWh },
				{ side: "buy", zoneId: buyZoneId, priceSatPerKwh: buyerPriceSatPerKwh, energyWh },
			);
		}
		return solveCongestion(solver, grid, offers, crossZoneSatPerKwh(charges));
	}

	#save(windowId: WindowId, solution: CongestionSolution): Promise<void> {
		return this.#options.prices.save({
			windowId,
			zonePriceSatPerKwh: solution.zonePriceSatPerKwh.map(whole),
			congestionSatPerKwh: solution.congestionSatPerKwh.map(whole),
			congestionPoints: solution.congestionPoints.map((point) => ({
				...point,
				shadowPriceSatPerKwh: whole(point.shadowPriceSatPerKwh),
			})),
			solvedAtMillis: Math.floor(this.#options.clock.nowMillis()),
		});
	}

	async #tell(windowId: WindowId, terms: CongestionTerms, congestionSatPerKwh: readonly number[]): Promise<void> {
		const { engine, clock } = this.#options;
		const charges = congestionCharges(terms.charges, congestionSatPerKwh, terms.congestionCapSatPerKwh);
		const text = JSON.stringify(charges.map((row) => row.map((pair) => pair.congestionSatPerKwh)));
		const isFree = !charges.some((row) => row.some((pair) => pair.congestionSatPerKwh > 0));
		const told = this.#told.get(windowId);
		if (isFree ? told === undefined : text === told?.text) return;
		const nowMillis = clock.nowMillis();
		const isNear = windowStart(windowId) * 1000 - nowMillis < NEAR_MILLIS;
		if (!isNear && told !== undefined && nowMillis - told.atMillis < FAR_REST_MILLIS) return;
		const range = { fromWindow: windowId, toWindow: windowId };
		const reply = await engine.submit({ type: "SetZoneCharges", charges, range });
		if (reply.status !== "applied") return;
		if (isFree) this.#told.delete(windowId);
		else this.#told.set(windowId, { text, atMillis: nowMillis });
	}
}

function whole(value: number): number {
	const rounded = Math.round(value);
	return rounded === 0 ? 0 : rounded;
}

/** Cheapest wheeling between two zones above that within one: at least that much a foreign offer must be better. */
function crossZoneSatPerKwh(charges: readonly (readonly ZonePairCharges[])[]): number {
	let within = 0;
	let between = Number.POSITIVE_INFINITY;
	charges.forEach((row, sell) => {
		row.forEach(({ wheelingSatPerKwh }, buy) => {
			if (sell === buy) within = Math.max(within, wheelingSatPerKwh);
			else between = Math.min(between, wheelingSatPerKwh);
		});
	});
	return Number.isFinite(between) ? Math.max(0, between - within) : 0;
}
