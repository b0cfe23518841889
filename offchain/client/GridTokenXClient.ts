import type { z } from "zod";
import type { SignedTelemetry } from "../application/ports/GridSystemAdapter.ts";
import type { AttestedReadings } from "../application/ports/MeterReading.ts";
import type { Order } from "../domain/orders/Order.ts";
import { orderHash } from "../domain/orders/orderHash.ts";
import type { OrderDomain } from "../domain/orders/orderTypedData.ts";
import type { ReasonCode } from "../domain/orders/reasonCodes.ts";
import type { Address, Hash32, Hex } from "../domain/units/Address.ts";
import type { WindowId } from "../domain/units/window.ts";
import { accountView, certificateList, payoutStatement } from "../infrastructure/http/messages/accountMessages.ts";
import {
	balancing,
	directiveList,
	gridImpact,
	gridStatus,
	zonePrices,
} from "../infrastructure/http/messages/gridMessages.ts";
import {
	makerList,
	marketDepth,
	marketSummary,
	pricingData,
	tradeList,
	windowDetail,
	windowList,
} from "../infrastructure/http/messages/marketMessages.ts";
import {
	cancellationReply,
	orderHistory,
	orderList,
	orderReceipt,
	placeOrdersReply,
} from "../infrastructure/http/messages/orderMessages.ts";
import { readingsReply } from "../infrastructure/http/messages/readingMessages.ts";
import { gridConditions, telemetryReply } from "../infrastructure/http/messages/telemetryMessages.ts";
import { venueConfig } from "../infrastructure/http/messages/venueMessages.ts";
import { ApiError } from "./ApiError.ts";
import { type Answer, ApiTransport } from "./ApiTransport.ts";
import { MarketStreamClient } from "./MarketStreamClient.ts";
import type { OrderSigner } from "./OrderSigner.ts";

export type VenueConfig = z.output<typeof venueConfig>;

/** `code` is a reason code, a reading code or a transport code; see docs/reference. */
export type Refusal = { status: "refused"; code: string; detail: string };
export type PlaceOrderAnswer =
	| z.output<typeof orderReceipt>
	| { status: "rejected"; code: ReasonCode; detail: string; orderHash: Hash32 }
	/** Nothing is known or nothing happened: the same request may be sent again at any time. */
	| { status: "unavailable"; code: string; detail: string };

type SignedOrderMessage = { order: Order; signature: Hex };
type Query = Record<string, string | number | undefined>;

/** Everything a trader, a meter operator or an onlooker can do, over the public API. */
export class GridTokenXClient {
	private readonly transport: ApiTransport;
	private config: Promise<VenueConfig> | null = null;

	/** `url` as `http://127.0.0.1:8080`. Requests not answered in time count as unavailable. */
	constructor(url: string, options: { timeoutMillis?: number } = {}) {
		this.transport = new ApiTransport(url, options.timeoutMillis ?? 15_000);
	}

	/** Chain, contracts, zones and signing domain; read once. `marketTimeMillis` is from then. */
	venue(): Promise<VenueConfig> {
		this.config ??= this.freshVenue().catch((error: unknown) => {
			this.config = null;
			throw error;
		});
		return this.config;
	}

	freshVenue(): Promise<VenueConfig> {
		return this.query("/v1/config", venueConfig);
	}

	async orderDomain(): Promise<OrderDomain> {
		return (await this.venue()).orderDomain;
	}

	async placeOrder(signer: OrderSigner, order: Order): Promise<PlaceOrderAnswer> {
		return this.submitOrder({ order, signature: await signer.signOrder(order, await this.orderDomain()) });
	}

	/** Places an order signed elsewhere. Never throws: what could not be sent is `unavailable`. */
	async submitOrder({ order, signature }: SignedOrderMessage): Promise<PlaceOrderAnswer> {
		const answer = await this.attempt("POST", "/v1/orders", { order, signature });
		if (answer instanceof ApiError) {
			return { status: "unavailable", code: answer.code ?? "UNREACHABLE", detail: answer.message };
		}
		if (answer.status === 201) return orderReceipt.parse(answer.body);
		const { code, detail } = problemOf(answer);
		if (answer.status >= 500 || answer.status === 429) return { status: "unavailable", code, detail };
		const hash = (answer.body as { orderHash?: Hash32 }).orderHash ?? orderHash(order, await this.orderDomain());
		return { status: "rejected", code: code as ReasonCode, detail, orderHash: hash };
	}

	/** Several at once, one result each, in order. Throws `ApiError` when the request as a whole fails. */
	async submitOrders(orders: readonly SignedOrderMessage[]) {
		const body = { orders: orders.map(({ order, signature }) => ({ order, signature })) };
		const answer = await this.transport.send("POST", "/v1/orders/batch", body);
		return placeOrdersReply.parse(success(answer)).results;
	}

	async cancelOrder(signer: OrderSigner, hash: Hash32): Promise<z.output<typeof cancellationReply> | Refusal> {
		const message = { account: signer.address, orderHash: hash };
		const signature = await signer.signCancelOrder(message, await this.orderDomain());
		const answer = await this.transport.send("DELETE", `/v1/orders/${hash}`, { account: signer.address, signature });
		return answer.status === 200 ? cancellationReply.parse(answer.body) : refusal(answer);
	}

	/** Cancels all open orders of one window, or of all without `windowId`. */
	async cancelAllOrders(
		signer: OrderSigner,
		options: { windowId?: WindowId; deadlineSeconds: number },
	): Promise<z.output<typeof cancellationReply> | Refusal> {
		const { windowId = 0, deadlineSeconds } = options;
		const message = { account: signer.address, windowId, deadlineSeconds };
		const signature = await signer.signCancelAllOrders(message, await this.orderDomain());
		const answer = await this.transport.send("POST", "/v1/orders/cancel-all", { ...message, signature });
		return answer.status === 200 ? cancellationReply.parse(answer.body) : refusal(answer);
	}

