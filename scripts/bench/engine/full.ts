import { hash as digest } from "node:crypto";
import { GCProfiler } from "node:v8";
import type { ChainFactBody, EngineInput } from "../../../offchain/domain/engine/EngineInput.ts";
import { TradingEngine } from "../../../offchain/domain/engine/TradingEngine.ts";
import { feederNodeId } from "../../../offchain/domain/grid/thai/thaiFeederTree.ts";
import { thaiGridLimits } from "../../../offchain/domain/grid/thai/thaiGridLimits.ts";
import { ZonalWindowHeadroom } from "../../../offchain/domain/grid/ZonalWindowHeadroom.ts";
import { DEFAULT_WHEELING, zonePairCharges, zonePairLosses } from "../../../offchain/domain/grid/zonePairCharges.ts";
import type { Order } from "../../../offchain/domain/orders/Order.ts";
import type { Address, Hash32 } from "../../../offchain/domain/units/Address.ts";
import { energyWh, priceSatPerKwh } from "../../../offchain/domain/units/units.ts";
import { windowAt } from "../../../offchain/domain/units/window.ts";
import { loadThaiNetwork } from "../../../offchain/infrastructure/grid/loadThaiNetwork.ts";
import { type BookStream, bookStream, CANCEL, MARKET } from "./bookStream.ts";
import { percentiles } from "./latency.ts";

const PARTICIPANTS = 2_000;
const ZONES = 13;
/** 16:30 in Bangkok: every window of the next day is open. */
const NOW_SECONDS = 1_800_005_400;
const FIRST_WINDOW = windowAt(NOW_SECONDS) + 4;
const WARM_UP = 200_000;
/** Inputs decoded together, as a group commit brings them. */
const GROUP = 512;

const network = loadThaiNetwork();
const LIMITS = thaiGridLimits(network);
const CHARGES = zonePairCharges({
	satPerThb: 30,
	wheeling: DEFAULT_WHEELING,
	platformSatPerKwh: 1,
	lossPriceSatPerKwh: 100,
	lossPartsPerMillion: zonePairLosses(LIMITS),
});

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

function preparedEngine(): TradingEngine {
	const engine = new TradingEngine({
		create: (limits) => new ZonalWindowHeadroom(limits),
		restore: ZonalWindowHeadroom.restore,
	});
	let sequence = 0;
	for (const input of setUp()) engine.apply(++sequence, input);
	return engine;
}

function setUp(): EngineInput[] {
	const rules = { floorSatPerKwh: 0, ceilingSatPerKwh: 60_000, tickSatPerKwh: 1, shortfallMarginSatPerKwh: 100 };
	const inputs: EngineInput[] = [
		{ type: "SetMarketRules", fromWindow: 0, ...rules },
		{ type: "SetZoneCharges", charges: CHARGES },
		{ type: "SetGridLimits", fromWindow: 0, toWindow: 1e9, limits: LIMITS },
	];
	let position = 0;
	const fact = (body: ChainFactBody) => inputs.push({ type: "ChainFact", position: ++position, fact: body });
	for (let index = 0; index < PARTICIPANTS; index++) {
		const account = participant(index);
		const zoneId = 1 + (index % ZONES);
		fact({ kind: "ParticipantLicensed", account, tier: 1, validUntil: NOW_SECONDS * 2 });
		fact({
			kind: "MeterRegistered",
			meterId: index + 1,
			owner: account,
			zoneId,
			source: index % 3 === 0 ? "gas" : "rooftopSolar",
			maxWindowWh: 1_000_000_000,
			nodeId: feederNodeId(zoneId, 1 + (index % 2), 1 + ((index >> 1) % 2)),
		});
		fact({ kind: "Deposited", account, amountMsat: 1_000_000_000_000 });
	}
	inputs.push({ type: "AdvanceClock", nowSeconds: NOW_SECONDS });
	return inputs;
}

/** Input by its place in the stream; asked in order. */
function inputsOf({ count, kind, id, side, price, wh, book }: BookStream): (at: number) => EngineInput {
	const owners = new Int32Array(count + 1);
	return (at) => {
		const number = id[at] as number;
		if (kind[at] === CANCEL) {
			return { type: "CancelOrder", account: participant(owners[number] as number), orderHash: hash(number) };
		}
		const index = (number * 7_919) % PARTICIPANTS;
		owners[number] = index;
		const isMarket = kind[at] === MARKET;
		const isBuy = side[at] === 0;
		const limit = isMarket ? (isBuy ? 60_000 : 0) : (price[at] as number);
		const order: Order = {
			trader: participant(index),
			meterId: index + 1,
			windowId: FIRST_WINDOW + (book[at] as number),
			side: isBuy ? "buy" : "sell",
			orderClass: isMarket ? "market" : "limit",
			timeInForce: isMarket ? "ioc" : "gtc",
			postOnly: false,
			selfTradeMode: "cancelNewest",
			priceSatPerKwh: priceSatPerKwh(limit),
			energyWh: energyWh(wh[at] as number),
			sequence: number,
			epoch: 0,
			validUntil: 0,
			directiveId: 0,
		};
		return { type: "PlaceEnergyOrder", order, orderHash: hash(number), signature: "0x00" };
	};
}

function participant(index: number): Address {
	return `0x${(0xace0000 + index).toString(16).padStart(40, "0")}`;
}

function hash(number: number): Hash32 {
	return `0x${digest("sha256", String(number))}`;
}
