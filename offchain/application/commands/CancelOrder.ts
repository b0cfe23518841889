import type { EngineEvent } from "../../domain/engine/EngineEvent.ts";
import {
	CANCEL_ALL_LIFETIME_SECONDS,
	type CancelAllOrdersMessage,
	type CancelOrderMessage,
} from "../../domain/orders/cancelTypedData.ts";
import type { ReasonCode } from "../../domain/orders/reasonCodes.ts";
import type { Hash32, Hex } from "../../domain/units/Address.ts";
import type { Clock } from "../ports/Clock.ts";
import type { EngineGateway } from "../ports/EngineGateway.ts";
import type { OrderRepository } from "../ports/OrderRepository.ts";
import type { SignatureVerifier } from "../ports/SignatureVerifier.ts";

export type CancellationOutcome =
	| { status: "cancelled"; orderHashes: Hash32[]; repeated: boolean; events: EngineEvent[] }
	| { status: "refused"; reason: ReasonCode; detail: string }
	| { status: "busy" }
	| { status: "unknown"; cause: string };

type Dependencies = { engine: EngineGateway; verifier: SignatureVerifier; orders: OrderRepository; clock: Clock };

/** Cancels one order by its trader's signature. Cancelling a cancelled order again is answered as the first time. */
export async function cancelOrder(
	deps: Dependencies,
	message: CancelOrderMessage,
	signature: Hex,
): Promise<CancellationOutcome> {
	const { verdict } = await deps.verifier.verifyCancel(message, signature);
	if (verdict !== "VALID") return { status: "refused", reason: verdict, detail: "The cancellation is not signed." };
	const reply = await submit(deps.engine, { type: "CancelOrder", ...message });
	if (reply instanceof Error) return { status: "unknown", cause: reply.message };
	if (reply.status === "busy") return { status: "busy" };
	const refusal = refusalIn(reply.events);
	if (refusal === null) return cancelled(reply.events);
	const record = await deps.orders.byHash(message.orderHash);
	if (record === null || record.order.trader !== message.account) return refusal;
	if (record.state === "cancelled") {
		return { status: "cancelled", orderHashes: [message.orderHash], repeated: true, events: [] };
	}
	return { ...refusal, detail: `The order is ${record.state}, there is nothing left to cancel.` };
}

/** Cancels every open order of the account in one window, or in all (`windowId` 0). */
export async function cancelAllOrders(
	deps: Dependencies,
	message: CancelAllOrdersMessage,
	signature: Hex,
): Promise<CancellationOutcome> {
	const nowSeconds = Math.floor(deps.clock.nowMillis() / 1000);
	const isTimely =
		message.deadlineSeconds >= nowSeconds && message.deadlineSeconds <= nowSeconds + CANCEL_ALL_LIFETIME_SECONDS;
	if (!isTimely) {
		const latest = nowSeconds + CANCEL_ALL_LIFETIME_SECONDS;
		const detail = `deadlineSeconds must lie between ${nowSeconds} and ${latest}, got ${message.deadlineSeconds}.`;
		return { status: "refused", reason: "VALID_UNTIL_INVALID", detail };
	}
	const { verdict } = await deps.verifier.verifyCancelAll(message, signature);
	if (verdict !== "VALID") return { status: "refused", reason: verdict, detail: "The cancellation is not signed." };
	const { account, windowId } = message;
	const reply = await submit(deps.engine, {
		type: "CancelAllOrders",
		account,
		...(windowId === 0 ? {} : { windowId }),
	});
	if (reply instanceof Error) return { status: "unknown", cause: reply.message };
	if (reply.status === "busy") return { status: "busy" };
	return refusalIn(reply.events) ?? cancelled(reply.events);
}

async function submit(engine: EngineGateway, input: Parameters<EngineGateway["submit"]>[0]) {
	try {
		return await engine.submit(input);
	} catch (error) {
		return error instanceof Error ? error : new Error(String(error));
	}
}

function refusalIn(events: EngineEvent[]): Extract<CancellationOutcome, { status: "refused" }> | null {
	const refused = events.find((event) => event.type === "InputRefused");
	return refused === undefined ? null : { status: "refused", reason: refused.reason, detail: refused.detail };
}

function cancelled(events: EngineEvent[]): CancellationOutcome {
	const orderHashes = events.filter((event) => event.type === "OrderCancelled").map(({ orderHash }) => orderHash);
	return { status: "cancelled", orderHashes, repeated: false, events };
}
