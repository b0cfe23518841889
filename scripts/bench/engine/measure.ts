/**
 * One measurement in a process of its own; prints one JSON object. Started by `scripts/bench/engine.ts`.
 *
 *   node scripts/bench/engine/measure.ts SCENARIO OPERATIONS
 */
import { measureAdversarial } from "./adversarial.ts";
import { bookStream } from "./bookStream.ts";
import { ownSubject, peerSubject } from "./bookSubjects.ts";
import { measureFull } from "./full.ts";
import { timeAll, timeEach } from "./latency.ts";
import { measureReplay } from "./replay.ts";
import { measureResting } from "./resting.ts";

const WARM_UP = 200_000;
const SEED = 20_260_421;
const BOOKS = 960;

const [scenario, operations] = process.argv.slice(2);
const count = Number(operations);
process.stdout.write(`${JSON.stringify(await measure())}\n`);

async function measure(): Promise<Record<string, number>> {
	switch (scenario) {
		case "plain":
			return measureBooks(ownSubject, 1);
		case "plainPeer":
			return measureBooks(peerSubject, 1);
		case "books960":
			return measureBooks(ownSubject, BOOKS);
		case "books960Peer":
			return measureBooks(peerSubject, BOOKS);
		case "full":
			return measureFull(count, 1);
		case "full96":
			return measureFull(count, 96);
		case "adversarial":
			return measureAdversarial();
		case "resting":
			return measureResting(count);
		case "replay":
			return measureReplay(count);
		default:
			throw new Error(`no scenario ${scenario}`);
	}
}

/** Throughput untimed, then every operation of the same stream timed on fresh books. */
function measureBooks(make: typeof ownSubject, books: number): Record<string, number> {
	const warmUpStream = bookStream(Math.min(WARM_UP, count), SEED + 1, books);
	const warmUp = make(warmUpStream, books);
	timeAll(warmUpStream.count, warmUp.operate);
	const stream = bookStream(count, SEED, books);
	const subject = make(stream, books);
	const rates = timeAll(count, subject.operate);
	const timed = timeEach(count, make(stream, books).operate);
	return { ...rates, ...timed, restingOrders: subject.restingOrders() };
}
