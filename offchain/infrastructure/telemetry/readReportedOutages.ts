import type pg from "pg";
import { gridConditions } from "../../domain/grid/telemetry/GridConditions.ts";
import type { TelemetryScan } from "../../domain/grid/telemetry/TelemetryScan.ts";

/** Lines out of service by the last scan of every control room; a line stays out until one of them says otherwise. */
export async function readReportedOutages(pool: pg.Pool): Promise<string[]> {
	const { rows } = await pool.query<{ scan: TelemetryScan }>("SELECT scan FROM telemetry_sources ORDER BY source_id");
	const scans = rows.map(({ scan }) => scan);
	const latest = Math.max(0, ...scans.map(({ measuredAtMillis }) => measuredAtMillis));
	return gridConditions(scans, latest, 0)?.outages ?? [];
}
