import type { ChaosRig } from "./ChaosRig.ts";
import type { Fault } from "./faults.ts";

const GIVE_UP_MILLIS = 60_000;

/** Measures, in the log itself, how long the market stood still after a fault. */
export class TakeoverWatch {
	readonly takeovers: number[] = [];
	readonly silences: number[] = [];
	private readonly rig: ChaosRig;

	constructor(rig: ChaosRig) {
		this.rig = rig;
	}

	/** Called right before the fault; `end` waits for the first commit that counts as the market going on. */
	async begin(fault: Fault): Promise<{ end: () => Promise<void> }> {
		let epoch: number | null = null;
		// After a database fault the first connections are still broken ones.
		while (epoch === null) epoch = await this.number("SELECT epoch AS value FROM leadership");
		const before = epoch;
		const startedAt = Date.now();
		const isTakeover = fault === "leader killed" || fault === "leader frozen";
		const end = async (): Promise<void> => {
			const doneAt = Date.now();
			const deadline = performance.now() + GIVE_UP_MILLIS;
			while (performance.now() < deadline) {
				const millis = isTakeover ? await this.takeover(startedAt, before) : await this.longestGap(startedAt, doneAt);
				if (millis !== null) {
					(isTakeover ? this.takeovers : this.silences).push(millis);
					return;
				}
				await new Promise((resolve) => setTimeout(resolve, 50));
			}
			(isTakeover ? this.takeovers : this.silences).push(GIVE_UP_MILLIS);
		};
		return { end };
	}

	/** To the first commit of a later leader; null while there is none. */
	private takeover(startedAt: number, epoch: number): Promise<number | null> {
		return this.number(
			`SELECT (extract(epoch FROM min(committed_at)) * 1000)::bigint - ${startedAt} AS value FROM input_log
			WHERE committed_at > to_timestamp(${startedAt / 1000}) AND epoch > ${epoch}`,
		);
	}

	/** The engine commits at least every tick: the longest pause between two commits; null before one after the fault. */
	private longestGap(startedAt: number, doneAt: number): Promise<number | null> {
		return this.number(
			`SELECT (CASE WHEN max(at) > ${doneAt} THEN max(at - before) END)::bigint AS value FROM (
				SELECT at, lag(at) OVER (ORDER BY at) AS before FROM (
					SELECT extract(epoch FROM committed_at) * 1000 AS at FROM input_log
					WHERE committed_at > to_timestamp(${startedAt / 1000 - 1})) AS commits) AS gaps`,
		);
	}

	private async number(text: string): Promise<number | null> {
		const { rows } = await this.rig.pool.query<{ value: number | null }>(text).catch(() => ({ rows: [] }));
		return rows[0]?.value ?? null;
	}
}
