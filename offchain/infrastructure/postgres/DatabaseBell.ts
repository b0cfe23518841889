import type pg from "pg";
import { openConnection } from "./openPool.ts";

/**
 * Wakes a waiting loop when something happened in the database (LISTEN). Rings may get lost with the connection, so
 * whoever waits looks anyway after a while.
 */
export class DatabaseBell {
	private readonly databaseUrl: string;
	private readonly channel: string;
	private client: pg.Client | null = null;
	private isClosed = false;
	private hasRung = false;
	private wake: (() => void) | null = null;
	private connecting: Promise<void>;

	constructor(databaseUrl: string, channel: string) {
		this.databaseUrl = databaseUrl;
		this.channel = channel;
		this.connecting = this.connect();
	}

	/** Resolves at the next ring, at once if it has rung since the last wait, or after `timeoutMillis`. */
	async wait(timeoutMillis: number): Promise<void> {
		if (!this.hasRung && !this.isClosed) {
			await new Promise<void>((resolve) => {
				const timer = setTimeout(resolve, timeoutMillis);
				this.wake = () => {
					clearTimeout(timer);
					resolve();
				};
			});
			this.wake = null;
			if (this.client === null && !this.isClosed) this.connecting = this.connecting.then(() => this.connect());
		}
		this.hasRung = false;
	}

	ring(): void {
		this.hasRung = true;
		this.wake?.();
	}

	async close(): Promise<void> {
		this.isClosed = true;
		this.ring();
		await this.connecting;
		await this.client?.end().catch(() => undefined);
	}

	private async connect(): Promise<void> {
		if (this.client !== null || this.isClosed) return;
		try {
			const client = await openConnection(this.databaseUrl, `gridtokenx listens to ${this.channel}`);
			const forget = (): void => {
				if (this.client === client) this.client = null;
			};
			client.on("error", forget);
			client.on("end", forget);
			client.on("notification", () => this.ring());
			await client.query(`LISTEN ${this.channel}`);
			this.client = client;
			// Whatever happened before it listened.
			this.ring();
		} catch {
			// The database is away; the next wait tries again.
		}
	}
}
