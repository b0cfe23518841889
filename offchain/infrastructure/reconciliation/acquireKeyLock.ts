import { hostname } from "node:os";
import type { Address } from "../../domain/units/Address.ts";
import { HeldLock } from "../postgres/HeldLock.ts";

export type KeyLockOptions = {
	databaseUrl: string;
	chainId: number;
	sender: Address;
	pingMillis?: number;
	/** An owner silent for longer is overtaken. What it signed is on disk: the next owner sends the same bytes again. */
	staleMillis?: number;
};

/** One sender per key among any number of processes. Waits for it; null when aborted. */
export function acquireKeyLock(options: KeyLockOptions, signal?: AbortSignal): Promise<HeldLock | null> {
	const { databaseUrl, chainId, sender } = options;
	const key = [chainId, sender];
	return HeldLock.acquire(
		{
			databaseUrl,
			applicationName: `gridtokenx sender ${sender}`,
			pingMillis: options.pingMillis ?? 500,
			staleMillis: options.staleMillis ?? 5_000,
			tryLock: async (client) => {
				const { rows } = await client.query<{ locked: boolean }>(
					"SELECT pg_try_advisory_lock(hashtextextended($2, $1)) AS locked",
					key,
				);
				return rows[0]?.locked === true;
			},
			endFrozen: async (client, staleMillis) => {
				await client.query(
					`SELECT pg_terminate_backend(backend_pid) FROM key_owners
					WHERE chain_id = $1 AND sender = $2 AND heartbeat_at < clock_timestamp() - $3 * interval '1 millisecond'
						AND EXISTS (SELECT FROM pg_locks WHERE pid = backend_pid AND locktype = 'advisory' AND granted)`,
					[...key, staleMillis],
				);
			},
			claim: async (client) => {
				await client.query(
					`INSERT INTO key_owners VALUES ($1, $2, $3, pg_backend_pid(), clock_timestamp())
					ON CONFLICT (chain_id, sender) DO UPDATE SET
						holder = EXCLUDED.holder, backend_pid = EXCLUDED.backend_pid, heartbeat_at = EXCLUDED.heartbeat_at`,
					[...key, `${hostname()} ${process.pid}`],
				);
			},
			ping: async (client) => {
				const { rowCount } = await client.query(
					`UPDATE key_owners SET heartbeat_at = clock_timestamp()
					WHERE chain_id = $1 AND sender = $2 AND backend_pid = pg_backend_pid()`,
					key,
				);
				if (rowCount !== 1) throw new Error(`another process sends from ${sender}`);
			},
		},
		signal,
	);
}
