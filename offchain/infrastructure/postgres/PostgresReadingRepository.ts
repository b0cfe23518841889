import type pg from "pg";
import type { AttestedReadings } from "../../application/ports/MeterReading.ts";
import type { ReadingOutcome, ReadingRepository } from "../../application/ports/ReadingRepository.ts";
import type { WindowId } from "../../domain/units/window.ts";
import { transaction } from "./transaction.ts";

export class PostgresReadingRepository implements ReadingRepository {
	private readonly pool: pg.Pool;

	constructor(pool: pg.Pool) {
		this.pool = pool;
	}

	/** All of the batch or none: its signature covers it whole. */
	async add(batch: AttestedReadings): Promise<ReadingOutcome> {
		const readings = [...batch.readings].sort((a, b) => a.meterId - b.meterId);
		return transaction(this.pool, async (client) => {
			// Batches of one window follow each other, so that two contradicting ones cannot both see nothing.
			await client.query("SELECT pg_advisory_xact_lock(hashtextextended('readings', $1))", [batch.windowId]);
			const known = await client.query(
				"SELECT batch_id FROM reading_batches WHERE window_id = $1 AND licensee = $2 AND signature = $3",
				[batch.windowId, batch.licensee, batch.signature],
			);
			if (known.rows.length > 0) return { status: "known", batchId: known.rows[0].batch_id };
			const stored = await client.query(
				"SELECT meter_id, exported_wh FROM readings WHERE window_id = $1 AND meter_id = ANY ($2)",
				[batch.windowId, readings.map((reading) => reading.meterId)],
			);
			const storedWh = new Map<number, number>(stored.rows.map((row) => [row.meter_id, row.exported_wh]));
			for (const { meterId, exportedWh } of readings) {
				const before = storedWh.get(meterId);
				if (before === undefined) continue;
				// Also refused when the value is the same: a meter settles with one signature.
				return { status: "contradicts", meterId, storedWh: before, receivedWh: exportedWh };
			}
			const added = await client.query(
				"INSERT INTO reading_batches (window_id, licensee, signature) VALUES ($1, $2, $3) RETURNING batch_id",
				[batch.windowId, batch.licensee, batch.signature],
			);
			const batchId: number = added.rows[0].batch_id;
			await client.query(
				`INSERT INTO readings (window_id, meter_id, exported_wh, batch_id, batch_index)
				SELECT $1, "meterId", "exportedWh", $2, index - 1
				FROM ROWS FROM (json_to_recordset($3) AS ("meterId" bigint, "exportedWh" bigint)) WITH ORDINALITY
					AS reading("meterId", "exportedWh", index)`,
				[batch.windowId, batchId, JSON.stringify(readings)],
			);
			return { status: "stored", batchId };
		});
	}

	async ofWindow(windowId: WindowId): Promise<AttestedReadings[]> {
		const { rows } = await this.pool.query(
			`SELECT licensee, signature, json_agg(json_build_object(
				'windowId', window_id, 'meterId', meter_id, 'exportedWh', exported_wh) ORDER BY batch_index) AS readings
			FROM reading_batches JOIN readings USING (batch_id, window_id)
			WHERE window_id = $1 GROUP BY batch_id, licensee, signature ORDER BY batch_id`,
			[windowId],
		);
		return rows.map((row) => ({ windowId, ...row }));
	}
}
