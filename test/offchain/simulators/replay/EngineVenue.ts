import { type PlacementOutcome, placeEnergyOrder } from "../../../../offchain/application/commands/PlaceEnergyOrder.ts";
import type { Clock } from "../../../../offchain/application/ports/Clock.ts";
import type { EngineGateway, EngineReply } from "../../../../offchain/application/ports/EngineGateway.ts";
import type { EngineEvent } from "../../../../offchain/domain/engine/EngineEvent.ts";
import type { ChainFactBody, EngineInput } from "../../../../offchain/domain/engine/EngineInput.ts";
import type { SignedOrder } from "../../../../offchain/domain/orders/Order.ts";
import type { Trade } from "../../../../offchain/domain/settlement/Trade.ts";
import type { Hash32 } from "../../../../offchain/domain/units/Address.ts";
import { createEngine } from "../../../../offchain/infrastructure/engine/RunningEngine.ts";
import { FastSignatureVerifier } from "../../../../offchain/infrastructure/signatures/FastSignatureVerifier.ts";
import type { OrderAnswer, OrderEntry } from "../../../../offchain/simulators/market/OrderEntry.ts";
import type { MarketRegistration } from "../../../../offchain/simulators/participants/marketRegistration.ts";
import type { Participant } from "../../../../offchain/simulators/participants/Participant.ts";
import { TEST_DOMAIN } from "../testScenario.ts";

/** The real engine and the real placing command in one process, without network, database or chain. */
export class EngineVenue implements OrderEntry, EngineGateway {
	readonly events: EngineEvent[] = [];
	readonly engine = createEngine();
	/** Every order that was sent, as its trader signed it. */
	readonly sent = new Map<Hash32, SignedOrder>();
	readonly #clock: Clock;
	readonly #verifier: FastSignatureVerifier;
	#sequence = 0;
	#position = 0;

	constructor(clock: Clock, genesis: readonly EngineInput[], registration: MarketRegistration) {
		this.#clock = clock;
		// No account of the simulation is a contract, none has delegated a key.
		this.#verifier = new FastSignatureVerifier(TEST_DOMAIN, {
			hasCode: async () => false,
			isValidSignature: async () => false,
			isDelegate: async () => false,
		});
		for (const input of genesis) this.apply(input);
		const validUntil = Math.floor(clock.nowMillis() / 1000) + 365 * 86_400;
		for (const licence of registration.licences) this.fact({ kind: "ParticipantLicensed", ...licence, validUntil });
		for (const { latitudeMicrodegrees: _, longitudeMicrodegrees: __, ...meter } of registration.meters) {
			this.fact({ kind: "MeterRegistered", ...meter });
		}
		for (const { account, amountSat } of registration.deposits) {
			this.fact({ kind: "Deposited", account, amountMsat: amountSat * 1000 });
		}
	}

	fact(fact: ChainFactBody): EngineEvent[] {
		this.#position += 1;
		return this.apply({ type: "ChainFact", position: this.#position, fact });
	}

	apply(input: EngineInput): EngineEvent[] {
		this.#sequence += 1;
		const events = this.engine.apply(this.#sequence, input);
		this.events.push(...events);
		return events;
	}

	async submit(input: EngineInput): Promise<EngineReply> {
		this.apply({ type: "AdvanceClock", nowSeconds: Math.floor(this.#clock.nowMillis() / 1000) });
		const events = this.apply(input);
		return { status: "applied", sequence: this.#sequence, events };
	}

	async submitMany(inputs: EngineInput[]): Promise<EngineReply[]> {
		return Promise.all(inputs.map((input) => this.submit(input)));
	}

	async place(signed: SignedOrder): Promise<OrderAnswer> {
		this.sent.set(signed.orderHash, signed);
		const orders = { byHash: async () => null, find: async () => [], history: async () => [] };
		const outcome = await placeEnergyOrder({ engine: this, verifier: this.#verifier, orders }, signed);
		return answerOf(outcome);
	}

	async cancel(participant: Participant, orderHash: Hash32): Promise<OrderAnswer> {
		const reply = await this.submit({ type: "CancelOrder", account: participant.address, orderHash });
		const refused = reply.status === "applied" && reply.events.find((event) => event.type === "InputRefused");
		return refused ? { status: "rejected", reason: refused.reason, detail: refused.detail } : { status: "accepted" };
	}

	/** Trades that stand, in the order they were made. */
	trades(): Trade[] {
		const unwound = new Set(this.events.filter((event) => event.type === "TradeUnwound").map(({ tradeId }) => tradeId));
		return this.events
			.filter((event) => event.type === "TradeExecuted")
			.map(({ trade }) => trade)
			.filter(({ tradeId }) => !unwound.has(tradeId));
	}
}

function answerOf(outcome: PlacementOutcome): OrderAnswer {
	if (outcome.status === "accepted") return { status: "accepted" };
	if (outcome.status === "rejected") return { status: "rejected", reason: outcome.reason, detail: outcome.detail };
	return { status: "unavailable", detail: outcome.status };
}
