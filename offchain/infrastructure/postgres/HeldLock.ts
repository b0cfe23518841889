import type pg from "pg";
import { openConnection } from "./openPool.ts";

export type HeldLockOptions = {
	databaseUrl: string;
	applicationName: string;
	/** How often the holder shows it lives and who waits looks. */
	pingMillis: number;
	/** A holder silent for longer is frozen or cut off. */
	staleMillis: number;
	/** Takes the advisory lock if it is free. */
	tryLock: (client: pg.Client) => Promise<boolean>;
	/** Ends the connection of a holder whose sign of life is older than this. */
	endFrozen: (client: pg.Client, staleMillis: number) => Promise<void>;
	/** First thing done with the lock. */
	claim: (client: pg.Client) => Promise<void>;
	/** The holder's sign of life; throws when the lock is another's. */
	ping: (client: pg.Client) => Promise<void>;
};

/**
 * An advisory lock on a connection of its own, with a heartbeat in the database's time: a holder that dies loses it with
 * its connection, one that freezes has its connection ended by whoever waits.
 */
export class HeldLock {
	private readonly client: pg.Client;
	private readonly timer: NodeJS.Timeout;
	private readonly lost: Promise<Error>;
	private reportLost: (error: Error) => void = () => undefined;

	private constructor(client: pg.Client, { ping, pingMillis, staleMillis }: HeldLockOptions) {
		this.client = client;
		this.lost = new Promise((resolve) => {
			this.reportLost = resolve;
		});
		client.on("error", (error) => this.reportLost(error));
		client.on("end", () => this.reportLost(new Error("the lock's connection has ended")));
		let lastPing = performance.now();
		this.timer = setInterval(() => {
			ping(client).then(
				() => {
					lastPing = performance.now();
				},
				(error: Error) => this.reportLost(error),
			);
			if (performance.now() - lastPing > staleMillis) this.reportLost(new Error("the database does not answer"));
		}, pingMillis);
	}

	/** Waits until this process holds the lock, or returns null when aborted. */
	static async acquire(options: HeldLockOptions, signal?: AbortSignal): Promise<HeldLock | null> {
		const client = await openConnection(options.databaseUrl, options.applicationName);
		client.on("error", () => undefined);
		try {
			// The server notices a holder's dead machine quickly instead of after hours.
			await client.query("SET tcp_keepalives_idle = 2; SET tcp_keepalives_interval = 1; SET tcp_keepalives_count = 3");
			while (!(await options.tryLock(client))) {
				if (signal?.aborted === true) {
					await client.end();
					return null;
				}
				await options.endFrozen(client, options.staleMillis);
				await new Promise((resolve) => setTimeout(resolve, options.pingMillis));
			}
			await options.claim(client);
			return new HeldLock(client, options);
		} catch (error) {
			await client.end().catch(() => undefined);
			throw error;
		}
	}

	/** Resolves with the cause when this process must stop acting on the lock. */
	whenLost(): Promise<Error> {
		return this.lost;
	}

	async release(): Promise<void> {
		clearInterval(this.timer);
		await this.client.end().catch(() => undefined);
	}
}
