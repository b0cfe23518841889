import { GCProfiler } from "node:v8";
import type { EngineInput } from "../../../offchain/domain/engine/EngineInput.ts";
import { type BookStream, bookStream, CANCEL, MARKET } from "./bookStream.ts";
import { percentiles } from "./latency.ts";
import {
	FIRST_WINDOW,
	HIGHEST_PRICE,
	orderHash,
	PARTICIPANTS,
	participant,
	placement,
	preparedEngine,
} from "./wholeEngine.ts";

const WARM_UP = 200_000;
/** Inputs decoded together, as a group commit brings them. */
const GROUP = 512;

/**
 * The whole engine through its inputs and events: thirteen zones with the Thai tariff's adders, feeders, headroom on
 * every limiting element, funds, meters' capacity, events. Inputs come as in production, a group off the wire at a
 * time; the clock runs while they are applied and their events read. `opsPerSecondAllGarbage` charges the engine with
 * every collection of the run as well, those of decoding included.
 */
export function measureFull(count: number, windows: number): Record<string, number> {
	run(bookStream(Math.min(WARM_UP, count), 3, windows));
	const stream = bookStream(count, 4, windows);
	const collector = new GCProfiler();
	collector.start();
	const { seconds, cpuMicros, fills, violations, events } = run(stream);
	const collectionSeconds = collector.stop()?.statistics.reduce((sum, { cost }) => sum + cost / 1e6, 0) ?? 0;
	const nanoseconds = new Float64Array(count);
	run(stream, nanoseconds);
	return {
		opsPerSecond: count / seconds,
		opsPerCpuSecond: (count * 1e6) / cpuMicros,
		opsPerSecondAllGarbage: count / (seconds + collectionSeconds),
		...percentiles(nanoseconds),
		fills,
		violations,
		events,
	};
}

/** The stream through a new engine; with `nanoseconds`, each operation timed. */
function run(stream: BookStream, nanoseconds?: Float64Array) {
	const engine = preparedEngine();
	const inputOf = inputsOf(stream);
	const result = { seconds: 0, cpuMicros: 0, fills: 0, violations: 0, events: 0 };
	for (let from = 0; from < stream.count; from += GROUP) {
		const length = Math.min(GROUP, stream.count - from);
		const text = JSON.stringify(Array.from({ length }, (_, index) => inputOf(from + index)));
		const inputs = JSON.parse(text) as EngineInput[];
		const cpuBefore = process.threadCpuUsage();
		const started = performance.now();
		for (let index = 0; index < length; index++) {
			const begun = nanoseconds === undefined ? 0 : performance.now();
			const events = engine.apply(from + index + 10_000, inputs[index] as EngineInput);
			if (nanoseconds !== undefined) nanoseconds[from + index] = (performance.now() - begun) * 1e6;
			for (const event of events) {
				result.events++;
				if (event.type === "TradeExecuted") result.fills++;
				else if (event.type === "GridConstraintViolation") result.violations++;
			}
		}
		result.seconds += (performance.now() - started) / 1000;
		const { user, system } = process.threadCpuUsage(cpuBefore);
		result.cpuMicros += user + system;
	}
	return result;
}

/** Input by its place in the stream; asked in order. */
function inputsOf({ count, kind, id, side, price, wh, book }: BookStream): (at: number) => EngineInput {
	const owners = new Int32Array(count + 1);
	return (at) => {
		const number = id[at] as number;
		if (kind[at] === CANCEL) {
			return { type: "CancelOrder", account: participant(owners[number] as number), orderHash: orderHash(number) };
		}
		const index = (number * 7_919) % PARTICIPANTS;
		owners[number] = index;
		const isMarket = kind[at] === MARKET;
		const isBuy = side[at] === 0;
		return placement(number, index, {
			windowId: FIRST_WINDOW + (book[at] as number),
			side: isBuy ? "buy" : "sell",
			orderClass: isMarket ? "market" : "limit",
			price: isMarket ? (isBuy ? HIGHEST_PRICE : 0) : (price[at] as number),
			wh: wh[at] as number,
		});
	};
}