	/** A licensee's signed readings; see `LocalKeySigner.signReadings`. */
	async submitReadings(batch: AttestedReadings): Promise<z.output<typeof readingsReply> | Refusal> {
		const answer = await this.transport.send("POST", "/v1/readings", batch);
		return answer.status === 200 || answer.status === 201 ? readingsReply.parse(answer.body) : refusal(answer);
	}

	marketDepth(windowId: WindowId, zoneId: number, levels = 20) {
		return this.query("/v1/market-depth", marketDepth, { windowId, zoneId, levels });
	}

	orders(
		query: {
			account?: Address;
			windowId?: WindowId;
			side?: string;
			states?: string;
			beforeSequence?: number;
			limit?: number;
		} = {},
	) {
		return this.query("/v1/orders", orderList, query);
	}

	order(hash: Hash32) {
		return this.query(`/v1/orders/${hash}`, orderHistory);
	}

	trades(
		query: { account?: Address; windowId?: WindowId; orderHash?: Hash32; beforeSequence?: number; limit?: number } = {},
	) {
		return this.query("/v1/trades", tradeList, query);
	}

	async windows(query: { fromWindow?: WindowId; toWindow?: WindowId; limit?: number } = {}) {
		return (await this.query("/v1/windows", windowList, query)).windows;
	}

	window(windowId: WindowId) {
		return this.query(`/v1/windows/${windowId}`, windowDetail);
	}

	account(account: Address) {
		return this.query(`/v1/accounts/${account}`, accountView);
	}

	pricing(windowId: WindowId, zoneId: number) {
		return this.query("/v1/pricing", pricingData, { windowId, zoneId });
	}

	gridStatus(windowId: WindowId) {
		return this.query("/v1/grid/status", gridStatus, { windowId });
	}

	gridImpact(query: {
		windowId: WindowId;
		sellZoneId: number;
		buyZoneId: number;
		energyWh: number;
		sellNodeId?: number;
		buyNodeId?: number;
	}) {
		return this.query("/v1/grid/impact", gridImpact, query);
	}

	/** Zone prices of the window's last network solution; throws `NOT_FOUND` before the first. */
	zonePrices(windowId: WindowId) {
		return this.query("/v1/grid/prices", zonePrices, { windowId });
	}

	/** Reserve and balancing energy of a window; throws `NOT_FOUND` before reserve was bought. */
	balancing(windowId: WindowId) {
		return this.query("/v1/grid/balancing", balancing, { windowId });
	}

	/** What the control rooms last reported; throws `UNAVAILABLE` before the first report. */
	gridConditions() {
		return this.query("/v1/grid/conditions", gridConditions);
	}

	/** Hands in a control room's scan (see `TelemetrySigner`). */
	async submitTelemetry(telemetry: SignedTelemetry): Promise<z.output<typeof telemetryReply> | Refusal> {
		const answer = await this.transport.send("POST", "/v1/telemetry", telemetry);
		return answer.status === 200 ? telemetryReply.parse(answer.body) : refusal(answer);
	}

	async directives(query: { windowId?: WindowId; limit?: number } = {}) {
		return (await this.query("/v1/directives", directiveList, query)).directives;
	}

	/** What the account earned by holding reserve and by quoting, newest first. */
	payouts(account: Address, limit?: number) {
		return this.query(`/v1/accounts/${account}/payouts`, payoutStatement, { limit });
	}

	/** Quoting scores of a window, best first. */
	async makers(windowId: WindowId) {
		return (await this.query(`/v1/windows/${windowId}/makers`, makerList)).makers;
	}

	async certificates(query: { account?: Address; windowId?: WindowId; limit?: number } = {}) {
		return (await this.query("/v1/certificates", certificateList, query)).certificates;
	}

	summary() {
		return this.query("/v1/summary", marketSummary);
	}

	/** Live events, books and windows; reconnects and resumes by itself. */
	stream(): MarketStreamClient {
		return new MarketStreamClient(this.transport.url);
	}

	private async query<Schema extends z.ZodType>(
		path: string,
		schema: Schema,
		query: Query = {},
	): Promise<z.output<Schema>> {
		const search = new URLSearchParams();
		for (const [name, value] of Object.entries(query)) if (value !== undefined) search.set(name, String(value));
		const answer = await this.transport.send("GET", search.size === 0 ? path : `${path}?${search}`);
		return schema.parse(success(answer));
	}

	private async attempt(method: string, path: string, body: unknown): Promise<Answer | ApiError> {
		try {
			return await this.transport.send(method, path, body);
		} catch (error) {
			if (error instanceof ApiError) return error;
			throw error;
		}
	}
}

function problemOf({ status, body }: Answer): { code: string; detail: string } {
	const { code, detail } = (body ?? {}) as { code?: unknown; detail?: unknown };
	return { code: typeof code === "string" ? code : `HTTP_${status}`, detail: typeof detail === "string" ? detail : "" };
}

function refusal(answer: Answer): Refusal {
	const { code, detail } = problemOf(answer);
	if (answer.status >= 500 || answer.status === 429) throw new ApiError(detail || code, answer.status, code);
	return { status: "refused", code, detail };
}

function success(answer: Answer): unknown {
	if (answer.status >= 200 && answer.status < 300) return answer.body;
	const { code, detail } = problemOf(answer);
	throw new ApiError(detail || code, answer.status, code);
}
