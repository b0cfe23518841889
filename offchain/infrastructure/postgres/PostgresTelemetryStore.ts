import type pg from "pg";
import type { TelemetryStore } from "../../application/ports/GridSystemAdapter.ts";
import type { TelemetryScan } from "../../domain/grid/telemetry/TelemetryScan.ts";
import { DatabaseBell } from "./DatabaseBell.ts";
import { transaction } from "./transaction.ts";

const CHANNEL = "telemetry_stored";
/** A ring lost with the connection is made up for by looking this often: far below the one second nodes are promised. */
const LOOK_MILLIS = 500;
/** Accepted scans are kept as evidence for this long, and removed some at a time. */
const KEPT_DAYS = 14;
const REMOVED_AT_ONCE = 20;

/** Scans in PostgreSQL; nodes are told by NOTIFY. */
export class PostgresTelemetryStore implements TelemetryStore {
	readonly #pool: pg.Pool;
	readonly #bell: DatabaseBell;
	readonly #listeners = new Set<() => void>();
	#isClosed = false;
	readonly #loop: Promise<void>;

	constructor(pool: pg.Pool, databaseUrl: string) {
		this.#pool = pool;
		this.#bell = new DatabaseBell(databaseUrl, CHANNEL);
		this.#loop = this.#listen();
	}

	append(scan: TelemetryScan): Promise<"stored" | "superseded"> {
		return transaction(this.#pool, async (client) => {
			const values = [scan.sourceId, scan.sequence, scan.measuredAtMillis, JSON.stringify(scan)];
			const { rowCount } = await client.query(
				`INSERT INTO telemetry_sources AS known (source_id, scan_sequence, measured_at_millis, scan)
				VALUES ($1, $2, $3, $4)
				ON CONFLICT (source_id) DO UPDATE SET scan_sequence = excluded.scan_sequence,
					measured_at_millis = excluded.measured_at_millis, scan = excluded.scan, stored_at = now()
				WHERE known.measured_at_millis < excluded.measured_at_millis AND known.scan_sequence < excluded.scan_sequence`,
				values,
			);
			if (rowCount === 0) return "superseded";
			await client.query(
				"INSERT INTO telemetry_scans (source_id, scan_sequence, measured_at_millis, scan) VALUES ($1, $2, $3, $4)",
				values,
			);
			await client.query(
				`DELETE FROM telemetry_scans WHERE ctid IN (SELECT ctid FROM telemetry_scans
				WHERE stored_at < now() - make_interval(days => $1) ORDER BY stored_at LIMIT $2 FOR UPDATE SKIP LOCKED)`,
				[KEPT_DAYS, REMOVED_AT_ONCE],
			);
			await client.query(`NOTIFY ${CHANNEL}`);
			return "stored";
		});
	}

	async latest(): Promise<TelemetryScan[]> {
		const { rows } = await this.#pool.query<{ scan: TelemetryScan }>(
			"SELECT scan FROM telemetry_sources ORDER BY source_id",
		);
		return rows.map(({ scan }) => scan);
	}

	subscribe(onChange: () => void): () => void {
		this.#listeners.add(onChange);
		return () => this.#listeners.delete(onChange);
	}

	async close(): Promise<void> {
		this.#isClosed = true;
		await this.#bell.close();
		await this.#loop;
	}

	async #listen(): Promise<void> {
		while (!this.#isClosed) {
			await this.#bell.wait(LOOK_MILLIS);
			if (!this.#isClosed) for (const listener of this.#listeners) listener();
		}
	}
}
