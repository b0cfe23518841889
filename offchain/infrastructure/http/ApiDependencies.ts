import type { BalancingQueries } from "../../application/ports/Balancing.ts";
import type { CertificateRepository } from "../../application/ports/CertificateRepository.ts";
import type { Clock } from "../../application/ports/Clock.ts";
import type { DirectiveRepository } from "../../application/ports/DirectiveRepository.ts";
import type { EngineQueries } from "../../application/ports/EngineQueries.ts";
import type { EventFeed } from "../../application/ports/EventFeed.ts";
import type { GridEmergencies } from "../../application/ports/GridEmergencies.ts";
import type { GridQueries } from "../../application/ports/GridQueries.ts";
import type { GridSystemAdapter } from "../../application/ports/GridSystemAdapter.ts";
import type { MakerScores } from "../../application/ports/MakerScores.ts";
import type { MarketDataRepository } from "../../application/ports/MarketDataRepository.ts";
import type { OrderRepository } from "../../application/ports/OrderRepository.ts";
import type { PayoutQueries } from "../../application/ports/Payouts.ts";
import type { PricingQueries } from "../../application/ports/PricingQueries.ts";
import type { TradeRepository } from "../../application/ports/TradeRepository.ts";
import type { ZonePrices } from "../../application/ports/ZonePrices.ts";
import type { EnergyTradingApplicationService } from "../../application/services/EnergyTradingApplicationService.ts";
import type { Address } from "../../domain/units/Address.ts";
import type { Logger } from "../observability/createLogger.ts";
import type { Health } from "../observability/Health.ts";
import type { Metrics } from "../observability/Metrics.ts";

/** The venue as a client must know it: what `deploy/addresses` says, and nothing secret. */
export type VenueIdentity = {
	version: string;
	chainId: number;
	/** Told to clients that read the chain themselves; null where it is not public. */
	rpcUrl: string | null;
	contracts: Record<string, Address>;
	safes: Record<string, Address>;
	/** The settlement contract: verifying contract of every order. */
	settlement: Address;
	satoshiPerThb: number;
};

/** What the api role is wired from. The optional parts answer 503 UNAVAILABLE while they are missing. */
export type ApiDependencies = {
	trading: EnergyTradingApplicationService;
	engineQueries: EngineQueries;
	events: EventFeed;
	/** Last committed input when the server is made: the stream begins there. */
	startSequence: number;
	orders: OrderRepository;
	trades: TradeRepository;
	marketData: MarketDataRepository;
	pricing?: PricingQueries;
	grid?: GridQueries;
	telemetry?: GridSystemAdapter;
	zonePrices?: ZonePrices;
	emergencies?: GridEmergencies;
	balancing?: BalancingQueries;
	directives?: DirectiveRepository;
	certificates?: CertificateRepository;
	payouts?: PayoutQueries;
	makers?: Pick<MakerScores, "ofWindow">;
	clock: Clock;
	venue: VenueIdentity;
	logger: Logger;
	health: Health;
	metrics: Metrics;
	/** Requests per minute and address; 0 = no limit. */
	rateLimitPerMinute: number;
	/** Reverse proxies in front, as Express' "trust proxy". */
	trustedProxies: number;
};
