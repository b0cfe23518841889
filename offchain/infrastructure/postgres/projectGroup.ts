import type { EngineEvent } from "../../domain/engine/EngineEvent.ts";
import type { EngineInput, PlaceEnergyOrder } from "../../domain/engine/EngineInput.ts";
import type { Order } from "../../domain/orders/Order.ts";
import type { Trade } from "../../domain/settlement/Trade.ts";
import type { Address, Hash32 } from "../../domain/units/Address.ts";

/** One input of a group with what became of it. */
export type AppliedInput = {
	sequence: number;
	input: EngineInput;
	atMillis: number;
	events: EngineEvent[];
	/** What its sender calls it; null for inputs of the engine's own process. */
	requestId: string | null;
};

type PlacedRow = ReturnType<typeof placedRow>;
type TransitionRow = {
	sequence: number;
	event_index: number;
	order_hash: Hash32;
	type: string;
	reason: string | null;
	energy_wh: number;
	at_millis: number;
};
type ChangedRow = {
	order_hash: Hash32;
	filled_delta_wh: number;
	matched_wh: number;
	open_wh: number | null;
	end_state: "cancelled" | "expired" | null;
	reason: string | null;
	changed_sequence: number;
};

type ExecutedRow = ReturnType<typeof executedRow>;
type AccountRow = { account: Address; available_msat: number; reserved_msat: number; changed_sequence: number };

/** Rows a group adds to the readable tables; the arguments of `project_inputs`. */
export type GroupProjection = {
	placed: PlacedRow[];
	changed: ChangedRow[];
	transitions: TransitionRow[];
	executed: ExecutedRow[];
	unwound: object[];
	trimmed: object[];
	sessionChanges: object[];
	accountChanges: AccountRow[];
	violations: object[];
	messages: object[];
};

/** Folds the events of a group into rows: an order placed, filled and ended within one group is written once. */
export function projectGroup(group: AppliedInput[]): GroupProjection {
	const fold = new GroupFold();
	for (const applied of group) {
		for (const [index, event] of applied.events.entries()) fold.add(applied, event, index);
	}
	return fold.result();
}

class GroupFold {
	private readonly placed = new Map<Hash32, PlacedRow>();
	private readonly changed = new Map<Hash32, ChangedRow>();
	private readonly sessions = new Map<number, object>();
	private readonly accounts = new Map<string, AccountRow>();
	private readonly transitions: TransitionRow[] = [];
	private readonly executed: ExecutedRow[] = [];
	private readonly unwound: { trade_id: string; sequence: number; reason: string; energy_wh: number }[] = [];
	private readonly trimmed: object[] = [];
	private readonly violations: object[] = [];
	private readonly messages: object[] = [];

