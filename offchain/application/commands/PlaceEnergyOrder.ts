import type { EngineEvent } from "../../domain/engine/EngineEvent.ts";
import type { Order } from "../../domain/orders/Order.ts";
import type { ReasonCode } from "../../domain/orders/reasonCodes.ts";
import type { Hash32, Hex } from "../../domain/units/Address.ts";
import type { EngineGateway, EngineReply } from "../ports/EngineGateway.ts";
import type { OrderGate } from "../ports/OrderGate.ts";
import type { OrderRepository } from "../ports/OrderRepository.ts";
import type { SignatureVerdict, SignatureVerifier } from "../ports/SignatureVerifier.ts";
import { type OrderReceipt, receiptFromEvents, receiptFromRecord } from "../queries/OrderReceipt.ts";

export type SignedOrderRequest = { order: Order; signature: Hex };

export type PlacementOutcome =
	| { status: "accepted"; receipt: OrderReceipt }
	| { status: "rejected"; orderHash: Hash32; reason: ReasonCode; detail: string; events: EngineEvent[] }
	/** Nothing happened; the same request may be sent again. */
	| { status: "busy"; orderHash: Hash32 }
	/** It is not known whether the order was placed. The same request again tells: placement is idempotent. */
	| { status: "unknown"; orderHash: Hash32; cause: string };

type Dependencies = {
	engine: EngineGateway;
	verifier: SignatureVerifier;
	orders: OrderRepository;
	/** Closed to new orders in degraded modes; always open without it. */
	gate?: OrderGate;
};

/** Places one order. The answer comes after the order is on disk; the same signed order again gives the same answer. */
export async function placeEnergyOrder(deps: Dependencies, request: SignedOrderRequest): Promise<PlacementOutcome> {
	const [outcome] = await placeEnergyOrders(deps, [request]);
	if (outcome === undefined) throw new Error("invariant: one request, one outcome");
	return outcome;
}

/** Places several, in order; each stands for itself. */
export async function placeEnergyOrders(
	deps: Dependencies,
	requests: readonly SignedOrderRequest[],
): Promise<PlacementOutcome[]> {
	const verified = await Promise.all(requests.map((request) => verify(deps.verifier, request)));
	const outcomes = new Map<Verified, PlacementOutcome>();
	for (const item of verified) {
		const closed = item.verdict === "VALID" ? deps.gate?.refusal(item.order) : undefined;
		if (closed != null) outcomes.set(item, await closedOutcome(deps.orders, item.orderHash, closed));
	}
	const good = verified.filter((item) => item.verdict === "VALID" && !outcomes.has(item));
	const replies = await submit(deps.engine, good);
	for (const [index, item] of good.entries()) {
		outcomes.set(item, await outcomeOf(deps.orders, item, replies[index] as EngineReply | Error));
	}
	return verified.map((item) => outcomes.get(item) ?? refusedSignature(item));
}

type Verified = SignedOrderRequest & {
	orderHash: Hash32;
	verdict: SignatureVerdict["verdict"];
};

async function verify(verifier: SignatureVerifier, { order, signature }: SignedOrderRequest): Promise<Verified> {
	const judged = await verifier.verifyOrder(order, signature);
	const canonical = judged.verdict === "VALID" ? judged.signature : signature;
	return { order, signature: canonical, orderHash: verifier.orderHash(order), verdict: judged.verdict };
}

async function submit(engine: EngineGateway, good: readonly Verified[]): Promise<(EngineReply | Error)[]> {
	if (good.length === 0) return [];
	try {
		return await engine.submitMany(
			good.map(({ order, orderHash, signature }) => ({ type: "PlaceEnergyOrder", order, orderHash, signature })),
		);
	} catch (error) {
		return good.map(() => (error instanceof Error ? error : new Error(String(error))));
	}
}

async function outcomeOf(
	orders: OrderRepository,
	{ order, orderHash }: Verified,
	reply: EngineReply | Error,
): Promise<PlacementOutcome> {
	if (reply instanceof Error) return { status: "unknown", orderHash, cause: reply.message };
	if (reply.status === "busy") return { status: "busy", orderHash };
	for (const event of reply.events) {
		if (event.type === "OrderRejected" && event.orderHash === orderHash) {
			return { status: "rejected", orderHash, reason: event.reason, detail: event.detail, events: reply.events };
		}
		if (event.type === "OrderPlaced" && event.orderHash === orderHash) {
			return { status: "accepted", receipt: receiptFromEvents(order, orderHash, reply.sequence, reply.events) };
		}
	}
	return repeatedOutcome(orders, orderHash);
}

/** The engine stays silent on an order it already has: the answer is what became of it. */
async function repeatedOutcome(orders: OrderRepository, orderHash: Hash32): Promise<PlacementOutcome> {
	const record = await orders.byHash(orderHash);
	if (record === null) return { status: "unknown", orderHash, cause: "the engine did not say what became of it" };
	if (record.state === "rejected") {
		const reason = record.reason ?? "MALFORMED";
		return { status: "rejected", orderHash, reason, detail: record.detail ?? "", events: [] };
	}
	return { status: "accepted", receipt: receiptFromRecord(record) };
}

/** What was placed before the gate closed is answered as ever: only new orders are refused. */
async function closedOutcome(orders: OrderRepository, orderHash: Hash32, detail: string): Promise<PlacementOutcome> {
	const known = await orders.byHash(orderHash).catch(() => null);
	if (known !== null) return repeatedOutcome(orders, orderHash);
	return { status: "rejected", orderHash, reason: "CANCEL_ONLY", detail, events: [] };
}

function refusedSignature({ orderHash, verdict }: Verified): PlacementOutcome {
	if (verdict === "VALID") throw new Error("invariant: a verified order has an outcome");
	const detail =
		verdict === "SIGNATURE_INVALID"
			? "The signature is not the trader's for this order under this chain's settlement contract."
			: "The signature is good but its key is neither the trader's nor delegated by it for this window.";
	return { status: "rejected", orderHash, reason: verdict, detail, events: [] };
}
