import type { EngineState } from "../../application/ports/EngineState.ts";
import type { EngineInput } from "../../domain/engine/EngineInput.ts";
import { EMPTY_LOG_HASH } from "./EngineLog.ts";
import { areEffects } from "./effectCodec.ts";
import type { InputLog, LoggedGroup } from "./InputLog.ts";
import type { AppliedInput } from "./projectGroup.ts";
import { REQUESTS_REMEMBERED, RecentRequests } from "./RecentRequests.ts";

/** An engine's state at a place in the log. */
export type RecoveredEngine<State> = {
	state: State;
	sequence: number;
	logHash: Buffer;
	atMillis: number;
	/** Input of the snapshot it began from; 0 without one. */
	snapshotSequence: number;
	requests: RecentRequests;
};

export type EngineFactory<State> = { create: () => State; restore: (snapshot: Uint8Array) => State };

/** The newest snapshot, checked against its own hash; an empty engine without one. */
export async function restoreSnapshot<State extends EngineState>(
	log: InputLog,
	{ create, restore }: EngineFactory<State>,
): Promise<RecoveredEngine<State>> {
	const snapshot = await log.latestSnapshot();
	const state = snapshot === null ? create() : restore(snapshot.state);
	if (snapshot !== null && state.stateHash() !== snapshot.stateHash) {
		throw new Error(`the snapshot at input ${snapshot.sequence} does not restore to its own state hash`);
	}
	const sequence = snapshot?.sequence ?? 0;
	const requests = new RecentRequests();
	for (const known of await log.requestsUpTo(sequence, REQUESTS_REMEMBERED)) {
		requests.add(known.requestId, known.sequence);
	}
	return {
		state,
		sequence,
		logHash: snapshot?.logHash ?? EMPTY_LOG_HASH,
		atMillis: snapshot?.atMillis ?? 0,
		snapshotSequence: sequence,
		requests,
	};
}

/** Applies what the log has beyond `recovered`, in place, and nothing else: the quick way to the end of the log. */
export async function replay<State extends EngineState>(
	log: InputLog,
	recovered: RecoveredEngine<State>,
): Promise<void> {
	const { state, requests } = recovered;
	for await (const logged of log.groupsAfter(recovered.sequence, recovered.logHash, false)) {
		const { inputs, firstSequence, requestIds } = logged;
		for (let index = 0; index < inputs.length; index++) {
			state.apply(firstSequence + index, inputs[index] as EngineInput);
			const requestId = requestIds?.[index] ?? null;
			if (requestId !== null) requests.add(requestId, firstSequence + index);
		}
		advance(recovered, logged);
	}
}

/**
 * The same for a copy that follows: every effect is compared byte for byte with what the leader wrote, since two programs
 * that disagree must not both be trusted, and each group is handed on.
 */
export async function follow<State extends EngineState>(
	log: InputLog,
	recovered: RecoveredEngine<State>,
	onGroup: (group: AppliedInput[]) => void = () => undefined,
): Promise<void> {
	const { state, requests } = recovered;
	for await (const logged of log.groupsAfter(recovered.sequence, recovered.logHash, true)) {
		const group = logged.inputs.map((input, index): AppliedInput => {
			const sequence = logged.firstSequence + index;
			const events = state.apply(sequence, input);
			if (input.type === "AdvanceClock") recovered.atMillis = Math.max(recovered.atMillis, input.nowSeconds * 1000);
			const requestId = logged.requestIds?.[index] ?? null;
			if (requestId !== null) requests.add(requestId, sequence);
			return { sequence, input, atMillis: recovered.atMillis, events, requestId };
		});
		if (!areEffects(logged.events, group)) {
			throw new Error(
				`inputs ${logged.firstSequence}–${logged.lastSequence} have other effects here than on the leader`,
			);
		}
		advance(recovered, logged);
		onGroup(group);
	}
}

function advance(recovered: RecoveredEngine<unknown>, { lastSequence, logHash, atMillis }: LoggedGroup): void {
	recovered.sequence = lastSequence;
	recovered.logHash = logHash;
	recovered.atMillis = atMillis;
}
