import type { EngineState } from "../../application/ports/EngineState.ts";
import type { InputLog } from "./InputLog.ts";
import type { RecoveredEngine } from "./recoverEngine.ts";

/** Whether nobody has written a snapshot for so many inputs. */
export async function isSnapshotDue<State extends EngineState>(
	log: InputLog,
	at: RecoveredEngine<State>,
	everyInputs: number,
): Promise<boolean> {
	if (at.sequence - at.snapshotSequence < everyInputs) return false;
	at.snapshotSequence = Math.max(at.snapshotSequence, await log.snapshotSequence());
	return at.sequence - at.snapshotSequence >= everyInputs;
}

/** Writes the state as it stands now. Nothing is applied meanwhile: with a large book that takes a second. */
export async function takeSnapshot<State extends EngineState>(
	log: InputLog,
	at: RecoveredEngine<State>,
): Promise<void> {
	const { state, sequence, logHash, atMillis } = at;
	const stateHash = state.stateHash();
	await log.saveSnapshot({ sequence, state: Buffer.from(state.snapshot()), stateHash, logHash, atMillis });
	at.snapshotSequence = sequence;
}
