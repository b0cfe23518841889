import type pg from "pg";
import { createPublicClient, http } from "viem";
import type { Clock } from "../../application/ports/Clock.ts";
import type { EngineGateway } from "../../application/ports/EngineGateway.ts";
import type { EventFeed } from "../../application/ports/EventFeed.ts";
import type { GridEmergencies } from "../../application/ports/GridEmergencies.ts";
import type { GridSystemAdapter } from "../../application/ports/GridSystemAdapter.ts";
import type { ZonePrices } from "../../application/ports/ZonePrices.ts";
import { BalancingStatements } from "../../application/queries/BalancingStatements.ts";
import { CancelOnlyGate } from "../../application/services/CancelOnlyGate.ts";
import { DirectivePriceBands } from "../../application/services/DirectivePriceBands.ts";
import { EnergyTradingApplicationService } from "../../application/services/EnergyTradingApplicationService.ts";
import { PriceDiscoveryService } from "../../application/services/PriceDiscoveryService.ts";
import { orderDomain } from "../../domain/orders/orderTypedData.ts";
import type { Deployment } from "../../infrastructure/chain/Deployment.ts";
import { MarketRulesReader } from "../../infrastructure/chain/MarketRulesReader.ts";
import type { InProcessEngineQueries } from "../../infrastructure/engine/InProcessEngineQueries.ts";
import { InProcessGridQueries } from "../../infrastructure/engine/InProcessGridQueries.ts";
import type { RunningEngine } from "../../infrastructure/engine/RunningEngine.ts";
import { createApiServer } from "../../infrastructure/http/createApiServer.ts";
import type { Logger } from "../../infrastructure/observability/createLogger.ts";
import type { Health } from "../../infrastructure/observability/Health.ts";
import { Metrics } from "../../infrastructure/observability/Metrics.ts";
import type { EngineReader } from "../../infrastructure/postgres/EngineReader.ts";
import { PostgresAttesterDirectory } from "../../infrastructure/postgres/PostgresAttesterDirectory.ts";
import { PostgresBalancingRecord } from "../../infrastructure/postgres/PostgresBalancingRecord.ts";
import { PostgresCertificateRepository } from "../../infrastructure/postgres/PostgresCertificateRepository.ts";
import { PostgresDirectiveRepository } from "../../infrastructure/postgres/PostgresDirectiveRepository.ts";
import { PostgresMakerScores } from "../../infrastructure/postgres/PostgresMakerScores.ts";
import { PostgresMarketDataRepository } from "../../infrastructure/postgres/PostgresMarketDataRepository.ts";
import { PostgresOrderRepository } from "../../infrastructure/postgres/PostgresOrderRepository.ts";
import { PostgresPayoutLedger } from "../../infrastructure/postgres/PostgresPayoutLedger.ts";
import { PostgresReadingRepository } from "../../infrastructure/postgres/PostgresReadingRepository.ts";
import { PostgresTradeRepository } from "../../infrastructure/postgres/PostgresTradeRepository.ts";
import { PulseWatch } from "../../infrastructure/postgres/PulseWatch.ts";
import { loadPriceAnchors } from "../../infrastructure/pricing/loadPriceAnchors.ts";
import { loadTimeOfUseCalendar } from "../../infrastructure/pricing/loadTimeOfUseCalendar.ts";
import { ChainWalletReader } from "../../infrastructure/signatures/ChainWalletReader.ts";
import { FastSignatureVerifier } from "../../infrastructure/signatures/FastSignatureVerifier.ts";

export type ApiRoleOptions = {
	pool: pg.Pool;
	clock: Clock;
	deployment: Deployment;
	rpcUrl: string;
	publicRpcUrl: string | null;
	/** Leading in this process, or reached from it. */
	engine: EngineGateway & EventFeed & EngineReader<RunningEngine> & { readonly lastSequence: number };
	queries: InProcessEngineQueries;
	logger: Logger;
	health: Health;
	host: string;
	port: number;
	version: string;
	satoshiPerThb: number;
	rateLimitPerMinute: number;
	trustedProxies: number;
	/** Takes control rooms' scans and tells the grid's conditions; without it telemetry answers 503. */
	telemetry?: GridSystemAdapter;
	/** Takes control rooms' emergency orders; without it they answer 503. */
	emergencies?: GridEmergencies;
	/** Prices of the last network solution; without it the reference price leaves congestion out and says so. */
	zonePrices?: ZonePrices;
};

export type ApiRole = { port: number; stop(): Promise<void> };

/** The public side: verifies, forwards to the engine, answers from the read models, serves the web page. */
export async function startApiRole(options: ApiRoleOptions): Promise<ApiRole> {
	const { pool, clock, deployment, engine, rpcUrl } = options;
	const { chainId, addresses } = deployment;
	const orders = new PostgresOrderRepository(pool);
	const chain = createPublicClient({ transport: http(rpcUrl), cacheTime: 0 });
	const wallets = new ChainWalletReader(chain, addresses.MeterRegistry);
	const directives = new PostgresDirectiveRepository(pool, chainId);
	const marketData = new PostgresMarketDataRepository(pool);
	const rules = new MarketRulesReader(chain, addresses.MarketRules);
	const gate = new CancelOnlyGate({
		marketNowSeconds: () => Math.floor(clock.nowMillis() / 1000),
		nowMillis: () => performance.now(),
	});
	const pulse = new PulseWatch({
		pool,
		chainId,
		onPulse: (heard) => gate.hear(heard),
		onChange: (line) => options.logger.warn(line),
	});
	options.health.register("trading", () => gate.health());
	const trading = new EnergyTradingApplicationService({
		engine,
		verifier: new FastSignatureVerifier(orderDomain(chainId, addresses.WindowSettlement), wallets),
		orders,
		readings: new PostgresReadingRepository(pool),
		attesters: new PostgresAttesterDirectory(pool, chainId),
		clock,
		gate,
	});
	const server = createApiServer({
		trading,
		engineQueries: options.queries,
		events: engine,
		startSequence: engine.lastSequence,
		orders,
		trades: new PostgresTradeRepository(pool),
		marketData,
		pricing: new PriceDiscoveryService({
			engineQueries: options.queries,
			marketData,
			bands: new DirectivePriceBands((windowId) => rules.at(windowId), directives),
			calendar: loadTimeOfUseCalendar(),
			anchors: loadPriceAnchors(options.satoshiPerThb),
			conditions: options.telemetry,
			zonePrices: options.zonePrices,
		}),
		telemetry: options.telemetry,
		emergencies: options.emergencies,
		zonePrices: options.zonePrices,
		balancing: new BalancingStatements(new PostgresBalancingRecord(pool), orders),
		grid: new InProcessGridQueries(engine),
		directives,
		certificates: new PostgresCertificateRepository(pool, chainId),
		payouts: new PostgresPayoutLedger(pool),
		makers: new PostgresMakerScores(pool, chainId),
		clock,
		venue: {
			version: options.version,
			chainId,
			rpcUrl: options.publicRpcUrl,
			contracts: addresses,
			safes: deployment.safes,
			settlement: addresses.WindowSettlement,
			satoshiPerThb: options.satoshiPerThb,
		},
		logger: options.logger,
		health: options.health,
		metrics: new Metrics(),
		rateLimitPerMinute: options.rateLimitPerMinute,
		trustedProxies: options.trustedProxies,
	});
	const port = await server.listen(options.port, options.host);
	return {
		port,
		stop: async () => {
			await pulse.stop();
			await server.close();
		},
	};
}
