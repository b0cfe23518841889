import type pg from "pg";
import { HeldLock } from "./HeldLock.ts";

const LEADER_LOCK = 0x67_74_78_02;

export type LeaderLockOptions = {
	databaseUrl: string;
	/** Name of this process, for people. */
	holder: string;
	pingMillis?: number;
	/** A leader silent for longer is frozen or cut off: its connection is ended and its epoch overtaken. */
	staleMillis?: number;
};

/**
 * One leader among any number of processes: a lock with a heartbeat, and an epoch that every commit checks, so that a
 * leader that wakes up late cannot write.
 */
export class LeaderLock {
	readonly epoch: number;
	private readonly held: HeldLock;

	private constructor(held: HeldLock, epoch: number) {
		this.held = held;
		this.epoch = epoch;
	}

	/** Waits until this process leads, or returns null when aborted. */
	static async acquire(options: LeaderLockOptions, signal?: AbortSignal): Promise<LeaderLock | null> {
		let epoch = 0;
		const held = await HeldLock.acquire(
			{
				databaseUrl: options.databaseUrl,
				applicationName: `gridtokenx leader ${options.holder}`,
				pingMillis: options.pingMillis ?? 500,
				staleMillis: options.staleMillis ?? 5_000,
				tryLock,
				endFrozen,
				claim: async (client) => {
					epoch = await nextEpoch(client, options.holder);
				},
				ping: async (client) => {
					const { rowCount } = await client.query(
						"UPDATE leadership SET heartbeat_at = clock_timestamp() WHERE epoch = $1",
						[epoch],
					);
					if (rowCount !== 1) throw new Error("another process leads");
				},
			},
			signal,
		);
		return held === null ? null : new LeaderLock(held, epoch);
	}

	/** Resolves with the cause when this process must stop leading. */
	whenLost(): Promise<Error> {
		return this.held.whenLost();
	}

	release(): Promise<void> {
		return this.held.release();
	}
}

async function tryLock(client: pg.Client): Promise<boolean> {
	const { rows } = await client.query<{ locked: boolean }>("SELECT pg_try_advisory_lock($1) AS locked", [LEADER_LOCK]);
	return rows[0]?.locked === true;
}

async function endFrozen(client: pg.Client, staleMillis: number): Promise<void> {
	await client.query(
		`SELECT pg_terminate_backend(pid) FROM leadership
		JOIN pg_locks ON pid = backend_pid AND locktype = 'advisory' AND objid = $2 AND granted
		WHERE heartbeat_at < clock_timestamp() - $1 * interval '1 millisecond'`,
		[staleMillis, LEADER_LOCK],
	);
}

async function nextEpoch(client: pg.Client, holder: string): Promise<number> {
	const { rows } = await client.query<{ epoch: number }>(
		`UPDATE leadership SET epoch = epoch + 1, holder = $1, backend_pid = pg_backend_pid(), heartbeat_at = clock_timestamp()
		RETURNING epoch`,
		[holder],
	);
	const epoch = rows[0]?.epoch;
	if (epoch === undefined) throw new Error("the leadership row is missing");
	return epoch;
}
