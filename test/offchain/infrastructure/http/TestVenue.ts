import type { MarketDepth, SessionView } from "../../../../offchain/application/ports/EngineQueries.ts";
import type { GridEmergencies } from "../../../../offchain/application/ports/GridEmergencies.ts";
import type { GridSystemAdapter } from "../../../../offchain/application/ports/GridSystemAdapter.ts";
import type { WindowSummary } from "../../../../offchain/application/ports/MarketDataRepository.ts";
import type { AttestedReadings } from "../../../../offchain/application/ports/MeterReading.ts";
import type { OrderRecord } from "../../../../offchain/application/ports/OrderRepository.ts";
import type { TradeRecord } from "../../../../offchain/application/ports/TradeRepository.ts";
import { EnergyTradingApplicationService } from "../../../../offchain/application/services/EnergyTradingApplicationService.ts";
import { GridTokenXClient } from "../../../../offchain/client/GridTokenXClient.ts";
import { LocalKeySigner } from "../../../../offchain/client/LocalKeySigner.ts";
import type { Licensee } from "../../../../offchain/domain/grid/zones.ts";
import type { Order } from "../../../../offchain/domain/orders/Order.ts";
import { orderDomain } from "../../../../offchain/domain/orders/orderTypedData.ts";
import type { Address, Hash32 } from "../../../../offchain/domain/units/Address.ts";
import { energyWh, priceSatPerKwh } from "../../../../offchain/domain/units/units.ts";
import { type ApiServer, createApiServer } from "../../../../offchain/infrastructure/http/createApiServer.ts";
import { createLogger } from "../../../../offchain/infrastructure/observability/createLogger.ts";
import { Health } from "../../../../offchain/infrastructure/observability/Health.ts";
import { Metrics } from "../../../../offchain/infrastructure/observability/Metrics.ts";
import { FastSignatureVerifier } from "../../../../offchain/infrastructure/signatures/FastSignatureVerifier.ts";
import { ScriptedEngine } from "./ScriptedEngine.ts";

export const SETTLEMENT: Address = `0x${"5e".repeat(20)}`;
export const DOMAIN = orderDomain(31_337, SETTLEMENT);
export const NOW_SECONDS = 1_776_750_000;
export const WINDOW = Math.floor(NOW_SECONDS / 900) + 8;
export const TRADER = new LocalKeySigner(`0x${"11".repeat(32)}`);
export const ATTESTER = new LocalKeySigner(`0x${"22".repeat(32)}`);

/** The api role on a free port, over an engine and stores that the test fills. */
export class TestVenue {
	readonly engine = new ScriptedEngine();
	readonly orders = new Map<Hash32, OrderRecord>();
	readonly trades: TradeRecord[] = [];
	readonly windows: WindowSummary[] = [];
	readonly sessions: SessionView[] = [];
	readonly readings = new Map<string, number>();
	readonly batches: AttestedReadings[] = [];
	readonly meterZones = new Map<number, number>();
	readonly attesters = new Map<Address, Licensee>([[ATTESTER.address, "PEA"]]);
	readonly health = new Health();
	readonly metrics = new Metrics();
	depth: MarketDepth = { windowId: WINDOW, zoneId: 1, sequence: 0, bids: [], asks: [] };
	/** Thrown by every read of a store while set. */
	outage: Error | null = null;
	nowSeconds = NOW_SECONDS;
	url = "";
	private readonly server: ApiServer;

