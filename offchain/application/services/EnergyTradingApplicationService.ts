import type { CancelAllOrdersMessage, CancelOrderMessage } from "../../domain/orders/cancelTypedData.ts";
import type { Hex } from "../../domain/units/Address.ts";
import { type CancellationOutcome, cancelAllOrders, cancelOrder } from "../commands/CancelOrder.ts";
import {
	type PlacementOutcome,
	placeEnergyOrder,
	placeEnergyOrders,
	type SignedOrderRequest,
} from "../commands/PlaceEnergyOrder.ts";
import { type ReadingsOutcome, submitReadings } from "../commands/SubmitReadings.ts";
import type { AttesterDirectory } from "../ports/AttesterDirectory.ts";
import type { Clock } from "../ports/Clock.ts";
import type { EngineGateway } from "../ports/EngineGateway.ts";
import type { AttestedReadings } from "../ports/MeterReading.ts";
import type { OrderGate } from "../ports/OrderGate.ts";
import type { OrderRepository } from "../ports/OrderRepository.ts";
import type { ReadingRepository } from "../ports/ReadingRepository.ts";
import type { SignatureVerifier } from "../ports/SignatureVerifier.ts";

export type TradingDependencies = {
	engine: EngineGateway;
	verifier: SignatureVerifier;
	orders: OrderRepository;
	readings: ReadingRepository;
	attesters: AttesterDirectory;
	clock: Clock;
	/** Closed to new orders in degraded modes. */
	gate?: OrderGate;
};

/** The commands traders and meter operators may give. Every refusal is a value with a stable code. */
export class EnergyTradingApplicationService {
	private readonly deps: TradingDependencies;

	constructor(deps: TradingDependencies) {
		this.deps = deps;
	}

	placeEnergyOrder(request: SignedOrderRequest): Promise<PlacementOutcome> {
		return placeEnergyOrder(this.deps, request);
	}

	/** In order; each stands for itself. */
	placeEnergyOrders(requests: readonly SignedOrderRequest[]): Promise<PlacementOutcome[]> {
		return placeEnergyOrders(this.deps, requests);
	}

	cancelOrder(message: CancelOrderMessage, signature: Hex): Promise<CancellationOutcome> {
		return cancelOrder(this.deps, message, signature);
	}

	cancelAllOrders(message: CancelAllOrdersMessage, signature: Hex): Promise<CancellationOutcome> {
		return cancelAllOrders(this.deps, message, signature);
	}

	submitReadings(batch: AttestedReadings): Promise<ReadingsOutcome> {
		return submitReadings(this.deps, batch);
	}
}
