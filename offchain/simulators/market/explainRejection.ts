import type { Directive } from "../../domain/engine/EngineInput.ts";
import type { Order } from "../../domain/orders/Order.ts";
import type { ReasonCode } from "../../domain/orders/reasonCodes.ts";
import { windowStart } from "../../domain/units/window.ts";
import { CROSS_ZONE_GATE_SECONDS, GATE_CLOSURE_SECONDS } from "./tradingTimes.ts";

export type RejectedOrder = {
	order: Order;
	/** Zone of the order's meter. */
	zoneId: number;
	expectedReasons: readonly ReasonCode[];
	reason: ReasonCode;
	/** Market time of the answer, unix seconds. */
	answeredAtSeconds: number;
};

/** As much of a directive as a trader needs to understand a refusal. */
export type StandingDirective = Pick<Directive, "kind" | "zoneId" | "fromWindow" | "toWindow">;

/**
 * Why a rejection is no surprise to the trader who got it, or null where it is one. A rejection is explained by what
 * the strategy intended, by a directive that covers the order's zone and window, or by a gate that had passed.
 */
export function explainRejection(rejected: RejectedOrder, directives: readonly StandingDirective[]): string | null {
	const { order, reason, answeredAtSeconds } = rejected;
	if (rejected.expectedReasons.includes(reason)) return "expected by the strategy";
	const start = windowStart(order.windowId);
	if (reason === "GATE_CLOSED" && answeredAtSeconds >= start - GATE_CLOSURE_SECONDS)
		return "the gate closed on the way";
	if (reason === "CROSS_ZONE_GATE_CLOSED" && answeredAtSeconds >= start - CROSS_ZONE_GATE_SECONDS) {
		return "the cross-zone gate closed on the way";
	}
	if (reason === "VALID_UNTIL_INVALID" && order.timeInForce === "gtt" && answeredAtSeconds >= order.validUntil) {
		return "its validity ended on the way";
	}
	const isImmediate = order.timeInForce === "ioc" || order.timeInForce === "fok" || order.orderClass === "market";
	if (isImmediate && (reason === "IMMEDIATE_REMAINDER" || reason === "GRID_CONSTRAINT")) return "nothing to trade with";
	if (reason === "TRADING_PAUSED" && isImmediate) return "the circuit breaker paused the zone";
	if (isImmediate && reason === "AUCTION_CALL") return "orders were being collected for an auction";
	const covering = directives.filter(
		({ zoneId, fromWindow, toWindow }) =>
			(zoneId === 0 || zoneId === rejected.zoneId) && fromWindow <= order.windowId && order.windowId <= toWindow,
	);
	const has = (kind: Directive["kind"]) => covering.some((directive) => directive.kind === kind);
	if (reason === "ZONE_HALTED" && has("HALT")) return "an authority halted the zone";
	if (reason === "DIRECTIVE_CAP" && has("CAP")) return "an authority capped the zone";
	if (reason === "PRICE_BAND" && has("PRICE_BAND")) return "an authority narrowed the price band";
	if (reason === "WINDOW_VOIDED" && has("VOID_WINDOW")) return "an authority voided the window";
	return null;
}
