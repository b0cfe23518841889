import type { AttestedReadings } from "../../offchain/application/ports/MeterReading.ts";
import type { ReadingOutcome } from "../../offchain/application/ports/ReadingRepository.ts";
import type { StoredChunk, WindowPipeline } from "../../offchain/application/ports/WindowPipelineRepository.ts";
import type { LoggedGroup, StoredSnapshot } from "../../offchain/infrastructure/postgres/InputLog.ts";
import { decodeInputs } from "../../offchain/infrastructure/postgres/inputCodec.ts";
import type { GroupProjection } from "../../offchain/infrastructure/postgres/projectGroup.ts";
import type { ChainBlock } from "../../offchain/infrastructure/reconciliation/ChainSource.ts";
import type { ChainCursor, IndexedEvent } from "../../offchain/infrastructure/reconciliation/ChainStorage.ts";
import type {
	SignedAttempt,
	StoredTransaction,
} from "../../offchain/infrastructure/reconciliation/TransactionStorage.ts";
import type { SimulatedProcess } from "./Scheduler.ts";

type Row = Record<string, unknown>;
export type OrderRow = Row & {
	order_hash: string;
	state: string;
	energy_wh: number;
	filled_wh: number;
	open_wh: number;
	changed_sequence: number;
};
export type TradeRow = Row & {
	trade_id: string;
	window_id: number;
	sell_order_hash: string;
	buy_order_hash: string;
	energy_wh: number;
	loss_wh: number;
	unwound_sequence: number | null;
};
type AccountRow = { available_msat: number; reserved_msat: number; changed_sequence: number };
export type OutboxRow = {
	outboxId: number;
	topic: string;
	dedupeKey: string;
	payload: unknown;
	state: "waiting" | "done" | "dead";
	attempts: number;
	availableAt: number;
};
/** A group on its way to the disk. */
export type MemoryGroup = Omit<LoggedGroup, "inputs"> & { epoch: number; inputBytes: Buffer };
export type TransactionRow = StoredTransaction & { requestKey: string };

type TrimRow = { trade_id: string; sequence: number; kept_wh: number; loss_wh: number };

/**
 * What is on disk: the tables of the real schema with the same constraints, as plain memory. Each method is one
 * transaction: it happens wholly or throws and changes nothing. Nobody reads it but through ports that can fail.
 */
export class MemoryDatabase {
	readonly log: (LoggedGroup & { epoch: number })[] = [];
	snapshots: StoredSnapshot[] = [];
	readonly leadership = { epoch: 0, holder: null as SimulatedProcess | null, heartbeatAt: 0 };
	readonly keyOwner = { holder: null as SimulatedProcess | null, heartbeatAt: 0 };
	readonly orders = new Map<string, OrderRow>();
	readonly trades = new Map<string, TradeRow>();
	/** Trims applied to them. */
	trims = 0;
	readonly windows = new Map<
		number,
		{ session_state: string; trade_count: number; energy_wh: number; loss_wh: number }
	>();
	readonly accounts = new Map<string, AccountRow>();
	readonly outbox = new Map<string, OutboxRow>();
	cursor: (ChainCursor & { haltedCause: string | null }) | null = null;
	readonly blocks = new Map<number, ChainBlock>();
	readonly events = new Map<string, IndexedEvent>();
	reorgs = 0;
	readonly transactions: TransactionRow[] = [];
	readonly attempts = new Map<number, (Omit<SignedAttempt, "ageMillis"> & { signedAt: number })[]>();
	nextNonce: number | null = null;
	readonly pipelines = new Map<number, WindowPipeline & { nextLookAt: number }>();
	readonly chunks = new Map<number, StoredChunk[]>();
	readonly readings = new Map<number, AttestedReadings[]>();
	/** Epochs that had been overtaken when they wrote: must stay empty. */
	readonly overtakenWrites: number[] = [];

	projectedSequence = 0;

	get lastSequence(): number {
		return this.log.at(-1)?.lastSequence ?? 0;
	}

	/** What `append_input_group` does. */
	commitInputGroup(group: MemoryGroup, options: { checksEpoch: boolean }): void {
		const { epoch, firstSequence } = group;
		if (epoch !== this.leadership.epoch) {
			if (options.checksEpoch) throw new Error(`epoch ${epoch} is no longer the leader's`);
			this.overtakenWrites.push(epoch);
		}
		if (firstSequence !== this.lastSequence + 1) throw new Error(`input ${firstSequence} does not follow the log`);
		this.log.push({ ...group, inputs: decodeInputs(group.inputBytes) });
	}

	/** What `project_inputs` does. */
	projectInputs(afterSequence: number, lastSequence: number, rows: GroupProjection): boolean {
		if (this.projectedSequence !== afterSequence) return false;
		this.projectedSequence = lastSequence;
		this.project(rows);
		return true;
	}