	add(applied: AppliedInput, event: EngineEvent, index: number): void {
		const { sequence, atMillis } = applied;
		switch (event.type) {
			case "OrderPlaced":
			case "OrderRejected": {
				const row = placedRow(event.orderHash, event.order, signatureOf(applied.input, event.orderHash), applied);
				if (event.type === "OrderRejected") {
					Object.assign(row, { state: "rejected", reason: event.reason, detail: event.detail, open_wh: 0 });
				}
				const known = this.placed.get(event.orderHash);
				if (known === undefined || known.state === "rejected") this.placed.set(event.orderHash, row);
				const reason = event.type === "OrderRejected" ? event.reason : null;
				this.transition(applied, event.type, index, event.orderHash, event.order.energyWh, reason);
				return;
			}
			case "OrderRested":
				this.setOpen(event.orderHash, event.openWh, sequence);
				this.transition(applied, event.type, index, event.orderHash, event.openWh, null);
				return;
			case "OrderCancelled":
				this.end(event.orderHash, "cancelled", event.reason, sequence);
				this.transition(applied, event.type, index, event.orderHash, event.openWh, event.reason);
				return;
			case "OrderExpired":
				this.end(event.orderHash, "expired", "GATE_CLOSED", sequence);
				this.transition(applied, event.type, index, event.orderHash, event.openWh, null);
				return;
			case "OrderAmended":
				this.end(event.orderHash, "cancelled", "CANCELLED_BY_TRADER", sequence);
				this.transition(applied, event.type, index, event.orderHash, event.openWh, null);
				this.placeReplacement(applied, event.replacementHash, event.openWh);
				return;
			case "OrderMatched":
				for (const orderHash of [event.sellOrderHash, event.buyOrderHash]) {
					this.fill(orderHash, event.energyWh, sequence);
					this.transition(applied, event.type, index, orderHash, event.energyWh, null);
				}
				return;
			case "TradeExecuted":
				this.executed.push(executedRow(event.trade, applied, index));
				return;
			case "TradeUnwound":
				this.unwound.push({ trade_id: event.tradeId, sequence, reason: event.reason, energy_wh: event.energyWh });
				return;
			case "TradeTrimmed":
				this.trimmed.push({
					sequence,
					event_index: index,
					trade_id: event.tradeId,
					window_id: event.windowId,
					trimmed_wh: event.trimmedWh,
					kept_wh: event.keptWh,
					loss_wh: event.lossWh,
					element: event.element,
					reason: event.reason,
					at_millis: atMillis,
				});
				return;
			case "GridConstraintViolation":
				this.violations.push({
					sequence,
					event_index: index,
					window_id: event.windowId,
					element: event.element,
					requested_wh: event.requestedWh,
					admitted_wh: event.admittedWh,
					order_hash: event.orderHash,
				});
				return;
			case "SessionStateChanged":
				this.sessions.set(event.windowId, {
					window_id: event.windowId,
					session_state: event.to,
					changed_sequence: sequence,
				});
				this.message("session", `${event.windowId}-${event.to}-${sequence}`, { ...event, sequence, atMillis });
				return;
			case "AuthorityOverride":
				this.message("authority", `${event.directive.directiveId}-${event.lifted}-${sequence}`, {
					...event,
					sequence,
					atMillis,
				});
				return;
			case "AccountChanged":
				this.accounts.set(event.account, {
					account: event.account,
					available_msat: event.availableMsat,
					reserved_msat: event.reservedMsat,
					changed_sequence: sequence,
				});
				return;
			case "InputRefused":
				return;
			default:
				// An event this program does not project yet is still in the log.
				return;
		}
	}

	result(): GroupProjection {
		return {
			placed: [...this.placed.values()],
			changed: [...this.changed.values()],
			transitions: this.transitions,
			executed: this.executed,
			unwound: this.unwound,
			trimmed: this.trimmed,
			sessionChanges: [...this.sessions.values()],
			accountChanges: [...this.accounts.values()],
			violations: this.violations,
			messages: this.messages,
		};
	}

	private transition(
		{ sequence, atMillis }: AppliedInput,
		type: string,
		event_index: number,
		order_hash: Hash32,
		energy_wh: number,
		reason: string | null,
	): void {
		this.transitions.push({ sequence, event_index, order_hash, type, reason, energy_wh, at_millis: atMillis });
	}

	private message(topic: string, dedupe_key: string, payload: object): void {
		this.messages.push({ topic, dedupe_key, payload });
	}

	private placeReplacement(applied: AppliedInput, orderHash: Hash32, openWh: number): void {
		if (applied.input.type !== "AmendOrder" || this.placed.has(orderHash)) return;
		const { order, signature } = applied.input.replacement;
		const row = placedRow(orderHash, order, signature, applied);
		row.open_wh = openWh;
		this.placed.set(orderHash, row);
	}

	private setOpen(orderHash: Hash32, openWh: number, sequence: number): void {
		const placed = this.placed.get(orderHash);
		if (placed !== undefined) settle(placed, { open_wh: openWh, changed_sequence: sequence });
		else Object.assign(this.change(orderHash, sequence), { open_wh: openWh, matched_wh: 0 });
	}

