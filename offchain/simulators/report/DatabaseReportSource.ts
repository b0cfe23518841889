import type pg from "pg";
import type { ReconciliationService } from "../../application/services/ReconciliationService.ts";
import { decodeRecord, type RecordedTrade } from "../../domain/settlement/decodeRecord.ts";
import { settlementCodeName } from "../../domain/settlement/settlementCode.ts";
import type { Address, Hash32, Hex } from "../../domain/units/Address.ts";
import type { WindowId } from "../../domain/units/window.ts";
import { whenProjected } from "../../infrastructure/postgres/whenProjected.ts";
import type { MarketFigures, ReportSource, SettlementFigures } from "./ReportSource.ts";

const NOBODY = `0x${"00".repeat(20)}`;

export type DatabaseReportSourceOptions = {
	pool: pg.Pool;
	chainId: number;
	/** Accounts that receive charges; everybody else is a trader. */
	chargeAccounts: readonly Address[];
	reconciliation: ReconciliationService;
	/** Orders refused before they reached the engine's log (bad signature, malformed), which no table holds. */
	refusedOutsideLog?: (windowId: WindowId) => { orderHash: Hash32; reason: string }[];
};

/** The demo's figures from the read models and the indexed chain record. */
export class DatabaseReportSource implements ReportSource {
	private readonly options: DatabaseReportSourceOptions;

	constructor(options: DatabaseReportSourceOptions) {
		this.options = options;
	}

	async market(windowId: WindowId): Promise<MarketFigures> {
		await whenProjected(this.options.pool);
		const [window] = await this.rows("SELECT session_state, trade_count, energy_wh FROM windows WHERE window_id = $1", [
			windowId,
		]);
		const orders = await this.rows(
			"SELECT order_hash, CASE WHEN state = 'rejected' THEN reason END AS refusal FROM orders WHERE window_id = $1",
			[windowId],
		);
		const known = new Set(orders.map(({ order_hash }) => order_hash));
		const outside = (this.options.refusedOutsideLog?.(windowId) ?? []).filter(({ orderHash }) => !known.has(orderHash));
		const refusals = [
			...orders.map(({ refusal }) => refusal).filter((refusal) => refusal !== null),
			...outside.map(({ reason }) => reason),
		];
		const zones = await this.rows(
			`SELECT sell_zone_id AS zone FROM trades WHERE window_id = $1 AND unwound_sequence IS NULL
			UNION SELECT buy_zone_id FROM trades WHERE window_id = $1 AND unwound_sequence IS NULL`,
			[windowId],
		);
		const halts = await this.rows(
			`SELECT DISTINCT (args ->> 'zoneId')::int AS zone FROM chain_events
			WHERE chain_id = $1 AND name = 'DirectiveSet' AND (args ->> 'kind')::int = 1
				AND $2 BETWEEN (args ->> 'fromWindow')::bigint AND (args ->> 'toWindow')::bigint`,
			[this.options.chainId, windowId],
		);
		return {
			state: window?.session_state ?? "scheduled",
			ordersPlaced: orders.length + outside.length,
			ordersRejected: countEach(refusals),
			trades: window?.trade_count ?? 0,
			soldWh: window?.energy_wh ?? 0,
			tradingZoneIds: zones.map(({ zone }) => zone),
			haltedZoneIds: halts.map(({ zone }) => zone),
		};
	}

	async settlement(windowId: WindowId): Promise<SettlementFigures | null> {
		const { chainId, chargeAccounts } = this.options;
		const [pipeline] = await this.rows("SELECT stage, gas_used FROM window_pipelines WHERE window_id = $1", [windowId]);
		if (pipeline === undefined || !["certified", "reconciled", "empty"].includes(pipeline.stage)) return null;
		const chunks = await this.rows(
			`SELECT args ->> 'record' AS record FROM chain_events
			WHERE chain_id = $1 AND name = 'ChunkSettled' AND (args ->> 'windowId')::bigint = $2`,
			[chainId, windowId],
		);
		const trades = chunks.flatMap(({ record }) => decodeRecord(record as Hex));
		const [money] = await this.rows(
			`SELECT coalesce(sum(-delta_msat) FILTER (WHERE delta_msat < 0 AND account <> ALL ($3)), 0) AS debited,
				coalesce(sum(delta_msat) FILTER (WHERE delta_msat > 0 AND account <> ALL ($3)), 0) AS credited,
				coalesce(sum(delta_msat) FILTER (WHERE account = ANY ($3)), 0) AS charges
			FROM chain_balance_changes WHERE chain_id = $1 AND window_id = $2`,
			[chainId, windowId, chargeAccounts],
		);
		const issued = await this.issued(windowId);
		return {
			...energies(trades),
			debitedMsat: money?.debited ?? 0,
			creditedMsat: money?.credited ?? 0,
			chargesMsat: money?.charges ?? 0,
			gasUsed: pipeline.gas_used,
			...issued,
			deliveredZoneIds: await this.deliveredZoneIds(trades),
		};
	}

