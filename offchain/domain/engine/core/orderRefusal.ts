import { EVERY_ZONE } from "../../grid/zones.ts";
import type { Order } from "../../orders/Order.ts";
import type { ReasonCode } from "../../orders/reasonCodes.ts";
import { MAX_ENERGY_WH, MAX_PRICE_SAT_PER_KWH } from "../../units/units.ts";
import { windowEnd } from "../../units/window.ts";
import type { EngineLedger } from "./EngineLedger.ts";
import { epochAt, findHolding, hasSequence, type Session } from "./EngineState.ts";
import type { Account, Meter } from "./Entry.ts";

const GRID_OPERATOR_TIER = 4;

export type Refusal = [reason: ReasonCode, detail: string];

/** The first reason against the order, or null (SPEC O6). */
export function orderRefusal(ledger: EngineLedger, order: Order): Refusal | null {
	const { state } = ledger;
	const malformed = formRefusal(order, state.nowSeconds);
	if (malformed !== null) return malformed;
	const meter = state.meters.get(order.meterId);
	const isOwner = meter !== undefined && meter.owner === order.trader;
	const account = (isOwner ? meter.account : null) ?? state.accounts.get(order.trader);
	if (account === undefined || account.tier === 0) return ["LICENCE_MISSING", "the trader has no licence"];
	if (account.licensedUntil < windowEnd(order.windowId)) return ["LICENCE_EXPIRED", "it ends before the window does"];
	if (meter === undefined) return ["METER_UNKNOWN", `meter ${order.meterId}`];
	if (!isOwner) return ["METER_NOT_OWNED", `meter ${order.meterId}`];
	meter.account = account;
	if (!meter.isActive) return ["METER_INACTIVE", `meter ${order.meterId}`];
	const session = state.sessions.get(order.windowId);
	if (session === undefined || (session.state !== "open" && session.state !== "crossZoneClosed")) {
		const isOver = order.windowId < state.nextToOpen;
		return isOver ? ["GATE_CLOSED", "trading of the window has ended"] : ["WINDOW_NOT_OPEN", "not yet open"];
	}
	if (hasSequence(findHolding(session, account), order.sequence)) {
		return ["DUPLICATE_SEQUENCE", `sequence ${order.sequence}`];
	}
	const epoch = epochAt(account, order.windowId);
	if (order.epoch < epoch) return ["EPOCH_STALE", `the account is past ${order.epoch}`];
	if (order.epoch > epoch) return ["EPOCH_STALE", "the account has not reached this epoch"];
	if (account.exitFromWindow !== 0 && order.windowId >= account.exitFromWindow) return ["EXIT_PENDING", "leaving"];
	return (
		classRefusal(ledger, order, account, meter) ??
		marketRefusal(ledger, order, session, meter) ??
		capacityRefusal(ledger, order, session, meter) ??
		fundsRefusal(ledger, order, session, account)
	);
}

function formRefusal(order: Order, nowSeconds: number): Refusal | null {
	const { meterId, windowId, sequence, epoch, validUntil, directiveId, priceSatPerKwh, energyWh } = order;
	const areNumbers =
		isCount(meterId) &&
		isCount(windowId) &&
		isCount(sequence) &&
		isCount(epoch) &&
		isCount(validUntil) &&
		isCount(directiveId) &&
		isCount(priceSatPerKwh) &&
		isCount(energyWh);
	if (!areNumbers) return ["MALFORMED", "every number must be a non-negative integer"];
	if (energyWh < 1 || energyWh > MAX_ENERGY_WH) return ["QUANTITY_RANGE", `1 to ${MAX_ENERGY_WH} Wh`];
	if (priceSatPerKwh > MAX_PRICE_SAT_PER_KWH) return ["MALFORMED", "the price does not fit in 16 bits"];
	if (order.postOnly && isImmediate(order)) return ["MALFORMED", "a post-only order rests"];
	const isValid = order.timeInForce === "gtt" ? validUntil > nowSeconds : validUntil === 0;
	return isValid ? null : ["VALID_UNTIL_INVALID", "in the future for good-till-time, else 0"];
}