	constructor(
		options: { rateLimitPerMinute?: number; telemetry?: GridSystemAdapter; emergencies?: GridEmergencies } = {},
	) {
		const clock = { nowMillis: () => this.nowSeconds * 1000, sleepUntil: async () => undefined };
		const verifier = new FastSignatureVerifier(DOMAIN, {
			hasCode: async () => false,
			isValidSignature: async () => false,
			isDelegate: async () => false,
		});
		const orders = {
			byHash: async (hash: Hash32) => this.read(this.orders.get(hash) ?? null),
			find: async ({ limit }: { limit: number }) => this.read([...this.orders.values()].slice(0, limit)),
			history: async () => this.read([]),
		};
		const trades = {
			byId: async () => this.read(null),
			find: async ({ limit }: { limit: number }) => this.read(this.trades.slice(0, limit)),
			ofWindow: async () => this.read([]),
		};
		const marketData = {
			candles: async () => this.read([]),
			windows: async ({ fromWindow, limit }: { fromWindow?: number; limit: number }) =>
				this.read(this.windows.filter((w) => fromWindow === undefined || w.windowId === fromWindow).slice(0, limit)),
			zoneFlows: async () => this.read([]),
		};
		const trading = new EnergyTradingApplicationService({
			engine: this.engine,
			verifier,
			orders,
			readings: { add: (batch) => this.addReadings(batch), ofWindow: async () => this.batches },
			attesters: {
				licenseeOfAttester: async (attester) => this.attesters.get(attester) ?? null,
				zonesOf: async (ids) => ids.map((id) => this.meterZones.get(id) ?? null),
			},
			clock,
		});
		this.server = createApiServer({
			trading,
			engineQueries: {
				depth: async (windowId, zoneId) => this.read({ ...this.depth, windowId, zoneId }),
				account: async () => this.read(null),
				session: async (windowId) => this.read(this.sessions.find((s) => s.windowId === windowId) ?? null),
				sessions: async () => this.read([...this.sessions]),
			},
			events: this.engine,
			startSequence: 0,
			orders,
			trades,
			marketData,
			telemetry: options.telemetry,
			emergencies: options.emergencies,
			clock,
			venue: {
				version: "0.0.0-test",
				chainId: 31_337,
				rpcUrl: null,
				contracts: { WindowSettlement: SETTLEMENT },
				safes: {},
				settlement: SETTLEMENT,
				satoshiPerThb: 33,
			},
			logger: createLogger("test", "silent"),
			health: this.health,
			metrics: this.metrics,
			rateLimitPerMinute: options.rateLimitPerMinute ?? 0,
			trustedProxies: 0,
		});
	}

	async start(): Promise<this> {
		this.url = `http://127.0.0.1:${await this.server.listen(0)}`;
		return this;
	}

	listen(port: number): Promise<number> {
		return this.server.listen(port);
	}

	stop(): Promise<void> {
		return this.server.close();
	}

	client(): GridTokenXClient {
		return new GridTokenXClient(this.url);
	}

	private read<T>(value: T): T {
		if (this.outage !== null) throw this.outage;
		return value;
	}

	private async addReadings(batch: AttestedReadings) {
		let isNew = false;
		for (const { meterId, exportedWh } of batch.readings) {
			const key = `${batch.windowId}:${meterId}`;
			const storedWh = this.readings.get(key);
			if (storedWh !== undefined && storedWh !== exportedWh) {
				return { status: "contradicts" as const, meterId, storedWh, receivedWh: exportedWh };
			}
			isNew ||= storedWh === undefined;
			this.readings.set(key, exportedWh);
		}
		if (isNew) this.batches.push(batch);
		return { status: isNew ? ("stored" as const) : ("known" as const), batchId: this.batches.length };
	}
}

export function testOrder(changes: Partial<Order> = {}): Order {
	return {
		trader: TRADER.address,
		meterId: 7,
		windowId: WINDOW,
		side: "sell",
		orderClass: "limit",
		timeInForce: "gtc",
		postOnly: false,
		selfTradeMode: "cancelNewest",
		priceSatPerKwh: priceSatPerKwh(90),
		energyWh: energyWh(1_500),
		sequence: 1,
		epoch: 0,
		validUntil: 0,
		directiveId: 0,
		...changes,
	};
}

export async function postJson(url: string, body: unknown, init: RequestInit = {}) {
	const response = await fetch(url, {
		method: "POST",
		headers: { "content-type": "application/json" },
		body: typeof body === "string" ? body : JSON.stringify(body),
		...init,
	});
	return {
		status: response.status,
		type: response.headers.get("content-type") ?? "",
		headers: response.headers,
		body: (await response.json()) as Record<string, unknown>,
	};
}
