import type pg from "pg";
import { sleepMillis } from "../clock/sleepMillis.ts";
import { EngineLog } from "./EngineLog.ts";
import { Projector } from "./Projector.ts";

/** The tables may stand still for so long; then whoever waits writes what is missing. */
const PATIENCE_MILLIS = 300;
const LONGEST_MILLIS = 10_000;
const LOOK_MILLIS = 3;

/**
 * Resolves when the readable tables hold everything that was in the log when it was asked: who has an answer from the
 * engine finds it there, through any process. Where nobody writes them (a leader that has just died), this process does.
 */
export async function whenProjected(pool: pg.Pool): Promise<void> {
	const { rows } = await pool.query<{ projected: number; committed: number }>({
		name: "look_projected",
		text: `SELECT
			(SELECT sequence FROM projection_cursor) AS projected,
			coalesce((SELECT max(last_sequence) FROM input_log), 0) AS committed`,
	});
	const { projected, committed } = rows[0] as { projected: number; committed: number };
	if (projected >= committed) return;
	const log = new EngineLog(pool);
	let reached = projected;
	let movedAt = performance.now();
	let isHelping = false;
	for (;;) {
		await sleepMillis(LOOK_MILLIS);
		const now = await log.projectedSequence();
		if (now >= committed) return;
		if (now > reached) {
			reached = now;
			movedAt = performance.now();
		}
		const stillMillis = performance.now() - movedAt;
		if (stillMillis > LONGEST_MILLIS) throw new Error("the readable tables are behind the log");
		if (stillMillis < PATIENCE_MILLIS || isHelping) continue;
		isHelping = true;
		new Projector(log)
			.catchUp()
			.catch(() => undefined)
			.finally(() => {
				isHelping = false;
			});
	}
}
