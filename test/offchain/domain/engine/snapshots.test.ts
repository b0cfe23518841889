import { expect } from "chai";
import type { EngineEvent } from "../../../../offchain/domain/engine/EngineEvent.ts";
import type { EngineInput } from "../../../../offchain/domain/engine/EngineInput.ts";
import { createEngine, restoreEngine } from "../../../../offchain/infrastructure/engine/RunningEngine.ts";
import { RandomInputs } from "./RandomInputs.ts";

const SEED = Number(process.env.ENGINE_SEED ?? Date.now() % 1_000_000);
const STREAMS = 4;
const EVERY_POINT = 120;
const LONG = 1_500;
const POINTS_OF_LONG = 6;

type Log = { inputs: EngineInput[]; events: string[]; last: string };

/** A log and what it makes in one piece. */
function wholeLog(seed: number, commands: number): Log {
	const random = new RandomInputs(seed);
	const engine = createEngine();
	const log: Log = { inputs: [], events: [], last: "" };
	const apply = (input: EngineInput): void => {
		// What is in a log has been through JSON.
		log.inputs.push(JSON.parse(JSON.stringify(input)));
		const events: EngineEvent[] = engine.apply(log.inputs.length, input);
		random.observe(events);
		log.events.push(JSON.stringify(events));
	};
	for (const input of random.setUp()) apply(input);
	for (let at = 0; at < commands; at++) {
		try {
			apply(random.next());
		} catch (error) {
			if (!(error as Error).message.startsWith("invariant: ")) throw error;
			// A ledger driven below zero by a made-up fact stops the engine: the log ends before it.
			return wholeLog(seed, at);
		}
	}
	log.last = engine.stateHash();
	return log;
}

/** Goes to `point`, through a snapshot, and on to the end. */
function expectSameFrom(log: Log, point: number, where: string): void {
	const before = createEngine();
	for (let at = 0; at < point; at++) before.apply(at + 1, log.inputs[at] as EngineInput);
	const restored = restoreEngine(before.snapshot());
	expect(restored.stateHash(), `${where}: as it was`).to.equal(before.stateHash());
	for (let at = point; at < log.inputs.length; at++) {
		const events = JSON.stringify(restored.apply(at + 1, log.inputs[at] as EngineInput));
		if (events !== log.events[at]) expect.fail(`${where}: input ${at + 1} makes ${events}, not ${log.events[at]}`);
	}
	expect(restored.stateHash(), `${where}: at the end`).to.equal(log.last);
}

describe("M6 a snapshot and the rest of the log are the whole log", function () {
	this.timeout(600_000);

	it(`invariant: at every point of a short log (seed ${SEED})`, () => {
		const log = wholeLog(SEED, EVERY_POINT);
		for (let point = 0; point <= log.inputs.length; point++) expectSameFrom(log, point, `seed ${SEED}, point ${point}`);
	});

	it(`invariant: at some points of long ones (seeds ${SEED + 1} to ${SEED + STREAMS})`, () => {
		for (let seed = SEED + 1; seed <= SEED + STREAMS; seed++) {
			const log = wholeLog(seed, LONG);
			for (let part = 1; part <= POINTS_OF_LONG; part++) {
				const point = Math.floor((log.inputs.length * part) / (POINTS_OF_LONG + 1)) + (seed % 97);
				expectSameFrom(log, point, `seed ${seed}, point ${point}`);
			}
		}
	});
});
