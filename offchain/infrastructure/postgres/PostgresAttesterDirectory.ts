import type pg from "pg";
import type { AttesterDirectory } from "../../application/ports/AttesterDirectory.ts";
import type { Licensee } from "../../domain/grid/zones.ts";
import { LICENSEE_NUMBERS } from "../../domain/settlement/meterReadings.ts";
import type { Address } from "../../domain/units/Address.ts";

/** Attesters and meters as indexed from `AttesterSet` and `MeterRegistered`; the last event of each counts. */
export class PostgresAttesterDirectory implements AttesterDirectory {
	private readonly pool: pg.Pool;
	private readonly chainId: number;

	constructor(pool: pg.Pool, chainId: number) {
		this.pool = pool;
		this.chainId = chainId;
	}

	async licenseeOfAttester(attester: Address): Promise<Licensee | null> {
		const { rows } = await this.pool.query(
			`SELECT (args ->> 'licensee')::integer AS licensee, (args ->> 'allowed')::boolean AS allowed
			FROM chain_events WHERE chain_id = $1 AND name = 'AttesterSet' AND args ->> 'attester' = $2
			ORDER BY block_number DESC, log_index DESC LIMIT 1`,
			[this.chainId, attester.toLowerCase()],
		);
		if (rows[0]?.allowed !== true) return null;
		const found = Object.entries(LICENSEE_NUMBERS).find(([, number]) => number === rows[0].licensee);
		return (found?.[0] as Licensee | undefined) ?? null;
	}

	async zonesOf(meterIds: readonly number[]): Promise<(number | null)[]> {
		const { rows } = await this.pool.query(
			`SELECT DISTINCT ON (meter_id) meter_id, zone_id FROM (
				SELECT (args ->> 'meterId')::bigint AS meter_id, (args ->> 'zoneId')::integer AS zone_id, block_number, log_index
				FROM chain_events
				WHERE chain_id = $1 AND args ? 'meterId' AND (args ->> 'meterId')::bigint = ANY ($2) AND name = 'MeterRegistered'
			) AS registered ORDER BY meter_id, block_number DESC, log_index DESC`,
			[this.chainId, meterIds],
		);
		const zones = new Map<number, number>(rows.map((row) => [row.meter_id, row.zone_id]));
		return meterIds.map((meterId) => zones.get(meterId) ?? null);
	}
}
