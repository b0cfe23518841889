import type pg from "pg";
import type { EngineInput } from "../../domain/engine/EngineInput.ts";
import { DatabaseBell } from "../postgres/DatabaseBell.ts";
import type { EngineRequest, RequestSource, RequestTransport, TakenRequest } from "./EngineRequest.ts";

const CHANNEL = "engine_requests";
const LOOK_MILLIS = 200;

/** Requests in a table: the ingress where no Redis runs. */
export class PostgresRequestTransport implements RequestTransport {
	private readonly pool: pg.Pool;
	private readonly maxWaitingInputs: number;

	constructor(pool: pg.Pool, maxWaitingInputs = 50_000) {
		this.pool = pool;
		this.maxWaitingInputs = maxWaitingInputs;
	}

	async send(requests: EngineRequest[]): Promise<"sent" | "busy"> {
		const count = requests.reduce((sum, { inputs }) => sum + inputs.length, 0);
		const { rowCount } = await this.pool.query({
			name: "send_engine_requests",
			text: `WITH wanted AS (
				INSERT INTO engine_requests (request_id, inputs, input_count)
				SELECT request->>'requestId', request->'inputs', json_array_length(request->'inputs')
				FROM json_array_elements($1) WITH ORDINALITY AS list(request, place)
				WHERE (SELECT coalesce(sum(input_count), 0) FROM engine_requests) + $2 <= $3
				ORDER BY place
				RETURNING 1)
				SELECT pg_notify('${CHANNEL}', '') FROM wanted LIMIT 1`,
			values: [JSON.stringify(requests), count, this.maxWaitingInputs],
		});
		return rowCount === 0 ? "busy" : "sent";
	}

	async close(): Promise<void> {}
}

/** The leader's end of the table. */
export class PostgresRequestSource implements RequestSource {
	private readonly pool: pg.Pool;
	private readonly bell: DatabaseBell;
	private readonly taken = new Set<string>();

	constructor(pool: pg.Pool, databaseUrl: string) {
		this.pool = pool;
		this.bell = new DatabaseBell(databaseUrl, CHANNEL);
	}

	async take(limit: number): Promise<TakenRequest[]> {
		// Identities become visible out of order, so rows are taken by presence, never by "greater than the last".
		const { rows } = await this.pool.query<{ place: number; request_id: string; inputs: EngineInput[] }>({
			name: "take_engine_requests",
			text: `SELECT request_order AS place, request_id, inputs FROM engine_requests
			WHERE request_order <> ALL ($1) ORDER BY request_order LIMIT $2`,
			values: [[...this.taken], limit],
		});
		const requests: TakenRequest[] = [];
		let inputs = 0;
		for (const row of rows) {
			inputs += row.inputs.length;
			if (requests.length > 0 && inputs > limit) break;
			const place = String(row.place);
			this.taken.add(place);
			requests.push({ place, requestId: row.request_id, inputs: row.inputs });
		}
		if (requests.length === 0) await this.bell.wait(LOOK_MILLIS);
		return requests;
	}

	async done(places: string[]): Promise<void> {
		await this.pool.query({
			name: "forget_engine_requests",
			text: "DELETE FROM engine_requests WHERE request_order = ANY ($1)",
			values: [places],
		});
		for (const place of places) this.taken.delete(place);
	}

	close(): Promise<void> {
		return this.bell.close();
	}
}
