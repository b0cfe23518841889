import { createHash } from "node:crypto";
import type pg from "pg";
import { type WindowId, windowEnd, windowStart } from "../../domain/units/window.ts";

/** One zone pair's part of a window. */
type ReportedFlow = {
	sellZoneId: number;
	buyZoneId: number;
	trades: number;
	energyWh: number;
	lossWh: number;
	sellerMsat: number;
	buyerMsat: number;
};

/** What the energy policy office is told of one window: totals and flows, no person. */
export type WindowReport = {
	schema: "gridtokenx/window-report/1";
	windowId: WindowId;
	beginsAt: string;
	endsAt: string;
	outcome: string;
	isBalanced: boolean | null;
	orders: { placed: number; rejected: number };
	trades: { count: number; unwound: number; energyWh: number; lossWh: number; sellerMsat: number; buyerMsat: number };
	/** Volume-weighted price buyers paid, sat/kWh, rounded down; null without a trade. */
	averageBuyerPriceSatPerKwh: number | null;
	flows: ReportedFlow[];
	meteredWh: number;
	gridViolations: number;
	directiveIds: number[];
	commitment: string | null;
	settledTransactions: string[];
};

/** Reports of ended windows: made once, from committed rows, and kept as sent. */
export class WindowReports {
	private readonly pool: pg.Pool;
	private readonly chainId: number;

	constructor(pool: pg.Pool, chainId: number) {
		this.pool = pool;
		this.chainId = chainId;
	}

	/** The stored report of the window; makes it the first time. */
	async ofWindow(windowId: WindowId): Promise<WindowReport> {
		const stored = await this.pool.query<{ body: WindowReport }>(
			"SELECT body FROM window_reports WHERE window_id = $1",
			[windowId],
		);
		if (stored.rows[0] !== undefined) return stored.rows[0].body;
		const report = await this.make(windowId);
		const text = JSON.stringify(report);
		const hash = createHash("sha256").update(text).digest("hex");
		await this.pool.query(
			"INSERT INTO window_reports (window_id, body, body_hash) VALUES ($1, $2, $3) ON CONFLICT (window_id) DO NOTHING",
			[windowId, text, hash],
		);
		const kept = await this.pool.query<{ body: WindowReport }>("SELECT body FROM window_reports WHERE window_id = $1", [
			windowId,
		]);
		return kept.rows[0]?.body as WindowReport;
	}

	private async make(windowId: WindowId): Promise<WindowReport> {
		const [pipeline, orders, trades, flows, metered, violations, events] = await Promise.all([
			this.row(
				`SELECT stage, is_balanced AS "isBalanced", commitment FROM window_pipelines WHERE window_id = $1`,
				windowId,
			),
			this.row(
				`SELECT count(*) FILTER (WHERE state <> 'rejected') AS placed, count(*) FILTER (WHERE state = 'rejected') AS rejected
				FROM orders WHERE window_id = $1`,
				windowId,
			),
			this.row(
				`SELECT count(*) FILTER (WHERE stands) AS count, count(*) FILTER (WHERE NOT stands) AS unwound,
					coalesce(sum(energy_wh) FILTER (WHERE stands), 0) AS "energyWh",
					coalesce(sum(loss_wh) FILTER (WHERE stands), 0) AS "lossWh",
					coalesce(sum(energy_wh * seller_price_sat_per_kwh) FILTER (WHERE stands), 0) AS "sellerMsat",
					coalesce(sum(energy_wh * buyer_price_sat_per_kwh) FILTER (WHERE stands), 0) AS "buyerMsat"
				FROM (SELECT *, unwound_sequence IS NULL AS stands FROM trades WHERE window_id = $1) AS known`,
				windowId,
			),
			this.pool.query<ReportedFlow>(
				`SELECT sell_zone_id AS "sellZoneId", buy_zone_id AS "buyZoneId", count(*) AS trades,
					sum(energy_wh) AS "energyWh", sum(loss_wh) AS "lossWh",
					sum(energy_wh * seller_price_sat_per_kwh) AS "sellerMsat", sum(energy_wh * buyer_price_sat_per_kwh) AS "buyerMsat"
				FROM trades WHERE window_id = $1 AND unwound_sequence IS NULL
				GROUP BY sell_zone_id, buy_zone_id ORDER BY sell_zone_id, buy_zone_id`,
				[windowId],
			),
			this.row(`SELECT coalesce(sum(exported_wh), 0) AS wh FROM readings WHERE window_id = $1`, windowId),
			this.row(`SELECT count(*) AS count FROM grid_violations WHERE window_id = $1`, windowId),
			this.pool.query<{ name: string; directiveId: number | null; transactionHash: string }>(
				`SELECT name, (args ->> 'directiveId')::bigint AS "directiveId", transaction_hash AS "transactionHash"
				FROM chain_events
				WHERE chain_id = $1 AND (
					(name = 'ChunkSettled' AND args ? 'windowId' AND (args ->> 'windowId')::bigint = $2)
					OR (name = 'DirectiveSet' AND $2 BETWEEN (args ->> 'fromWindow')::bigint AND (args ->> 'toWindow')::bigint))
				ORDER BY block_number, log_index`,
				[this.chainId, windowId],
			),
		]);
		const totals = trades as WindowReport["trades"];
		return {
			schema: "gridtokenx/window-report/1",
			windowId,
			beginsAt: new Date(windowStart(windowId) * 1000).toISOString(),
			endsAt: new Date(windowEnd(windowId) * 1000).toISOString(),
			outcome: String(pipeline.stage ?? "unknown"),
			isBalanced: (pipeline.isBalanced as boolean | null) ?? null,
			orders: orders as WindowReport["orders"],
			trades: totals,
			averageBuyerPriceSatPerKwh: totals.energyWh === 0 ? null : Math.floor(totals.buyerMsat / totals.energyWh),
			flows: flows.rows,
			meteredWh: metered.wh as number,
			gridViolations: violations.count as number,
			directiveIds: events.rows.flatMap(({ name, directiveId }) =>
				name === "DirectiveSet" && directiveId !== null ? [directiveId] : [],
			),
			commitment: (pipeline.commitment as string | null) ?? null,
			settledTransactions: [
				...new Set(events.rows.filter(({ name }) => name === "ChunkSettled").map((row) => row.transactionHash)),
			],
		};
	}

	private async row(text: string, windowId: WindowId): Promise<Record<string, unknown>> {
		const { rows } = await this.pool.query(text, [windowId]);
		return rows[0] ?? {};
	}
}
