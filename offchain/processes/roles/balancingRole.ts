import type pg from "pg";
import type { ReserveRoster } from "../../application/ports/Balancing.ts";
import type { Clock } from "../../application/ports/Clock.ts";
import type { EngineQueries } from "../../application/ports/EngineQueries.ts";
import type { GridSystemAdapter } from "../../application/ports/GridSystemAdapter.ts";
import type { OperatorDesk } from "../../application/ports/OperatorDesk.ts";
import { type BalancingPoint, BalancingService } from "../../application/services/BalancingService.ts";
import type { GridLimits } from "../../domain/grid/GridLimits.ts";
import { landedAdder, type ZonePairCharges } from "../../domain/settlement/chargeSatPerKwh.ts";
import type { MarketRulesVersion } from "../../domain/settlement/SettlementRules.ts";
import type { WindowId } from "../../domain/units/window.ts";
import { sleepMillis } from "../../infrastructure/clock/sleepMillis.ts";
import { PostgresBalancingRecord } from "../../infrastructure/postgres/PostgresBalancingRecord.ts";
import { PostgresOrderRepository } from "../../infrastructure/postgres/PostgresOrderRepository.ts";
import { zoneCharges } from "../thaiMarket.ts";

const LOOK_MILLIS = 300;
/** The largest unit of the Thai system and its frequency bias; usual values, stated in docs/concepts/grid-operation.md. */
const LARGEST_UNIT_MW = 717;
const BIAS_MW_PER_TENTH_HERTZ = 1_200;

export type BalancingRoleOptions = {
	pool: pg.Pool;
	clock: Clock;
	queries: EngineQueries;
	telemetry: GridSystemAdapter;
	roster: ReserveRoster;
	points: readonly BalancingPoint[];
	/** Demand the area answers for, MW. */
	areaMw: number;
	/** The regulator's rules in force for a window, from the chain. */
	rulesAt: (windowId: WindowId) => Promise<MarketRulesVersion>;
	/** What a trade within a zone loses is read off them. */
	limits: GridLimits;
	desk: OperatorDesk;
	/** Windows balanced; by default every open one. */
	firstWindow?: WindowId;
	lastWindow?: WindowId | null;
	onNotice: (line: string) => void;
};

export type BalancingRole = { stop(): Promise<void> };

/** The system operator's balancing desk: its own wallet, orders through the public API like anyone's. */
export function startBalancingRole(options: BalancingRoleOptions): BalancingRole {
	const { pool, queries, rulesAt, limits, onNotice, ...rest } = options;
	const service = new BalancingService({
		...rest,
		engineQueries: queries,
		orders: new PostgresOrderRepository(pool),
		record: new PostgresBalancingRecord(pool),
		largestUnitMw: LARGEST_UNIT_MW,
		biasMwPerTenthHertz: BIAS_MW_PER_TENTH_HERTZ,
		termsAt: async (windowId) => {
			const rules = await rulesAt(windowId);
			const charges = zoneCharges(limits, rules);
			return {
				adderSatPerKwh: (zoneId) => landedAdder(charges[zoneId - 1]?.[zoneId - 1] as ZonePairCharges),
				floorSatPerKwh: rules.floorSatPerKwh,
				ceilingSatPerKwh: rules.ceilingSatPerKwh,
			};
		},
		onNotice,
	});
	const stopping = new AbortController();
	const following = follow(service, onNotice, stopping.signal);
	return {
		async stop() {
			stopping.abort();
			service.stop();
			await following;
		},
	};
}

/** What fails is told and tried again. */
async function follow(service: BalancingService, onNotice: (line: string) => void, signal: AbortSignal): Promise<void> {
	while (!signal.aborted) {
		try {
			await service.refresh();
		} catch (error) {
			if (!signal.aborted) onNotice(`balancing: ${(error as Error).message}`);
		}
		await sleepMillis(LOOK_MILLIS, signal);
	}
}
