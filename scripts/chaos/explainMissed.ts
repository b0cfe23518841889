import type pg from "pg";
import { windowStart } from "../../offchain/domain/units/window.ts";
import type { Fault } from "./faults.ts";

/** One fault as it was done, wall-clock ms. */
export type DoneFault = { fault: Fault; fromMillis: number; toMillis: number };

/** A window whose commitment was not mined before its delivery began, and what was broken meanwhile. */
export type MissedWindow = {
	windowId: number;
	/** Wall-clock seconds before (negative) or after the start of delivery. */
	closedSeconds: number | null;
	pipelineSeconds: number | null;
	commitRequestedSeconds: number | null;
	endedSeconds: number;
	faults: string[];
};

type Row = {
	window_id: number;
	closed_at: number | null;
	handled_at: number | null;
	requested_at: number | null;
	ended_at: number;
};

/** What each missed window waited for, from the rows its steps left behind. */
export async function explainMissed(
	pool: pg.Pool,
	faults: readonly DoneFault[],
	wallMillisOf: (marketMillis: number) => number,
): Promise<MissedWindow[]> {
	const { rows } = await pool.query<Row>(
		`SELECT window_id,
			(extract(epoch FROM stage_since) * 1000)::bigint AS ended_at,
			(extract(epoch FROM created_at) * 1000)::bigint AS closed_at,
			(extract(epoch FROM done_at) * 1000)::bigint AS handled_at,
			(SELECT (extract(epoch FROM min(sent.created_at)) * 1000)::bigint FROM chain_transactions AS sent
				WHERE request_key LIKE 'commit%' || window_id || '%') AS requested_at
		FROM window_pipelines
		LEFT JOIN outbox ON topic = 'session' AND dedupe_key LIKE window_id || '-closed-%'
		WHERE stage IN ('missed', 'expired') ORDER BY window_id`,
	);
	return rows.map((row) => {
		const startMillis = wallMillisOf(windowStart(row.window_id) * 1000);
		const relative = (at: number | null) => (at === null ? null : Math.round((at - startMillis) / 100) / 10);
		const gateMillis = wallMillisOf((windowStart(row.window_id) - 300) * 1000);
		return {
			windowId: row.window_id,
			closedSeconds: relative(row.closed_at),
			pipelineSeconds: relative(row.handled_at),
			commitRequestedSeconds: relative(row.requested_at),
			endedSeconds: relative(row.ended_at) as number,
			faults: faults
				.filter(({ fromMillis, toMillis }) => toMillis > gateMillis - 10_000 && fromMillis < startMillis)
				.map(({ fault, fromMillis, toMillis }) => `${fault} ${relative(fromMillis)} to ${relative(toMillis)}`),
		};
	});
}
