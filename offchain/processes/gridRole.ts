import type pg from "pg";
import type { Clock } from "../application/ports/Clock.ts";
import type { EngineGateway } from "../application/ports/EngineGateway.ts";
import type { EngineQueries } from "../application/ports/EngineQueries.ts";
import { CongestionService } from "../application/services/CongestionService.ts";
import { GridTelemetryService } from "../application/services/GridTelemetryService.ts";
import type { GridLimits } from "../domain/grid/GridLimits.ts";
import { thaiTelemetryEnvelope } from "../domain/grid/thai/thaiTelemetryEnvelope.ts";
import type { ZonePairCharges } from "../domain/settlement/chargeSatPerKwh.ts";
import type { Hash32 } from "../domain/units/Address.ts";
import { HighsLinearProgramSolver } from "../infrastructure/grid/HighsLinearProgramSolver.ts";
import { loadThaiNetwork } from "../infrastructure/grid/loadThaiNetwork.ts";
import { PostgresTelemetryStore } from "../infrastructure/postgres/PostgresTelemetryStore.ts";
import { PostgresTradeRepository } from "../infrastructure/postgres/PostgresTradeRepository.ts";
import { Ed25519TelemetrySources } from "../infrastructure/telemetry/Ed25519TelemetrySources.ts";

/** Wall-clock time between two solutions of the open windows. */
const SOLVE_MILLIS = 2_000;

export type GridRoleOptions = {
	pool: pg.Pool;
	databaseUrl: string;
	clock: Clock;
	engine: EngineGateway;
	queries: EngineQueries;
	limits: GridLimits;
	baseCharges: ZonePairCharges[][];
	congestionCapSatPerKwh: number;
	/** Control rooms and their Ed25519 public keys. */
	telemetryKeys: Record<string, Hash32>;
	onProblem: (line: string) => void;
};

export type GridRole = { telemetry: GridTelemetryService; congestion: CongestionService; stop(): Promise<void> };

/** What the exchange knows of the grid beyond the trading path: telemetry from control rooms, prices of congestion. */
export async function startGridRole(options: GridRoleOptions): Promise<GridRole> {
	const { pool, databaseUrl, clock, engine, queries, limits, baseCharges, congestionCapSatPerKwh, onProblem } = options;
	const store = new PostgresTelemetryStore(pool, databaseUrl);
	const telemetry = await GridTelemetryService.start({
		sources: new Ed25519TelemetrySources(options.telemetryKeys),
		store,
		clock,
		envelope: thaiTelemetryEnvelope(loadThaiNetwork()),
		onError: (error) => onProblem(`telemetry: ${(error as Error).message}`),
	});
	const congestion = new CongestionService({
		engineQueries: queries,
		trades: new PostgresTradeRepository(pool),
		solver: await HighsLinearProgramSolver.load(),
		clock,
		limits: () => limits,
		baseCharges,
		congestionCapSatPerKwh,
		engine,
	});
	let isStopping = false;
	const solving = (async () => {
		while (!isStopping) {
			try {
				await congestion.refresh();
			} catch (error) {
				if (!isStopping) onProblem(`congestion prices: ${(error as Error).message}`);
			}
			await new Promise((resolve) => setTimeout(resolve, isStopping ? 0 : SOLVE_MILLIS));
		}
	})();
	return {
		telemetry,
		congestion,
		async stop() {
			isStopping = true;
			telemetry.stop();
			await store.close();
			await solving;
		},
	};
}
