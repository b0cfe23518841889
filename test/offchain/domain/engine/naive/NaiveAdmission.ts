import { EVERY_ZONE } from "../../../../../offchain/domain/grid/zones.ts";
import type { Order } from "../../../../../offchain/domain/orders/Order.ts";
import type { ReasonCode } from "../../../../../offchain/domain/orders/reasonCodes.ts";
import type { Hash32 } from "../../../../../offchain/domain/units/Address.ts";
import { MAX_ENERGY_WH, MAX_PRICE_SAT_PER_KWH } from "../../../../../offchain/domain/units/units.ts";
import { windowEnd } from "../../../../../offchain/domain/units/window.ts";
import { epochAt } from "./NaiveAccounts.ts";
import { zoneIdsOf } from "./NaiveAuctions.ts";
import { NaiveGrid } from "./NaiveGrid.ts";
import type { Account, Meter, Session } from "./naiveState.ts";

const GRID_OPERATOR_TIER = 4;

/** Whether an order is taken in, by the first reason against it. */
export class NaiveAdmission extends NaiveGrid {
	/** The first reason against the order, or null. */
	protected refusal(order: Order): [ReasonCode, string] | null {
		const { nowSeconds } = this.state;
		const integers = [order.meterId, order.windowId, order.sequence, order.epoch, order.validUntil, order.directiveId];
		if (
			![...integers, order.priceSatPerKwh, order.energyWh].every((value) => Number.isSafeInteger(value) && value >= 0)
		) {
			return ["MALFORMED", "every number must be a non-negative integer"];
		}
		if (order.energyWh < 1 || order.energyWh > MAX_ENERGY_WH) return ["QUANTITY_RANGE", `1 to ${MAX_ENERGY_WH} Wh`];
		if (order.priceSatPerKwh > MAX_PRICE_SAT_PER_KWH) return ["MALFORMED", "the price does not fit in 16 bits"];
		const immediate = order.timeInForce === "ioc" || order.timeInForce === "fok" || order.orderClass === "market";
		if (order.postOnly && immediate) return ["MALFORMED", "a post-only order rests"];
		if (order.timeInForce === "gtt" ? order.validUntil <= nowSeconds : order.validUntil !== 0) {
			return ["VALID_UNTIL_INVALID", "in the future for good-till-time, else 0"];
		}
		const account = this.state.accounts.get(order.trader);
		if (account === undefined || account.tier === 0) return ["LICENCE_MISSING", "the trader has no licence"];
		if (account.licensedUntil < windowEnd(order.windowId)) return ["LICENCE_EXPIRED", "it ends before the window does"];
		const meter = this.state.meters.get(order.meterId);
		if (meter === undefined) return ["METER_UNKNOWN", `meter ${order.meterId}`];
		if (meter.owner !== order.trader) return ["METER_NOT_OWNED", `meter ${order.meterId}`];
		if (!meter.isActive) return ["METER_INACTIVE", `meter ${order.meterId}`];
		const session = this.state.sessions.get(order.windowId);
		if (session === undefined || (session.state !== "open" && session.state !== "crossZoneClosed")) {
			const isOver = order.windowId < this.state.nextToOpen;
			return isOver ? ["GATE_CLOSED", "trading of the window has ended"] : ["WINDOW_NOT_OPEN", "not yet open"];
		}
		if (session.sequences.includes(`${order.trader}:${order.sequence}`)) {
			return ["DUPLICATE_SEQUENCE", `sequence ${order.sequence}`];
		}
		if (order.epoch < epochAt(account, order.windowId)) return ["EPOCH_STALE", `the account is past ${order.epoch}`];
		if (order.epoch > epochAt(account, order.windowId))
			return ["EPOCH_STALE", "the account has not reached this epoch"];
		if (account.exitFromWindow !== 0 && order.windowId >= account.exitFromWindow) return ["EXIT_PENDING", "leaving"];
		const special = this.classRefusal(order, account, meter);
		if (special !== null) return special;
		if (this.directives("VOID_WINDOW", order.windowId, meter.zoneId).length > 0) return ["WINDOW_VOIDED", "voided"];
		if (this.isHalted(order.windowId, meter.zoneId)) return ["ZONE_HALTED", "by an authority's directive"];
		if (immediate && this.isPaused(order.windowId, meter.zoneId)) {
			return ["TRADING_PAUSED", "only orders that rest are taken until trading resumes"];
		}
		const rules = this.rulesAt(order.windowId);
		if (rules === null) return ["WINDOW_NOT_OPEN", "no market rules are set"];
		if (immediate && isInCall(session, meter.zoneId)) return ["AUCTION_CALL", "an auction has no immediate orders"];
		if (order.priceSatPerKwh % rules.tickSatPerKwh !== 0) return ["PRICE_TICK", `tick ${rules.tickSatPerKwh}`];
		const [floor, ceiling] = this.band(order.windowId, meter.zoneId, rules);
		if (order.priceSatPerKwh < floor || order.priceSatPerKwh > ceiling) return ["PRICE_BAND", `${floor} to ${ceiling}`];
		if (order.side === "sell") {
			if (meter.source === "none" || meter.maxWindowWh === 0) return ["METER_CANNOT_SELL", `meter ${order.meterId}`];
			const forecast = this.state.forecasts.get(`${order.windowId}:${order.meterId}`) ?? meter.maxWindowWh;
			const most = Math.min(meter.maxWindowWh, forecast);
			const left = most - (session.soldWh[order.meterId] ?? 0);
			if (order.energyWh > left) return ["METER_CAPACITY", `${left} of ${most} Wh are left`];
		}
		const hold = this.orderHoldMsat(order, order.energyWh);
		if (hold > account.availableMsat)
			return ["FUNDS_INSUFFICIENT", `${hold} msat needed, ${account.availableMsat} free`];
		return null;
	}

	protected classRefusal(order: Order, account: Account, meter: Meter): [ReasonCode, string] | null {
		if (order.orderClass === "gridBalancing" && account.tier !== GRID_OPERATOR_TIER) {
			return ["CLASS_NOT_ALLOWED", "balancing orders are the grid operators'"];
		}
		if (order.orderClass !== "emergency") {
			return order.directiveId === 0 ? null : ["MALFORMED", "only emergency orders name a directive"];
		}
		if (account.tier !== GRID_OPERATOR_TIER) return ["CLASS_NOT_ALLOWED", "emergency orders are the grid operators'"];
		const known = this.state.directives.some(
			(directive) =>
				directive.directiveId === order.directiveId &&
				directive.fromWindow <= order.windowId &&
				order.windowId <= directive.toWindow &&
				(directive.zoneId === EVERY_ZONE || directive.zoneId === meter.zoneId),
		);
		return known ? null : ["DIRECTIVE_REQUIRED", `directive ${order.directiveId} does not cover it`];
	}

	protected reject(orderHash: Hash32, order: Order, reason: ReasonCode, detail: string): void {
		this.state.orders.set(orderHash, { windowId: order.windowId, entry: null });
		this.events.push({ type: "OrderRejected", orderHash, order, reason, detail });
	}
}

export function isInCall({ calls }: Session, zoneId: number): boolean {
	return calls.some(({ zones }) => zoneIdsOf(zones).includes(zoneId));
}