function classRefusal({ state }: EngineLedger, order: Order, account: Account, meter: Meter): Refusal | null {
	if (order.orderClass === "gridBalancing" && account.tier !== GRID_OPERATOR_TIER) {
		return ["CLASS_NOT_ALLOWED", "balancing orders are the grid operators'"];
	}
	if (order.orderClass !== "emergency") {
		return order.directiveId === 0 ? null : ["MALFORMED", "only emergency orders name a directive"];
	}
	if (account.tier !== GRID_OPERATOR_TIER) return ["CLASS_NOT_ALLOWED", "emergency orders are the grid operators'"];
	const isKnown = state.directives.some(
		({ directiveId, fromWindow, toWindow, zoneId }) =>
			directiveId === order.directiveId &&
			fromWindow <= order.windowId &&
			order.windowId <= toWindow &&
			(zoneId === EVERY_ZONE || zoneId === meter.zoneId),
	);
	return isKnown ? null : ["DIRECTIVE_REQUIRED", `directive ${order.directiveId} does not cover it`];
}

function marketRefusal(ledger: EngineLedger, order: Order, session: Session, { zoneId }: Meter): Refusal | null {
	const rules = ledger.rules(session);
	if (rules.isVoided[zoneId]) return ["WINDOW_VOIDED", "voided"];
	if (rules.isHalted[zoneId]) return ["ZONE_HALTED", "by an authority's directive"];
	if ((session.pausedZones & (1 << (zoneId - 1))) !== 0 && isImmediate(order)) {
		return ["TRADING_PAUSED", "only orders that rest are taken until trading resumes"];
	}
	if (rules.market === null) return ["WINDOW_NOT_OPEN", "no market rules are set"];
	if ((session.callZones & (1 << (zoneId - 1))) !== 0 && isImmediate(order)) {
		return ["AUCTION_CALL", "an auction has no immediate orders"];
	}
	const tick = rules.market.tickSatPerKwh;
	if (order.priceSatPerKwh % tick !== 0) return ["PRICE_TICK", `tick ${tick}`];
	const floor = rules.floorSatPerKwh[zoneId] as number;
	const ceiling = rules.ceilingSatPerKwh[zoneId] as number;
	const isInBand = order.priceSatPerKwh >= floor && order.priceSatPerKwh <= ceiling;
	return isInBand ? null : ["PRICE_BAND", `${floor} to ${ceiling}`];
}

function capacityRefusal({ state }: EngineLedger, order: Order, session: Session, meter: Meter): Refusal | null {
	if (order.side === "buy") return null;
	if (meter.source === "none" || meter.maxWindowWh === 0) return ["METER_CANNOT_SELL", `meter ${order.meterId}`];
	const forecast = state.forecasts.size === 0 ? undefined : state.forecasts.get(`${order.windowId}:${order.meterId}`);
	const most = Math.min(meter.maxWindowWh, forecast ?? meter.maxWindowWh);
	const left = most - (session.soldWh.get(order.meterId) ?? 0);
	return order.energyWh > left ? ["METER_CAPACITY", `${left} of ${most} Wh are left`] : null;
}

function fundsRefusal(ledger: EngineLedger, order: Order, session: Session, account: Account): Refusal | null {
	const hold = ledger.orderHoldMsat(order, session, order.energyWh);
	if (hold <= account.availableMsat) return null;
	return ["FUNDS_INSUFFICIENT", `${hold} msat needed, ${account.availableMsat} free`];
}

function isImmediate({ timeInForce, orderClass }: Order): boolean {
	return timeInForce === "ioc" || timeInForce === "fok" || orderClass === "market";
}

function isCount(value: number): boolean {
	return Number.isSafeInteger(value) && value >= 0;
}
