import type pg from "pg";
import type { Clock } from "../../application/ports/Clock.ts";
import type { ZonePrices } from "../../application/ports/ZonePrices.ts";
import { GridEmergencyService } from "../../application/services/GridEmergencyService.ts";
import { GridTelemetryService } from "../../application/services/GridTelemetryService.ts";
import type { LinearProgramSolver } from "../../domain/grid/opf/LinearProgram.ts";
import type { ThaiNetwork } from "../../domain/grid/thai/ThaiNetwork.ts";
import { thaiTelemetryEnvelope } from "../../domain/grid/thai/thaiTelemetryEnvelope.ts";
import { ZONE_CODES } from "../../domain/grid/zones.ts";
import type { Hash32 } from "../../domain/units/Address.ts";
import { ThreadLimitsProver } from "../../infrastructure/grid/ThreadLimitsProver.ts";
import type { ComponentHealth } from "../../infrastructure/observability/Health.ts";
import { exclusively } from "../../infrastructure/postgres/exclusively.ts";
import { PostgresCurtailmentRepository } from "../../infrastructure/postgres/PostgresCurtailmentRepository.ts";
import { PostgresDirectiveRepository } from "../../infrastructure/postgres/PostgresDirectiveRepository.ts";
import { PostgresTelemetryStore } from "../../infrastructure/postgres/PostgresTelemetryStore.ts";
import { PostgresTradeRepository } from "../../infrastructure/postgres/PostgresTradeRepository.ts";
import { PostgresZonePrices } from "../../infrastructure/postgres/PostgresZonePrices.ts";
import { Ed25519TelemetrySources } from "../../infrastructure/telemetry/Ed25519TelemetrySources.ts";

const DIRECTIVES_READ = 1_000;
const EMERGENCY_LOCK = 0x67_74_78_30;
/** No rate B of Thai lines is published: a tenth above the normal rating for an emergency's duration. */
const EMERGENCY_RATING_PARTS_PER_MILLION = 1_100_000;
/** Load that may be shed before firm load, as a share of a zone's demand. */
const RELIEF = { demandResponsePartsPerMillion: 30_000, interruptiblePartsPerMillion: 60_000 };

export type GridDeskOptions = {
	pool: pg.Pool;
	databaseUrl: string;
	chainId: number;
	clock: Clock;
	network: ThaiNetwork;
	solver: LinearProgramSolver;
	/** Control rooms and their Ed25519 public keys. */
	telemetryKeys: Readonly<Record<string, Hash32>>;
	/** Market seconds after which a scan is too old to trust. */
	staleAfterSeconds: number;
	onNotice: (line: string) => void;
};

export type GridDesk = {
	telemetry: GridTelemetryService;
	emergencies: GridEmergencyService;
	zonePrices: ZonePrices;
	health(): Omit<ComponentHealth, "name">;
	stop(): Promise<void>;
};

/**
 * What control rooms meet, on any number of nodes: their scans are taken and told to every node, their emergency orders
 * carried out one at a time.
 */
export async function startGridDesk(options: GridDeskOptions): Promise<GridDesk> {
	const { pool, clock, network, solver, onNotice } = options;
	const store = new PostgresTelemetryStore(pool, options.databaseUrl);
	const sources = new Ed25519TelemetrySources(options.telemetryKeys);
	const telemetry = await GridTelemetryService.start({
		sources,
		store,
		clock,
		envelope: thaiTelemetryEnvelope(network, options.staleAfterSeconds),
		onError: (error) => onNotice(`telemetry: ${(error as Error).message}`),
	});
	const directives = new PostgresDirectiveRepository(pool, options.chainId);
	const normalLimits = new ThreadLimitsProver();
	const emergencyLimits = new ThreadLimitsProver({
		reliabilityMarginPartsPerMillion: 1e6 - EMERGENCY_RATING_PARTS_PER_MILLION,
	});
	const emergencies = new GridEmergencyService(
		{
			network,
			solver,
			telemetry,
			trades: new PostgresTradeRepository(pool),
			curtailments: new PostgresCurtailmentRepository(pool),
			clock,
			relief: { ...RELIEF, storageMw: ZONE_CODES.map(() => 0) },
			emergencyRatingPartsPerMillion: EMERGENCY_RATING_PARTS_PER_MILLION,
			limitsFor: (outages, isEmergency) => (isEmergency ? emergencyLimits : normalLimits).compute(outages),
			isOrdered: async (directiveId, windowId) => {
				const executed = await directives.find({ windowId, limit: DIRECTIVES_READ });
				return executed.some(({ directive, lifted }) => directive.directiveId === directiveId && !lifted);
			},
		},
		sources,
		exclusively(pool, EMERGENCY_LOCK),
	);
	return {
		telemetry,
		emergencies,
		zonePrices: new PostgresZonePrices(pool),
		health() {
			const conditions = telemetry.current();
			if (conditions === null) return { status: "degraded", detail: "no control room has reported yet" };
			const detail = `last scan ${conditions.ageSeconds} s old`;
			return { status: conditions.isFresh ? "ok" : "degraded", detail };
		},
		async stop() {
			telemetry.stop();
			await store.close();
		},
	};
}