	async disagreements(windowIds: readonly WindowId[]): Promise<string[]> {
		const { reconciliation } = this.options;
		const books = await reconciliation.reconcileAll();
		const differences = [...books.differences];
		for (const windowId of windowIds) differences.push(...(await reconciliation.compareWindow(windowId)));
		const lines = differences.map(
			({ what, account, windowId, left, right }) =>
				`${what}${account === undefined ? "" : ` of ${account}`}${windowId === undefined ? "" : ` in window ${windowId}`}: ${left.keeper} ${left.value} ≠ ${right.keeper} ${right.value}`,
		);
		return books.isConclusive ? lines : [...lines, "the books did not come to rest, so they could not be compared"];
	}

	async settledWindows(): Promise<number> {
		const [row] = await this.rows("SELECT count(*) AS count FROM windows WHERE session_state = 'settled'", []);
		return row?.count ?? 0;
	}

	/** Mints: from the zero address; the low 32 bits of a certificate's id are its window. */
	private async issued(windowId: WindowId) {
		const [row] = await this.rows(
			`SELECT count(*) AS count, coalesce(sum(energy_wh), 0) AS energy FROM certificate_transfers
			WHERE chain_id = $1 AND from_account = $2 AND energy_wh > 0 AND mod(token_id::numeric, 4294967296) = $3`,
			[this.options.chainId, NOBODY, windowId],
		);
		return { certificatesIssued: row?.count ?? 0, certificatesWh: row?.energy ?? 0 };
	}

	private async deliveredZoneIds(trades: readonly RecordedTrade[]): Promise<number[]> {
		const meterIds = trades
			.filter(({ deliveredWh }) => deliveredWh > 0)
			.flatMap(({ sellMeterId, buyMeterId }) => [sellMeterId, buyMeterId]);
		const zones = await this.rows(
			`SELECT DISTINCT (args ->> 'zoneId')::int AS zone FROM chain_events
			WHERE chain_id = $1 AND name = 'MeterRegistered' AND (args ->> 'meterId')::bigint = ANY ($2)`,
			[this.options.chainId, [...new Set(meterIds)]],
		);
		return zones.map(({ zone }) => zone);
	}

	// biome-ignore lint/suspicious/noExplicitAny: rows are read field by field right where they are asked for
	private async rows(sql: string, values: unknown[]): Promise<any[]> {
		return (await this.options.pool.query(sql, values)).rows;
	}
}

function energies(trades: readonly RecordedTrade[]) {
	const sums = { deliveredWh: 0, shortWh: 0, curtailedWh: 0, skippedWh: 0, injectedWh: 0, lostWh: 0 };
	for (const trade of trades) {
		sums.deliveredWh += trade.deliveredWh;
		sums.shortWh += trade.shortWh;
		sums.injectedWh += trade.injectedWh;
		sums.lostWh += trade.injectedWh - trade.deliveredWh;
		const rest = trade.energyWh - trade.deliveredWh - trade.shortWh;
		const name = settlementCodeName(trade.code);
		// A cap leaves part of a settled trade to the authority.
		const isCurtailed = name === "SETTLED" || name === "ZONE_HALTED" || name === "DIRECTIVE_CAP";
		if (isCurtailed) sums.curtailedWh += rest;
		else sums.skippedWh += rest;
	}
	return sums;
}

function countEach(reasons: readonly string[]): Record<string, number> {
	const counts: Record<string, number> = {};
	for (const reason of [...reasons].sort()) counts[reason] = (counts[reason] ?? 0) + 1;
	return counts;
}
