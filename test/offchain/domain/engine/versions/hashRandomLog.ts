import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex } from "@noble/hashes/utils.js";
import { createEngine, restoreEngine } from "../../../../../offchain/infrastructure/engine/RunningEngine.ts";
import { RandomInputs } from "../RandomInputs.ts";

/** What a log made and what it left behind. `restored` continued in the middle from a snapshot. */
export type LogHashes = {
	eventsHash: string;
	stateHash: string;
	restoredEventsHash: string;
	restoredStateHash: string;
};

/** Runs a random log once and prints its hashes; a program of its own, so that any version of Node can run it. */
export function hashRandomLog(seed: number, commands: number): LogHashes {
	const inputs = new RandomInputs(seed);
	const engine = createEngine();
	let restored = createEngine();
	const events = sha256.create();
	const restoredEvents = sha256.create();
	const bytesOf = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));
	let sequence = 0;
	const apply = (input: ReturnType<RandomInputs["next"]>) => {
		sequence++;
		const made = engine.apply(sequence, input);
		inputs.observe(made);
		events.update(bytesOf(made));
		restoredEvents.update(bytesOf(restored.apply(sequence, input)));
	};
	for (const input of inputs.setUp()) apply(input);
	for (let at = 0; at < commands; at++) {
		if (at === Math.floor(commands / 2)) restored = restoreEngine(restored.snapshot());
		apply(inputs.next());
	}
	return {
		eventsHash: bytesToHex(events.digest()),
		stateHash: engine.stateHash(),
		restoredEventsHash: bytesToHex(restoredEvents.digest()),
		restoredStateHash: restored.stateHash(),
	};
}