	private fill(orderHash: Hash32, energyWh: number, sequence: number): void {
		const placed = this.placed.get(orderHash);
		if (placed !== undefined) {
			const filled_wh = placed.filled_wh + energyWh;
			settle(placed, { filled_wh, open_wh: placed.open_wh - energyWh, changed_sequence: sequence });
			return;
		}
		const row = this.change(orderHash, sequence);
		row.filled_delta_wh += energyWh;
		if (row.open_wh === null) row.matched_wh += energyWh;
		else row.open_wh -= energyWh;
	}

	private end(orderHash: Hash32, state: "cancelled" | "expired", reason: string, sequence: number): void {
		const placed = this.placed.get(orderHash);
		if (placed !== undefined) Object.assign(placed, { state, reason, open_wh: 0, changed_sequence: sequence });
		else Object.assign(this.change(orderHash, sequence), { end_state: state, reason, open_wh: 0, matched_wh: 0 });
	}

	private change(order_hash: Hash32, changed_sequence: number): ChangedRow {
		let row = this.changed.get(order_hash);
		if (row === undefined) {
			row = {
				order_hash,
				filled_delta_wh: 0,
				matched_wh: 0,
				open_wh: null,
				end_state: null,
				reason: null,
				changed_sequence,
			};
			this.changed.set(order_hash, row);
		}
		row.changed_sequence = changed_sequence;
		return row;
	}
}

/** Recomputes the state of an order placed in this group; the SQL does the same for earlier ones. */
function settle(row: PlacedRow, change: Partial<PlacedRow>): void {
	Object.assign(row, change);
	if (row.state === "cancelled" || row.state === "expired" || row.state === "rejected") return;
	if (row.open_wh === 0) row.state = row.filled_wh === row.energy_wh ? "completed" : "cancelled";
	else row.state = row.filled_wh > 0 ? "partiallyFilled" : "active";
}

function placedRow(order_hash: Hash32, order: Order, signature: string, { sequence, atMillis }: AppliedInput) {
	return {
		order_hash,
		trader: order.trader,
		meter_id: order.meterId,
		window_id: order.windowId,
		side: order.side,
		order_class: order.orderClass,
		time_in_force: order.timeInForce,
		post_only: order.postOnly,
		self_trade_mode: order.selfTradeMode,
		price_sat_per_kwh: order.priceSatPerKwh as number,
		energy_wh: order.energyWh as number,
		client_sequence: order.sequence,
		epoch: order.epoch,
		valid_until: order.validUntil,
		directive_id: order.directiveId,
		signature,
		state: "active" as string,
		reason: null as string | null,
		detail: null as string | null,
		filled_wh: 0,
		open_wh: order.energyWh as number,
		placed_sequence: sequence,
		changed_sequence: sequence,
		placed_at_millis: atMillis,
	};
}

function executedRow(trade: Trade, { sequence, atMillis }: AppliedInput, event_index: number) {
	return {
		trade_id: trade.tradeId,
		window_id: trade.windowId,
		sell_order_hash: trade.sellOrderHash,
		buy_order_hash: trade.buyOrderHash,
		seller: trade.seller,
		buyer: trade.buyer,
		sell_meter_id: trade.sellMeterId,
		buy_meter_id: trade.buyMeterId,
		sell_zone_id: trade.sellZoneId,
		buy_zone_id: trade.buyZoneId,
		energy_wh: trade.energyWh as number,
		loss_wh: trade.lossWh as number,
		seller_price_sat_per_kwh: trade.sellerPriceSatPerKwh as number,
		buyer_price_sat_per_kwh: trade.buyerPriceSatPerKwh as number,
		taker_side: trade.takerSide,
		sequence,
		event_index,
		executed_at_millis: atMillis,
	};
}

function signatureOf(input: EngineInput, orderHash: Hash32): string {
	const placement: Omit<PlaceEnergyOrder, "type"> | null =
		input.type === "PlaceEnergyOrder" ? input : input.type === "AmendOrder" ? input.replacement : null;
	return placement?.orderHash === orderHash ? placement.signature : "0x";
}
