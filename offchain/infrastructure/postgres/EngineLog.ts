import { createHash } from "node:crypto";
import type pg from "pg";
import type { CommittedEvents } from "../../application/ports/EventFeed.ts";
import { textArray } from "./binaryArrays.ts";
import { copyRows } from "./copyRows.ts";
import { decodeEffects, encodeEffects } from "./effectCodec.ts";
import type { InputLog, LoggedGroup, PreparedGroup, StoredSnapshot } from "./InputLog.ts";
import { decodeForReplay, decodeInputs, encodeInputs } from "./inputCodec.ts";
import type { AppliedInput, GroupProjection } from "./projectGroup.ts";
import { projectionValues } from "./projectionValues.ts";

/** Groups read at a time while replaying or catching up. */
const PAGE_GROUPS = 64;

/** Inputs read back at a time for the readable tables: as many as the engine's own thread can spare a moment for. */
const READ_BACK_INPUTS = 1_000;

type LogRow = {
	first_sequence: number;
	last_sequence: number;
	at_millis: number;
	inputs: Buffer;
	events: Buffer;
	request_ids: (string | null)[] | null;
	log_hash: Buffer;
};

/** The input log as it stands in Postgres. */
export class EngineLog implements InputLog {
	private readonly pool: pg.Pool;

	constructor(pool: pg.Pool) {
		this.pool = pool;
	}

	prepare(epoch: number, previousHash: Buffer, group: AppliedInput[]): PreparedGroup {
		return prepareGroup(epoch, previousHash, group);
	}

	/** One statement: fence and log row. Resolves after it is on disk. */
	async commit(prepared: PreparedGroup): Promise<void> {
		await this.pool.query({
			name: "append_input_group",
			text: "SELECT append_input_group($1,$2,$3,$4,$5,$6,$7,$8)",
			values: prepared.values,
		});
	}

	async projectedSequence(): Promise<number> {
		const { rows } = await this.pool.query<{ sequence: number }>("SELECT sequence FROM projection_cursor");
		return rows[0]?.sequence ?? 0;
	}

	/** Resolves before it is on disk: a crash may take it back, and whoever comes next finds the same in the log. */
	async project(afterSequence: number, lastSequence: number, rows: GroupProjection): Promise<boolean> {
		const values = projectionValues(afterSequence, lastSequence, rows);
		const { rows: answers } = await this.pool.query<{ done: boolean }>({
			name: "project_inputs",
			text: `WITH projected AS MATERIALIZED (
					SELECT project_inputs(${values.map((_, index) => `$${index + 1}`).join(",")}) AS done)
				SELECT done, CASE WHEN done THEN project_trims($${values.length + 1}) END,
					set_config('synchronous_commit', 'off', true) FROM projected`,
			values: [...values, rows.trimmed.length === 0 ? null : JSON.stringify(rows.trimmed)],
		});
		return answers[0]?.done === true;
	}

	async appliedAfter(sequence: number): Promise<AppliedInput[]> {
		const after = Math.trunc(sequence);
		const rows = await this.page(`last_sequence > ${after} AND first_sequence <= ${after + READ_BACK_INPUTS}`, true);
		return rows.flatMap((row) => {
			const inputs = decodeInputs(row.inputs);
			return decodeEffects(row.events, row.first_sequence, inputs)
				.map((committed, index): AppliedInput => {
					const input = inputs[index];
					if (input === undefined) throw new Error(`the input log is damaged at ${row.first_sequence}`);
					return { ...committed, input, requestId: row.request_ids?.[index] ?? null };
				})
				.filter((applied) => applied.sequence > sequence);
		});
	}

	/** Groups after `sequence`, in order, checked for gaps and for damage by the hash chain. */
	async *groupsAfter(sequence: number, logHash: Buffer, withEvents: boolean): AsyncGenerator<LoggedGroup> {
		let cursor = sequence;
		let hash = logHash;
		const next = (after: number) => this.page(`first_sequence > ${Math.trunc(after)}`, withEvents);
		let reading = next(cursor);
		for (;;) {
			const rows = await reading;
			const isLast = rows.length < PAGE_GROUPS;
			// The next page comes while this one is applied.
			if (!isLast) reading = next(rows.at(-1)?.last_sequence ?? cursor);
			// Its failure is met when it is awaited, or never, where the reader has given up.
			reading.catch(() => undefined);
			for (const row of rows) {
				if (row.first_sequence !== cursor + 1) throw new Error(`the input log has a gap after ${cursor}`);
				hash = chainHash(hash, row.inputs);
				if (!hash.equals(row.log_hash)) throw new Error(`the input log is damaged at ${row.first_sequence}`);
				yield {
					firstSequence: row.first_sequence,
					lastSequence: row.last_sequence,
					atMillis: row.at_millis,
					inputs: withEvents ? decodeInputs(row.inputs) : decodeForReplay(row.inputs),
					events: row.events,
					requestIds: row.request_ids,
					logHash: hash,
				};
				cursor = row.last_sequence;
			}
			if (isLast) return;
		}
	}

