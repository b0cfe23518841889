import type pg from "pg";
import type { Pulse } from "../../application/services/CancelOnlyGate.ts";
import { sleepMillis } from "../clock/sleepMillis.ts";

const LOOK_MILLIS = 1_000;

export type PulseWatchOptions = {
	pool: pg.Pool;
	chainId: number;
	/** Told at every look; null when the database did not answer. */
	onPulse: (pulse: Pulse) => void;
	/** Told when the database stops answering and when it answers again, one line. */
	onChange: (line: string) => void;
};

/** Looks every second when engine and indexer last wrote, by the database's own clock. */
export class PulseWatch {
	private readonly options: PulseWatchOptions;
	private readonly abort = new AbortController();
	private readonly loop: Promise<void>;
	private isAnswering = true;

	constructor(options: PulseWatchOptions) {
		this.options = options;
		this.loop = this.run();
	}

	async stop(): Promise<void> {
		this.abort.abort();
		await this.loop;
	}

	private async run(): Promise<void> {
		while (!this.abort.signal.aborted) {
			const pulse = await this.look().catch(() => null);
			if (this.abort.signal.aborted) return;
			this.options.onPulse(pulse);
			if ((pulse !== null) !== this.isAnswering) {
				this.isAnswering = pulse !== null;
				this.options.onChange(this.isAnswering ? "the database answers again" : "the database does not answer");
			}
			await sleepMillis(LOOK_MILLIS, this.abort.signal);
		}
	}

	private async look(): Promise<Pulse> {
		const { rows } = await this.options.pool.query(
			`SELECT
				coalesce((SELECT extract(epoch FROM clock_timestamp() - committed_at) * 1000
					FROM input_log ORDER BY first_sequence DESC LIMIT 1), 0)::bigint AS engine,
				coalesce((SELECT extract(epoch FROM clock_timestamp() - moved_at) * 1000
					FROM chain_cursor WHERE chain_id = $1), 0)::bigint AS chain`,
			[this.options.chainId],
		);
		return { engineSilentMillis: rows[0].engine, chainSilentMillis: rows[0].chain };
	}
}
