import type pg from "pg";
import type { Clock } from "../application/ports/Clock.ts";
import type { EngineQueries } from "../application/ports/EngineQueries.ts";
import type { GridSystemAdapter } from "../application/ports/GridSystemAdapter.ts";
import type { OperatorDesk } from "../application/ports/OperatorDesk.ts";
import { BalancingService } from "../application/services/BalancingService.ts";
import type { GridTokenXClient } from "../client/GridTokenXClient.ts";
import { LocalKeySigner } from "../client/LocalKeySigner.ts";
import { orderHash } from "../domain/orders/orderHash.ts";
import type { OrderDomain } from "../domain/orders/orderTypedData.ts";
import { landedAdder, type ZonePairCharges } from "../domain/settlement/chargeSatPerKwh.ts";
import type { WindowId } from "../domain/units/window.ts";
import { sleepMillis } from "../infrastructure/clock/sleepMillis.ts";
import { PostgresBalancingRecord } from "../infrastructure/postgres/PostgresBalancingRecord.ts";
import { PostgresOrderRepository } from "../infrastructure/postgres/PostgresOrderRepository.ts";
import type { ReserveFleet } from "../simulators/reserves/createReserveFleet.ts";
import type { Scenario } from "../simulators/scenario/createScenario.ts";

const LOOK_MILLIS = 300;
/** The largest unit of the Thai system and its frequency bias; usual values, stated in docs/concepts/grid-operation.md. */
const LARGEST_UNIT_MW = 717;
const BIAS_MW_PER_TENTH_HERTZ = 1_200;
const WINDOWS_PER_HOUR = 4;

export type BalancingRoleOptions = {
	pool: pg.Pool;
	clock: Clock;
	queries: EngineQueries;
	telemetry: GridSystemAdapter;
	scenario: Scenario;
	charges: readonly (readonly ZonePairCharges[])[];
	floorSatPerKwh: number;
	ceilingSatPerKwh: number;
	domain: OrderDomain;
	/** The public API; null while it is not up. */
	client: () => GridTokenXClient | null;
	firstWindow: WindowId;
	lastWindow: WindowId | null;
	onNotice: (line: string) => void;
};

export type BalancingRole = { service: BalancingService; stop(): Promise<void> };

/** The system operator's balancing desk: its own wallet, orders through the public API like anyone's. */
export function startBalancingRole(options: BalancingRoleOptions): BalancingRole {
	const { scenario, charges, pool, clock, queries, telemetry, onNotice } = options;
	const reserves = scenario.reserves;
	if (reserves === null) throw new Error("invariant: the local market has reserves");
	const peakWh = scenario.population.flatMap(({ meters }) => meters).reduce((sum, meter) => sum + meter.peakLoadWh, 0);
	const service = new BalancingService({
		telemetry,
		engineQueries: queries,
		orders: new PostgresOrderRepository(pool),
		roster: { offers: async () => reserves.offers },
		record: new PostgresBalancingRecord(pool),
		desk: operatorDesk(reserves, options.domain, options.client),
		points: reserves.points,
		clock,
		areaMw: (peakWh * WINDOWS_PER_HOUR) / 1e6,
		largestUnitMw: LARGEST_UNIT_MW,
		biasMwPerTenthHertz: BIAS_MW_PER_TENTH_HERTZ,
		adderSatPerKwh: (zoneId) => landedAdder(charges[zoneId - 1]?.[zoneId - 1] as ZonePairCharges),
		floorSatPerKwh: options.floorSatPerKwh,
		ceilingSatPerKwh: options.ceilingSatPerKwh,
		firstWindow: options.firstWindow,
		lastWindow: options.lastWindow,
		onNotice,
	});
	const stopping = new AbortController();
	const following = follow(service, onNotice, stopping.signal);
	return {
		service,
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

function operatorDesk(
	{ operator }: ReserveFleet,
	domain: OrderDomain,
	client: () => GridTokenXClient | null,
): OperatorDesk {
	const signer = new LocalKeySigner(operator.privateKey);
	return {
		account: operator.address,
		async place(order) {
			const api = client();
			if (api === null) return { status: "unavailable", detail: "the API is not up yet" };
			const signature = await signer.signOrder(order, domain);
			const answer = await api.submitOrder({ order, signature });
			if (answer.status === "accepted") return { status: "accepted", orderHash: orderHash(order, domain) };
			if (answer.status !== "rejected") return { status: "unavailable", detail: `${answer.code}: ${answer.detail}` };
			return { status: "rejected", orderHash: answer.orderHash, reason: answer.code, detail: answer.detail };
		},
	};
}