	private async page(condition: string, withEvents: boolean): Promise<LogRow[]> {
		const events = withEvents ? "events" : "''::bytea";
		const rows = await copyRows(
			this.pool,
			`SELECT first_sequence, last_sequence, at_millis, inputs, ${events}, array_to_json(request_ids)::text, log_hash
			FROM input_log WHERE ${condition} ORDER BY first_sequence LIMIT ${PAGE_GROUPS}`,
		);
		return rows.map(([first, last, at, inputs, eventList, requestIds, logHash]) => ({
			first_sequence: safeInteger(first),
			last_sequence: safeInteger(last),
			at_millis: safeInteger(at),
			inputs: inputs as Buffer,
			events: eventList as Buffer,
			request_ids: requestIds == null ? null : (JSON.parse(requestIds.toString()) as (string | null)[]),
			log_hash: logHash as Buffer,
		}));
	}

	/** Events of committed inputs after `sequence`, at most some pages; empty at the end of the log. */
	async eventsAfter(sequence: number): Promise<CommittedEvents[]> {
		const rows = await this.page(`last_sequence > ${Math.trunc(sequence)}`, true);
		if ((rows[0]?.first_sequence ?? 0) > sequence + 1) throw new Error(`input ${sequence + 1} is in the archive`);
		return rows
			.flatMap((row) => decodeEffects(row.events, row.first_sequence, decodeInputs(row.inputs)))
			.filter((committed) => committed.sequence > sequence);
	}

	/** Ids of the requests among the newest inputs up to and with `sequence`, oldest first. */
	async requestsUpTo(sequence: number, inputs: number): Promise<{ requestId: string; sequence: number }[]> {
		const { rows } = await this.pool.query<{ first_sequence: number; request_ids: (string | null)[] }>(
			`SELECT first_sequence, request_ids FROM input_log
			WHERE first_sequence BETWEEN $1 AND $2 AND request_ids IS NOT NULL ORDER BY first_sequence`,
			[sequence - inputs, sequence],
		);
		return rows.flatMap((row) =>
			row.request_ids.flatMap((requestId, index) =>
				requestId === null ? [] : [{ requestId, sequence: row.first_sequence + index }],
			),
		);
	}

	async latestSnapshot(): Promise<StoredSnapshot | null> {
		const { rows } = await this.pool.query<{
			sequence: number;
			state: Buffer;
			state_hash: string;
			log_hash: Buffer;
			at_millis: number;
		}>("SELECT * FROM engine_snapshots ORDER BY sequence DESC LIMIT 1");
		const row = rows[0];
		if (row === undefined) return null;
		return {
			sequence: row.sequence,
			state: row.state,
			stateHash: row.state_hash,
			logHash: row.log_hash,
			atMillis: row.at_millis,
		};
	}

	async snapshotSequence(): Promise<number> {
		const { rows } = await this.pool.query<{ sequence: number | null }>(
			"SELECT max(sequence) AS sequence FROM engine_snapshots",
		);
		return rows[0]?.sequence ?? 0;
	}

	/** Keeps the newest three. */
	async saveSnapshot(snapshot: StoredSnapshot): Promise<void> {
		await this.pool.query(
			`INSERT INTO engine_snapshots (sequence, state, state_hash, log_hash, at_millis)
			VALUES ($1, $2, $3, $4, $5) ON CONFLICT (sequence) DO NOTHING`,
			[snapshot.sequence, snapshot.state, snapshot.stateHash, snapshot.logHash, snapshot.atMillis],
		);
		await this.pool.query(
			`DELETE FROM engine_snapshots WHERE sequence NOT IN
			(SELECT sequence FROM engine_snapshots ORDER BY sequence DESC LIMIT 3)`,
		);
	}
}

export const EMPTY_LOG_HASH = Buffer.alloc(32);

/** The arguments of `append_input_group`. */
function prepareGroup(epoch: number, previousHash: Buffer, group: AppliedInput[]): PreparedGroup {
	const first = group[0];
	const last = group.at(-1);
	if (first === undefined || last === undefined) throw new Error("an empty group is never committed");
	const inputs = encodeInputs(group.map((applied) => applied.input));
	const logHash = chainHash(previousHash, inputs);
	const requestIds = group.some(({ requestId }) => requestId !== null)
		? textArray(group.map(({ requestId }) => requestId))
		: null;
	return {
		logHash,
		values: [epoch, first.sequence, last.sequence, last.atMillis, inputs, encodeEffects(group), logHash, requestIds],
	};
}

function safeInteger(field: Buffer | null | undefined): number {
	const value = Number(field?.readBigInt64BE());
	if (!Number.isSafeInteger(value)) throw new RangeError("not a safe integer from the log");
	return value;
}

/** The log's hash after these inputs. */
export function chainHash(previous: Buffer, inputs: Buffer): Buffer {
	return createHash("sha256").update(previous).update(inputs).digest();
}