	/** The readable rows. */
	project(projection: Partial<GroupProjection>): void {
		const rows = <Row>(list: readonly object[] | undefined): Row[] => structuredClone((list ?? []) as Row[]);
		for (const row of rows<OrderRow>(projection.placed)) {
			const stored = this.orders.get(row.order_hash);
			if (stored === undefined || stored.state === "rejected") this.orders.set(row.order_hash, row);
		}
		for (const row of rows<ChangedRow>(projection.changed)) this.changeOrder(row);
		for (const row of rows<TradeRow>(projection.executed)) {
			if (this.trades.has(row.trade_id)) throw new Error(`trade ${row.trade_id} exists`);
			this.trades.set(row.trade_id, { ...row, unwound_sequence: null });
			this.addToWindow(row, 1);
		}
		for (const { trade_id, sequence } of rows<{ trade_id: string; sequence: number }>(projection.unwound)) {
			const trade = this.trades.get(trade_id);
			if (trade === undefined) continue;
			trade.unwound_sequence = sequence;
			this.addToWindow(trade, -1);
			for (const hash of [trade.sell_order_hash, trade.buy_order_hash]) {
				const order = this.orders.get(hash) as OrderRow;
				order.filled_wh -= trade.energy_wh;
			}
		}
		for (const trim of rows<TrimRow>(projection.trimmed)) this.trim(trim);
		for (const row of rows<{ window_id: number; session_state: string }>(projection.sessionChanges)) {
			this.window(row.window_id).session_state = row.session_state;
		}
		for (const row of rows<AccountRow & { account: string }>(projection.accountChanges)) {
			this.accounts.set(row.account, row);
		}
		for (const row of rows<{ topic: string; dedupe_key: string; payload: unknown }>(projection.messages)) {
			this.addMessage(row.topic, row.dedupe_key, row.payload);
		}
	}

	/** What `project_trims` does. */
	private trim({ trade_id, sequence, kept_wh, loss_wh }: TrimRow): void {
		const trade = this.trades.get(trade_id);
		if (trade === undefined || trade.unwound_sequence !== null) return;
		this.trims += 1;
		this.addToWindow(trade, -1);
		for (const hash of [trade.sell_order_hash, trade.buy_order_hash]) {
			const order = this.orders.get(hash) as OrderRow;
			order.filled_wh -= trade.energy_wh - kept_wh;
		}
		if (kept_wh === 0) {
			trade.unwound_sequence = sequence;
			return;
		}
		trade.energy_wh = kept_wh;
		trade.loss_wh = loss_wh;
		this.addToWindow(trade, 1);
	}

	private changeOrder(change: ChangedRow): void {
		const order = this.orders.get(change.order_hash);
		if (order === undefined) return;
		const openWh = change.open_wh ?? order.open_wh - change.matched_wh;
		const filledWh = order.filled_wh + change.filled_delta_wh;
		if (openWh < 0 || filledWh < 0 || filledWh + openWh > order.energy_wh) {
			throw new Error(`no_overfill: ${change.order_hash}`);
		}
		const hasEnded = (order.state === "cancelled" || order.state === "expired") && change.open_wh === null;
		if (change.end_state !== null) order.state = change.end_state;
		else if (!hasEnded) {
			if (openWh === 0) order.state = filledWh === order.energy_wh ? "completed" : "cancelled";
			else order.state = filledWh > 0 ? "partiallyFilled" : "active";
		}
		order.open_wh = openWh;
		order.filled_wh = filledWh;
		order.changed_sequence = change.changed_sequence;
	}

	addMessage(topic: string, dedupeKey: string, payload: unknown): void {
		const key = `${topic} ${dedupeKey}`;
		if (this.outbox.has(key)) return;
		const outboxId = this.outbox.size + 1;
		this.outbox.set(key, { outboxId, topic, dedupeKey, payload, state: "waiting", attempts: 0, availableAt: 0 });
	}

	private window(windowId: number) {
		let row = this.windows.get(windowId);
		if (row === undefined) {
			row = { session_state: "scheduled", trade_count: 0, energy_wh: 0, loss_wh: 0 };
			this.windows.set(windowId, row);
		}
		return row;
	}

	private addToWindow(trade: TradeRow, sign: number): void {
		const row = this.window(trade.window_id);
		row.trade_count += sign;
		row.energy_wh += sign * trade.energy_wh;
		row.loss_wh += sign * trade.loss_wh;
	}

	/** One reading per meter and window for ever. */
	addReadings(batch: AttestedReadings): ReadingOutcome {
		const batches = this.readings.get(batch.windowId) ?? [];
		for (const { meterId, exportedWh } of batch.readings) {
			const stored = batches.flatMap(({ readings }) => readings).find((reading) => reading.meterId === meterId);
			if (stored === undefined) continue;
			if (stored.exportedWh === exportedWh) return { status: "known", batchId: 1 };
			return { status: "contradicts", meterId, storedWh: stored.exportedWh, receivedWh: exportedWh };
		}
		this.readings.set(batch.windowId, [...batches, batch]);
		return { status: "stored", batchId: batches.length + 1 };
	}
}

type ChangedRow = {
	order_hash: string;
	filled_delta_wh: number;
	matched_wh: number;
	open_wh: number | null;
	end_state: string | null;
	changed_sequence: number;
};
