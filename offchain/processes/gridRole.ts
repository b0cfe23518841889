import type pg from "pg";
import type { Clock } from "../application/ports/Clock.ts";
import type { EngineGateway } from "../application/ports/EngineGateway.ts";
import type { EngineQueries } from "../application/ports/EngineQueries.ts";
import { CongestionService } from "../application/services/CongestionService.ts";
import { GridEmergencyService } from "../application/services/GridEmergencyService.ts";
import { GridLimitsService } from "../application/services/GridLimitsService.ts";
import { GridTelemetryService } from "../application/services/GridTelemetryService.ts";
import type { GridLimits } from "../domain/grid/GridLimits.ts";
import type { LinearProgramSolver } from "../domain/grid/opf/LinearProgram.ts";
import type { ThaiNetwork } from "../domain/grid/thai/ThaiNetwork.ts";
import type { ThaiLimitOptions } from "../domain/grid/thai/thaiGridLimits.ts";
import { thaiOutageLimits } from "../domain/grid/thai/thaiOutageLimits.ts";
import { thaiTelemetryEnvelope } from "../domain/grid/thai/thaiTelemetryEnvelope.ts";
import { ZONE_CODES } from "../domain/grid/zones.ts";
import type { ZonePairCharges } from "../domain/settlement/chargeSatPerKwh.ts";
import type { Hash32 } from "../domain/units/Address.ts";
import { sleepMillis } from "../infrastructure/clock/sleepMillis.ts";
import { PostgresCurtailmentRepository } from "../infrastructure/postgres/PostgresCurtailmentRepository.ts";
import { PostgresDirectiveRepository } from "../infrastructure/postgres/PostgresDirectiveRepository.ts";
import { PostgresTelemetryStore } from "../infrastructure/postgres/PostgresTelemetryStore.ts";
import { PostgresTradeRepository } from "../infrastructure/postgres/PostgresTradeRepository.ts";
import { Ed25519TelemetrySources } from "../infrastructure/telemetry/Ed25519TelemetrySources.ts";

/** Wall-clock time between two looks at the control rooms' reports. */
const LOOK_MILLIS = 500;
/** The open windows are solved anew at every so many looks. */
const LOOKS_PER_SOLUTION = 4;
const DIRECTIVES_READ = 1_000;
/** No rate B of Thai lines is published: a tenth above the normal rating for an emergency's duration. */
const EMERGENCY_RATING_PARTS_PER_MILLION = 1_100_000;
/** Load that may be shed before firm load, as a share of a zone's demand. */
const RELIEF = { demandResponsePartsPerMillion: 30_000, interruptiblePartsPerMillion: 60_000 };

export type GridRoleOptions = {
	pool: pg.Pool;
	databaseUrl: string;
	chainId: number;
	clock: Clock;
	engine: EngineGateway;
	queries: EngineQueries;
	network: ThaiNetwork;
	solver: LinearProgramSolver;
	limitOptions: ThaiLimitOptions;
	/** The limits with every line in service. */
	limits: GridLimits;
	baseCharges: ZonePairCharges[][];
	congestionCapSatPerKwh: number;
	/** Control rooms and their Ed25519 public keys. */
	telemetryKeys: Record<string, Hash32>;
	/** Market seconds after which a scan is too old to trust. */
	staleAfterSeconds: number;
	onNotice: (line: string) => void;
};

export type GridRole = {
	telemetry: GridTelemetryService;
	congestion: CongestionService;
	emergencies: GridEmergencyService;
	stop(): Promise<void>;
};

/**
 * What the exchange knows of the grid beyond the trading path: control rooms' telemetry and the limits that follow from
 * it, prices of congestion, and emergencies.
 */
export async function startGridRole(options: GridRoleOptions): Promise<GridRole> {
	const { pool, clock, engine, queries, network, solver, limitOptions, onNotice } = options;
	const store = new PostgresTelemetryStore(pool, options.databaseUrl);
	const sources = new Ed25519TelemetrySources(options.telemetryKeys);
	const telemetry = await GridTelemetryService.start({
		sources,
		store,
		clock,
		envelope: thaiTelemetryEnvelope(network, options.staleAfterSeconds),
		onError: (error) => onNotice(`telemetry: ${(error as Error).message}`),
	});
	const limits = new GridLimitsService({
		telemetry,
		engine,
		clock,
		limitsFor: (outages) => thaiOutageLimits(network, outages, limitOptions),
		initial: options.limits,
		onChange: onNotice,
	});
	const trades = new PostgresTradeRepository(pool);
	const congestion = new CongestionService({
		engineQueries: queries,
		trades,
		solver,
		clock,
		limits: () => limits.limits(),
		baseCharges: options.baseCharges,
		congestionCapSatPerKwh: options.congestionCapSatPerKwh,
		engine,
	});
	const directives = new PostgresDirectiveRepository(pool, options.chainId);
	const emergencyLimits = {
		...limitOptions,
		reliabilityMarginPartsPerMillion: 1e6 - EMERGENCY_RATING_PARTS_PER_MILLION,
	};
	const emergencies = new GridEmergencyService(
		{
			network,
			solver,
			telemetry,
			trades,
			curtailments: new PostgresCurtailmentRepository(pool),
			clock,
			relief: { ...RELIEF, storageMw: ZONE_CODES.map(() => 0) },
			emergencyRatingPartsPerMillion: EMERGENCY_RATING_PARTS_PER_MILLION,
			limitsFor: (outages, isEmergency) =>
				thaiOutageLimits(network, outages, isEmergency ? emergencyLimits : limitOptions),
			isOrdered: async (directiveId, windowId) => {
				const executed = await directives.find({ windowId, limit: DIRECTIVES_READ });
				return executed.some(({ directive, lifted }) => directive.directiveId === directiveId && !lifted);
			},
		},
		sources,
	);
	const stopping = new AbortController();
	const following = follow(limits, congestion, onNotice, stopping.signal);
	return {
		telemetry,
		congestion,
		emergencies,
		async stop() {
			stopping.abort();
			telemetry.stop();
			await store.close();
			await following;
		},
	};
}

/** Limits first: prices are of the limits in force. What fails is told and tried again. */
async function follow(
	limits: GridLimitsService,
	congestion: CongestionService,
	onNotice: (line: string) => void,
	signal: AbortSignal,
): Promise<void> {
	for (let look = 0; !signal.aborted; look++) {
		try {
			await limits.refresh();
			if (look % LOOKS_PER_SOLUTION === 0) await congestion.refresh();
		} catch (error) {
			if (!signal.aborted) onNotice(`grid: ${(error as Error).message}`);
		}
		await sleepMillis(LOOK_MILLIS, signal);
	}
}
