import { expect } from "chai";
import type { EngineEvent } from "../../../../offchain/domain/engine/EngineEvent.ts";
import type { EngineInput } from "../../../../offchain/domain/engine/EngineInput.ts";
import { TradingEngine } from "../../../../offchain/domain/engine/TradingEngine.ts";
import { ZonalWindowHeadroom } from "../../../../offchain/domain/grid/ZonalWindowHeadroom.ts";
import { NaiveTradingEngine } from "./naive/NaiveTradingEngine.ts";
import { RandomInputs } from "./RandomInputs.ts";

const HEADROOMS = {
	create: (limits: ConstructorParameters<typeof ZonalWindowHeadroom>[0]) => new ZonalWindowHeadroom(limits),
	restore: ZonalWindowHeadroom.restore,
};
const STREAM_LENGTH = 1_000;

/** How often each event and refusal came, so that a test can see that everything was reached. */
export type Coverage = Record<string, number>;

/**
 * Sends the same random inputs to the engine and its plain model: the same events after every input, the same state
 * and depth now and then; and the engine is restored from its own snapshot in the middle of every stream.
 */
export function compareEngines(seed: number, commands: number): Coverage {
	const coverage: Coverage = {};
	for (let done = 0, stream = seed; done < commands; done += STREAM_LENGTH, stream++) {
		compareStream(stream, Math.min(STREAM_LENGTH, commands - done), coverage);
	}
	return coverage;
}

function compareStream(seed: number, commands: number, coverage: Coverage): void {
	const inputs = new RandomInputs(seed);
	const naive = new NaiveTradingEngine(HEADROOMS);
	let engine = new TradingEngine(HEADROOMS);
	let sequence = 0;
	const apply = (input: EngineInput): boolean => {
		sequence++;
		const expected = outcome(() => naive.apply(sequence, input));
		const found = outcome(() => engine.apply(sequence, input));
		const isSame = JSON.stringify(found) === JSON.stringify(expected);
		if (!isSame) {
			expect(found, `seed ${seed}, input ${sequence}: ${JSON.stringify(input)}`).to.deep.equal(expected);
			expect.fail(`seed ${seed}, input ${sequence}: the same fields in another order`);
		}
		if (typeof expected === "string") return false;
		inputs.observe(expected);
		for (const event of expected) count(coverage, event);
		return true;
	};
	for (const input of inputs.setUp()) apply(input);
	for (let at = 0; at < commands; at++) {
		const input = inputs.next();
		// A ledger driven below zero by a made-up fact stops both the same way.
		if (!apply(input)) return;
		if (at % 100 === 99) {
			compareStates(naive, engine, `seed ${seed}, after input ${sequence}`);
			if (at % 500 === 499) engine = TradingEngine.restore(engine.snapshot(), HEADROOMS);
		}
	}
}

function compareStates(naive: NaiveTradingEngine, engine: TradingEngine, where: string): void {
	if (engine.stateHash() !== naive.stateHash()) {
		const plain = (bytes: Uint8Array) => JSON.parse(new TextDecoder().decode(bytes));
		expect(plain(engine.snapshot()), where).to.deep.equal(plain(naive.snapshot()));
		expect.fail(`${where}: the same state with other bytes`);
	}
	for (const { windowId } of naive.sessions().slice(0, 12)) {
		for (const zoneId of [0, 1, 2]) {
			const depth = engine.depth(windowId, zoneId, 20);
			expect(depth, where).to.deep.equal(naive.depth(windowId, zoneId, 20));
		}
		expect(engine.session(windowId), where).to.deep.equal(naive.session(windowId));
	}
	for (const { account } of naive.balances()) {
		expect(engine.account(account), where).to.deep.equal(naive.account(account));
	}
}

function outcome(act: () => EngineEvent[]): EngineEvent[] | string {
	try {
		return act();
	} catch (error) {
		if (error instanceof Error && error.message.startsWith("invariant: ")) return error.message;
		throw error;
	}
}

function count(coverage: Coverage, event: EngineEvent): void {
	let key: string = "reason" in event ? `${event.type} ${event.reason}` : event.type;
	if (event.type === "AuctionUncrossed" && event.volumeWh > 0) key = "AuctionUncrossed with trades";
	coverage[key] = (coverage[key] ?? 0) + 1;
}
