import type pg from "pg";
import { openConnection } from "./openPool.ts";

const LEADER_LOCK = 0x67_74_78_02;

export type LeaderLockOptions = {
	databaseUrl: string;
	/** Name of this process, for people. */
	holder: string;
	/** How often the leader shows it lives and a standby looks. */
	pingMillis?: number;
	/** A leader silent for longer is frozen or cut off: its connection is ended and its epoch overtaken. */
	staleMillis?: number;
};

/**
 * One leader among any number of processes: an advisory lock on a connection of its own, a heartbeat in the database's
 * time against a leader that is frozen rather than dead, and an epoch that every commit checks, so that a leader that
 * wakes up late cannot write.
 */
export class LeaderLock {
	readonly epoch: number;
	private readonly client: pg.Client;
	private readonly timer: NodeJS.Timeout;
	private readonly lost: Promise<Error>;
	private reportLost: (error: Error) => void = () => undefined;

	private constructor(client: pg.Client, epoch: number, pingMillis: number, staleMillis: number) {
		this.client = client;
		this.epoch = epoch;
		this.lost = new Promise((resolve) => {
			this.reportLost = resolve;
		});
		client.on("error", (error) => this.reportLost(error));
		client.on("end", () => this.reportLost(new Error("the leader's connection has ended")));
		let lastPing = performance.now();
		this.timer = setInterval(() => {
			this.ping().then(
				() => {
					lastPing = performance.now();
				},
				(error: Error) => this.reportLost(error),
			);
			if (performance.now() - lastPing > staleMillis) this.reportLost(new Error("the database does not answer"));
		}, pingMillis);
	}

	/** Waits until this process leads, or returns null when aborted. */
	static async acquire(options: LeaderLockOptions, signal?: AbortSignal): Promise<LeaderLock | null> {
		const pingMillis = options.pingMillis ?? 500;
		const staleMillis = options.staleMillis ?? 5_000;
		const client = await openConnection(options.databaseUrl, `gridtokenx leader ${options.holder}`);
		client.on("error", () => undefined);
		try {
			// The server notices a leader's dead machine quickly instead of after hours.
			await client.query("SET tcp_keepalives_idle = 2; SET tcp_keepalives_interval = 1; SET tcp_keepalives_count = 3");
			while (!(await tryLock(client))) {
				if (signal?.aborted === true) {
					await client.end();
					return null;
				}
				await endFrozenLeader(client, staleMillis);
				await new Promise((resolve) => setTimeout(resolve, pingMillis));
			}
			const { rows } = await client.query<{ epoch: number }>(
				`UPDATE leadership SET epoch = epoch + 1, holder = $1, backend_pid = pg_backend_pid(), heartbeat_at = clock_timestamp()
				RETURNING epoch`,
				[options.holder],
			);
			const epoch = rows[0]?.epoch;
			if (epoch === undefined) throw new Error("the leadership row is missing");
			return new LeaderLock(client, epoch, pingMillis, staleMillis);
		} catch (error) {
			await client.end().catch(() => undefined);
			throw error;
		}
	}

	/** Resolves with the cause when this process must stop leading. */
	whenLost(): Promise<Error> {
		return this.lost;
	}

	async release(): Promise<void> {
		clearInterval(this.timer);
		await this.client.end().catch(() => undefined);
	}

	private async ping(): Promise<void> {
		const { rowCount } = await this.client.query(
			"UPDATE leadership SET heartbeat_at = clock_timestamp() WHERE epoch = $1",
			[this.epoch],
		);
		if (rowCount !== 1) throw new Error("another process leads");
	}
}

async function tryLock(client: pg.Client): Promise<boolean> {
	const { rows } = await client.query<{ locked: boolean }>("SELECT pg_try_advisory_lock($1) AS locked", [LEADER_LOCK]);
	return rows[0]?.locked === true;
}

async function endFrozenLeader(client: pg.Client, staleMillis: number): Promise<void> {
	await client.query(
		`SELECT pg_terminate_backend(pid) FROM leadership
		JOIN pg_locks ON pid = backend_pid AND locktype = 'advisory' AND objid = $2 AND granted
		WHERE heartbeat_at < clock_timestamp() - $1 * interval '1 millisecond'`,
		[staleMillis, LEADER_LOCK],
	);
}
