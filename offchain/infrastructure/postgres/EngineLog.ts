import { createHash } from "node:crypto";
import type pg from "pg";
import type { CommittedEvents } from "../../application/ports/EventFeed.ts";
import type { EngineInput } from "../../domain/engine/EngineInput.ts";
import type { InputLog, LoggedGroup, PreparedGroup, StoredSnapshot } from "./InputLog.ts";
import { type AppliedInput, projectGroup } from "./projectGroup.ts";

/** Groups read at a time while replaying or catching up. */
const PAGE_GROUPS = 64;

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

	/** One statement: fence, log, projections, outbox. Resolves after it is on disk. */
	async commit(prepared: PreparedGroup): Promise<void> {
		await this.pool.query({
			name: "commit_input_group",
			text: "SELECT commit_input_group($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,$13,$14,$15,$16,$17,$18,$19,$20,$21,$22,$23)",
			values: prepared.values,
		});
	}

	/** Groups after `sequence`, in order, checked for gaps and for damage by the hash chain. */
	async *groupsAfter(sequence: number, logHash: Buffer, withEvents: boolean): AsyncGenerator<LoggedGroup> {
		let cursor = sequence;
		let hash = logHash;
		let reading = this.page(cursor, withEvents);
		for (;;) {
			const rows = await reading;
			const isLast = rows.length < PAGE_GROUPS;
			// The next page comes while this one is applied.
			if (!isLast) reading = this.page(rows.at(-1)?.last_sequence ?? cursor, withEvents);
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
					inputs: JSON.parse(row.inputs.toString()) as EngineInput[],
					events: row.events,
					requestIds: row.request_ids,
					logHash: hash,
				};
				cursor = row.last_sequence;
			}
			if (isLast) return;
		}
	}

	private async page(cursor: number, withEvents: boolean): Promise<LogRow[]> {
		const { rows } = await this.pool.query<LogRow>({
			name: withEvents ? "read_log_with_events" : "read_log",
			text: `SELECT first_sequence, last_sequence, at_millis, inputs, ${withEvents ? "events" : "''::bytea AS events"},
				request_ids, log_hash
			FROM input_log WHERE first_sequence > $1 ORDER BY first_sequence LIMIT $2`,
			values: [cursor, PAGE_GROUPS],
		});
		return rows;
	}

	/** Events of committed inputs after `sequence`, at most some pages; empty at the end of the log. */
	async eventsAfter(sequence: number): Promise<CommittedEvents[]> {
		const { rows } = await this.pool.query<{ first_sequence: number; events: Buffer }>(
			"SELECT first_sequence, events FROM input_log WHERE last_sequence > $1 ORDER BY first_sequence LIMIT $2",
			[sequence, PAGE_GROUPS],
		);
		return rows.flatMap((row) => {
			const events = JSON.parse(row.events.toString()) as [number, CommittedEvents["events"]][];
			return events
				.map(([atMillis, list], index) => ({ sequence: row.first_sequence + index, atMillis, events: list }))
				.filter((committed) => committed.sequence > sequence);
		});
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

/** The arguments of `commit_input_group`. */
function prepareGroup(epoch: number, previousHash: Buffer, group: AppliedInput[]): PreparedGroup {
	const first = group[0];
	const last = group.at(-1);
	if (first === undefined || last === undefined) throw new Error("an empty group is never committed");
	const inputs = Buffer.from(JSON.stringify(group.map((applied) => applied.input)));
	const logHash = chainHash(previousHash, inputs);
	const rows = projectGroup(group);
	const { transitions } = rows;
	const hasRequests = group.some(({ requestId }) => requestId !== null);
	return {
		logHash,
		values: [
			epoch,
			first.sequence,
			last.sequence,
			last.atMillis,
			inputs,
			eventBytes(group),
			logHash,
			json(rows.placed),
			json(rows.changed),
			json(rows.executed),
			json(rows.unwound),
			json(rows.sessionChanges),
			json(rows.accountChanges),
			json(rows.violations),
			json(rows.messages),
			hasRequests ? group.map(({ requestId }) => requestId) : null,
			transitions.map(({ sequence }) => sequence),
			transitions.map(({ event_index }) => event_index),
			transitions.map(({ order_hash }) => order_hash),
			transitions.map(({ type }) => type),
			transitions.map(({ reason }) => reason),
			transitions.map(({ energy_wh }) => energy_wh),
			transitions.map(({ at_millis }) => at_millis),
		],
	};
}

/** What a group's events are stored as; a process that follows the log compares its own with it. */
export function eventBytes(group: AppliedInput[]): Buffer {
	return Buffer.from(JSON.stringify(group.map((applied) => [applied.atMillis, applied.events])));
}

/** The log's hash after these inputs. */
export function chainHash(previous: Buffer, inputs: Buffer): Buffer {
	return createHash("sha256").update(previous).update(inputs).digest();
}

function json(rows: object[]): string | null {
	return rows.length === 0 ? null : JSON.stringify(rows);
}
