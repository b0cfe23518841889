import type pg from "pg";
import type { Clock } from "../../application/ports/Clock.ts";
import type { EngineGateway } from "../../application/ports/EngineGateway.ts";
import type { EngineQueries } from "../../application/ports/EngineQueries.ts";
import type { GridSystemAdapter } from "../../application/ports/GridSystemAdapter.ts";
import { CircuitBreakerService } from "../../application/services/CircuitBreakerService.ts";
import { CongestionService } from "../../application/services/CongestionService.ts";
import { GridLimitsService } from "../../application/services/GridLimitsService.ts";
import { MarketRulesService } from "../../application/services/MarketRulesService.ts";
import { OutageTrimService } from "../../application/services/OutageTrimService.ts";
import { TightestLossCap } from "../../application/services/TightestLossCap.ts";
import { ClosingChecks } from "../../domain/grid/closing/ClosingChecks.ts";
import type { GridLimits } from "../../domain/grid/GridLimits.ts";
import type { LinearProgramSolver } from "../../domain/grid/opf/LinearProgram.ts";
import type { ThaiNetwork } from "../../domain/grid/thai/ThaiNetwork.ts";
import { thaiInterimLimits } from "../../domain/grid/thai/thaiInterimLimits.ts";
import type { PriceBreakerRules } from "../../domain/pricing/PriceBreaker.ts";
import type { MarketRulesVersion } from "../../domain/settlement/SettlementRules.ts";
import type { WindowId } from "../../domain/units/window.ts";
import { sleepMillis } from "../../infrastructure/clock/sleepMillis.ts";
import { ThreadLimitsProver } from "../../infrastructure/grid/ThreadLimitsProver.ts";
import { PostgresTradeRepository } from "../../infrastructure/postgres/PostgresTradeRepository.ts";
import { PostgresZonePrices } from "../../infrastructure/postgres/PostgresZonePrices.ts";
import { zoneCharges } from "../thaiMarket.ts";

/** Wall-clock time between two looks at the control rooms' reports. */
const LOOK_MILLIS = 500;
/** The open windows are solved anew at every so many looks, and the regulator's rules read again. */
const LOOKS_PER_SOLUTION = 4;
const LOOKS_PER_RULES = 20;
/** A zone's price may move by seven tenths of its reference, and by 80 sat/kWh, from one look to the next. */
const BREAKER_RULES: PriceBreakerRules = {
	bandPartsPerMillion: 700_000,
	leastBandSatPerKwh: 80,
	leastReferenceWh: 100_000,
	leastTrades: 3,
	weightPartsPerMillion: 250_000,
};
const PAUSE_SECONDS = 300;

export type GridRoleOptions = {
	pool: pg.Pool;
	clock: Clock;
	engine: EngineGateway;
	queries: EngineQueries;
	telemetry: Pick<GridSystemAdapter, "current">;
	network: ThaiNetwork;
	solver: LinearProgramSolver;
	/** The regulator's rules in force for a window, from the chain. */
	rulesAt: (windowId: WindowId) => Promise<MarketRulesVersion>;
	/** The limits with every line in service. */
	limits: GridLimits;
	onNotice: (line: string) => void;
};

export type GridRole = { stop(): Promise<void> };

/**
 * Keeps trading in step with grid and regulator: limits follow what control rooms report, charges follow congestion, bands
 * follow the rules on chain.
 */
export function startGridRole(options: GridRoleOptions): GridRole {
	const { pool, clock, engine, telemetry, network, solver, rulesAt, onNotice } = options;
	const chargesOf = (version: MarketRulesVersion) => zoneCharges(options.limits, version);
	const lossCap = new TightestLossCap(rulesAt, clock);
	const limits = new GridLimitsService({
		telemetry,
		engine,
		clock,
		limitsFor: (outages) => thaiInterimLimits(network, outages, options.limits),
		prover: new ThreadLimitsProver(),
		lossCapPartsPerMillion: () => lossCap.partsPerMillion(),
		initial: options.limits,
		onChange: onNotice,
	});
	const trades = new PostgresTradeRepository(pool);
	const checks = new ClosingChecks(network);
	const trims = new OutageTrimService({
		telemetry,
		queries: options.queries,
		trades,
		engine,
		check: (outages, standing) => checks.for(outages).check(standing),
		onTrim: onNotice,
	});
	const congestion = new CongestionService({
		engineQueries: options.queries,
		trades,
		solver,
		clock,
		limits: () => limits.limits(),
		termsAt: async (windowId) => {
			const version = await rulesAt(windowId);
			return { charges: chargesOf(version), congestionCapSatPerKwh: version.congestionCapSatPerKwh };
		},
		prices: new PostgresZonePrices(pool),
		engine,
	});
	const breaker = new CircuitBreakerService({
		engineQueries: options.queries,
		trades: new PostgresTradeRepository(pool),
		engine,
		clock,
		rules: BREAKER_RULES,
		pauseSeconds: PAUSE_SECONDS,
		onChange: onNotice,
	});
	const rules = new MarketRulesService({ rulesAt, chargesOf, engine, clock, onChange: onNotice });
	const stopping = new AbortController();
	const following = follow({ rules, limits, trims, congestion, breaker }, onNotice, stopping.signal);
	return {
		async stop() {
			stopping.abort();
			await following;
		},
	};
}

/** Limits first: prices are of the limits in force, and what they no longer carry is not made anew. What fails is told and tried again. */
async function follow(
	services: {
		rules: MarketRulesService;
		limits: GridLimitsService;
		trims: OutageTrimService;
		congestion: CongestionService;
		breaker: CircuitBreakerService;
	},
	onNotice: (line: string) => void,
	signal: AbortSignal,
): Promise<void> {
	for (let look = 0; !signal.aborted; look++) {
		try {
			await services.limits.refresh();
			await services.trims.refresh();
			await services.breaker.refresh();
			if (look % LOOKS_PER_RULES === 0 || !services.rules.isTold) await services.rules.refresh();
			if (look % LOOKS_PER_SOLUTION === 0 && services.rules.isTold) await services.congestion.refresh();
		} catch (error) {
			if (!signal.aborted) onNotice(`grid: ${(error as Error).message}`);
		}
		await sleepMillis(LOOK_MILLIS, signal);
	}
}
