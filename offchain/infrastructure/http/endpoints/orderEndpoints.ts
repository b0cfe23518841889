import { z } from "zod";
import type { CancellationOutcome } from "../../../application/commands/CancelOrder.ts";
import type { PlacementOutcome } from "../../../application/commands/PlaceEnergyOrder.ts";
import type { ApiDependencies } from "../ApiDependencies.ts";
import { type Endpoint, endpoint, ok } from "../Endpoint.ts";
import {
	cancelAllOrdersRequest,
	cancellationReply,
	cancelOrderRequest,
	orderHistory,
	orderList,
	orderListQuery,
	orderReceipt,
	placeOrderRequest,
	placeOrdersReply,
	placeOrdersRequest,
} from "../messages/orderMessages.ts";
import { hash32 } from "../messages/primitives.ts";
import { problem, type Reply } from "../Problem.ts";
import type { ProblemCode } from "../problemCodes.ts";

const BATCH_BYTES = 2 << 20;
const OUTCOME_UNKNOWN = "It is not known whether it took effect. The same request again is safe and tells.";
const COMMON: ProblemCode[] = ["MALFORMED", "SIGNATURE_INVALID", "SIGNER_NOT_AUTHORISED", "BUSY", "OUTCOME_UNKNOWN"];
const orderPath = z.strictObject({ orderHash: hash32 });

const placeEnergyOrder = endpoint({
	method: "post",
	path: "/v1/orders",
	operationId: "PlaceEnergyOrder",
	summary: "Places a signed order; answered once it is on disk. The same order again gives the same answer.",
	tag: "orders",
	body: placeOrderRequest,
	success: [{ status: 201, schema: orderReceipt, description: "Accepted" }],
	problems: [...COMMON, "DUPLICATE_SEQUENCE", "GATE_CLOSED", "FUNDS_INSUFFICIENT", "PRICE_BAND", "METER_CAPACITY"],
	async handle({ body }, deps) {
		const outcome = await deps.trading.placeEnergyOrder(body);
		record(deps, outcome);
		if (outcome.status === "accepted") return ok({ status: "accepted", ...outcome.receipt }, 201);
		const { orderHash } = outcome;
		if (outcome.status === "busy") return problem("BUSY", "", { orderHash });
		if (outcome.status === "unknown") return problem("OUTCOME_UNKNOWN", OUTCOME_UNKNOWN, { orderHash });
		return problem(outcome.reason, outcome.detail, { orderHash, events: outcome.events });
	},
});

const placeEnergyOrders = endpoint({
	method: "post",
	path: "/v1/orders/batch",
	operationId: "PlaceEnergyOrders",
	summary: "Places several signed orders in order; each stands for itself and has its own result.",
	tag: "orders",
	body: placeOrdersRequest,
	bodyLimitBytes: BATCH_BYTES,
	success: [{ status: 200, schema: placeOrdersReply, description: "One result for each order" }],
	problems: ["MALFORMED"],
	async handle({ body }, deps) {
		const outcomes = await deps.trading.placeEnergyOrders(body.orders);
		for (const outcome of outcomes) record(deps, outcome);
		return ok({ results: outcomes.map(batchResult) });
	},
});

const cancelOrder = endpoint({
	method: "delete",
	path: "/v1/orders/{orderHash}",
	operationId: "CancelOrder",
	summary: "Cancels what is open of an order, by its trader's signature.",
	tag: "orders",
	params: orderPath,
	body: cancelOrderRequest,
	success: [{ status: 200, schema: cancellationReply, description: "Cancelled" }],
	problems: [...COMMON, "ORDER_UNKNOWN", "NOT_ORDER_OWNER"],
	async handle({ params, body: { account, signature } }, deps) {
		const message = { account, orderHash: params.orderHash };
		return cancellation(await deps.trading.cancelOrder(message, signature));
	},
});

const cancelAllOrders = endpoint({
	method: "post",
	path: "/v1/orders/cancel-all",
	operationId: "CancelAllOrders",
	summary: "Cancels every open order of an account in one window, or in all.",
	tag: "orders",
	body: cancelAllOrdersRequest,
	success: [{ status: 200, schema: cancellationReply, description: "Cancelled" }],
	problems: [...COMMON, "VALID_UNTIL_INVALID"],
	async handle({ body: { signature, ...message } }, deps) {
		return cancellation(await deps.trading.cancelAllOrders(message, signature));
	},
});

const getOrderHistory = endpoint({
	method: "get",
	path: "/v1/orders",
	operationId: "GetOrderHistory",
	summary: "Orders as committed, newest first.",
	tag: "orders",
	query: orderListQuery,
	success: [{ status: 200, schema: orderList, description: "A page of orders" }],
	problems: ["MALFORMED"],
	async handle({ query }, deps) {
		const orders = await deps.orders.find(query);
		const last = orders.length === query.limit ? orders.at(-1) : undefined;
		return ok({ orders, nextBeforeSequence: last?.placedSequence ?? null });
	},
});

const getOrder = endpoint({
	method: "get",
	path: "/v1/orders/{orderHash}",
	operationId: "GetOrder",
	summary: "One order and every transition of its life.",
	tag: "orders",
	params: orderPath,
	success: [{ status: 200, schema: orderHistory, description: "The order" }],
	problems: ["MALFORMED", "NOT_FOUND"],
	async handle({ params: { orderHash } }, deps) {
		const order = await deps.orders.byHash(orderHash);
		if (order === null) return problem("NOT_FOUND", `No order ${orderHash} is known here.`);
		return ok({ order, history: await deps.orders.history(orderHash) });
	},
});

export const orderEndpoints: Endpoint[] = [
	placeEnergyOrder,
	placeEnergyOrders,
	cancelAllOrders,
	cancelOrder,
	getOrderHistory,
	getOrder,
];

function batchResult(outcome: PlacementOutcome) {
	if (outcome.status === "accepted") return { status: "accepted", ...outcome.receipt };
	const { orderHash, status } = outcome;
	if (status === "rejected") return { status, orderHash, code: outcome.reason, detail: outcome.detail };
	if (status === "busy") return { status, orderHash, code: "BUSY", detail: "Send it again." };
	return { status, orderHash, code: "OUTCOME_UNKNOWN", detail: OUTCOME_UNKNOWN };
}

function cancellation(outcome: CancellationOutcome): Reply {
	if (outcome.status === "cancelled") return ok(outcome);
	if (outcome.status === "busy") return problem("BUSY", "");
	if (outcome.status === "unknown") return problem("OUTCOME_UNKNOWN", OUTCOME_UNKNOWN);
	return problem(outcome.reason, outcome.detail);
}

/** What the engine never sees (bad signatures) or could not say is recorded here; the rest is in its log. */
function record({ metrics, logger }: ApiDependencies, outcome: PlacementOutcome): void {
	const result = outcome.status === "rejected" ? outcome.reason : outcome.status;
	metrics.count("gridtokenx_orders_total", "Orders received, by result", { result });
	if (outcome.status === "unknown")
		logger.error({ orderHash: outcome.orderHash, cause: outcome.cause }, "order outcome unknown");
	else if (outcome.status === "rejected" && outcome.events.length === 0) {
		logger.info({ orderHash: outcome.orderHash, code: outcome.reason }, "order refused before the engine");
	}
}
