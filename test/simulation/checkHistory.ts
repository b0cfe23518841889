import type { EngineEvent } from "../../offchain/domain/engine/EngineEvent.ts";
import type { Trade } from "../../offchain/domain/settlement/Trade.ts";
import type { Hash32 } from "../../offchain/domain/units/Address.ts";
import { createEngine } from "../../offchain/infrastructure/engine/RunningEngine.ts";
import { chainHash, EMPTY_LOG_HASH } from "../../offchain/infrastructure/postgres/EngineLog.ts";
import { encodeInputs } from "../../offchain/infrastructure/postgres/inputCodec.ts";
import { committedOf, factsOf, tradeOf } from "./memoryStores.ts";
import { databaseLedger, OPERATOR } from "./SettlementNode.ts";
import { decodeLog } from "./SimulatedChain.ts";
import { deltasOf } from "./SimulatedContracts.ts";
import type { SimulatedWorld } from "./SimulatedWorld.ts";
import { LIMIT_WH } from "./simulatedClosingCheck.ts";

/**
 * Looks at everything that is left when the run is over, with none of the programs' own bookkeeping: the log is
 * replayed by a fresh engine, the tables are compared with what the log says, the chain with both.
 */
export async function checkHistory(world: SimulatedWorld): Promise<string[]> {
	const problems = [...world.history.seen];
	for (const halt of world.history.halts) problems.push(`indexing halted: ${halt}`);
	const replayed = replay(world, problems);
	checkAcknowledgements(world, replayed.events, problems);
	checkTables(world, replayed.events, problems);
	checkIndex(world, problems);
	checkChain(world, problems);
	await checkBalances(world, replayed.engine, problems);
	if (!world.isAtRest) problems.push(`not finished by itself: ${whatIsLeft(world)}`);
	return problems;
}

type Replayed = { engine: ReturnType<typeof createEngine>; events: { sequence: number; event: EngineEvent }[] };

function replay({ database }: SimulatedWorld, problems: string[]): Replayed {
	const engine = createEngine();
	const events: Replayed["events"] = [];
	let sequence = 0;
	let hash: Buffer = EMPTY_LOG_HASH;
	let epoch = 0;
	for (const group of database.log) {
		if (group.firstSequence !== sequence + 1) problems.push(`the log has a gap after input ${sequence}`);
		hash = chainHash(hash, encodeInputs(group.inputs));
		if (!hash.equals(group.logHash)) problems.push(`the log's hash is broken at input ${group.firstSequence}`);
		if (group.epoch < epoch) problems.push(`epoch ${group.epoch} wrote after epoch ${epoch}`);
		epoch = group.epoch;
		const stored = committedOf(group);
		for (const [index, input] of group.inputs.entries()) {
			sequence = group.firstSequence + index;
			const now = engine.apply(sequence, structuredClone(input));
			if (JSON.stringify(now) !== JSON.stringify(stored[index]?.events)) {
				problems.push(`input ${sequence} (${input.type}) has other events when replayed`);
			}
			for (const event of structuredClone(now)) events.push({ sequence, event });
		}
	}
	for (const overtaken of database.overtakenWrites) problems.push(`epoch ${overtaken} wrote after it was overtaken`);
	return { engine, events };
}

function checkAcknowledgements({ history }: SimulatedWorld, events: Replayed["events"], problems: string[]): void {
	const placed = new Map<Hash32, number[]>();
	const cancelled = new Map<Hash32, number>();
	const lastFill = new Map<Hash32, number>();
	for (const { sequence, event } of events) {
		if (event.type === "OrderPlaced") placed.set(event.orderHash, [...(placed.get(event.orderHash) ?? []), sequence]);
		if (event.type === "OrderCancelled") cancelled.set(event.orderHash, sequence);
		if (event.type === "OrderMatched") {
			lastFill.set(event.sellOrderHash, sequence);
			lastFill.set(event.buyOrderHash, sequence);
		}
	}
	for (const [hash, sequences] of placed) {
		if (sequences.length > 1) problems.push(`order ${hash.slice(0, 10)} was placed ${sequences.length} times`);
	}
	for (const { orderHash, sequence } of history.orders) {
		if (placed.get(orderHash)?.[0] !== sequence) {
			problems.push(`order ${orderHash.slice(0, 10)} was acknowledged as input ${sequence} and is not there`);
		}
	}
	for (const hash of history.cancels) {
		const at = cancelled.get(hash);
		if (at === undefined) problems.push(`order ${hash.slice(0, 10)} was acknowledged as cancelled and was not`);
		else if ((lastFill.get(hash) ?? 0) > at) problems.push(`order ${hash.slice(0, 10)} traded after its cancellation`);
	}
}

function checkTables({ database, windows }: SimulatedWorld, events: Replayed["events"], problems: string[]): void {
	const accounts = new Map<string, [number, number]>();
	const standing = new Map<string, string>();
	const filled = new Map<string, number>();
	for (const { sequence, event } of events) {
		if (event.type === "AccountChanged") accounts.set(event.account, [event.availableMsat, event.reservedMsat]);
		if (event.type === "TradeExecuted") standing.set(event.trade.tradeId, JSON.stringify(event.trade));
		if (event.type === "TradeTrimmed") {
			const trade = JSON.parse(standing.get(event.tradeId) as string) as Trade;
			for (const hash of [trade.sellOrderHash, trade.buyOrderHash]) {
				filled.set(hash, (filled.get(hash) as number) - event.trimmedWh);
			}
			// A trade that is gone keeps its row as it was.
			const rest = event.keptWh === 0 ? {} : { energyWh: event.keptWh, lossWh: event.lossWh };
			standing.set(event.tradeId, JSON.stringify({ ...trade, ...rest }));
		}
		if (event.type === "OrderPlaced") filled.set(event.orderHash, 0);
		if (event.type === "OrderMatched") {
			for (const hash of [event.sellOrderHash, event.buyOrderHash]) {
				filled.set(hash, (filled.get(hash) ?? 0) + event.energyWh);
			}
		}
		if (event.type === "SessionStateChanged") {
			const key = `session ${event.windowId}-${event.to}-${sequence}`;
			if (!database.outbox.has(key)) problems.push(`no outbox row for ${key}`);
		}
	}
	for (const [account, [available, reserved]] of accounts) {
		const row = database.accounts.get(account);
		if (row?.available_msat !== available || row.reserved_msat !== reserved) {
			problems.push(`account row of ${account.slice(0, 6)} differs from the log`);
		}
	}
	if (database.trades.size !== standing.size)
		problems.push(`${database.trades.size} trades of ${standing.size} in the table`);
	for (const row of database.trades.values()) {
		if (JSON.stringify(tradeOf(row)) !== standing.get(row.trade_id)) problems.push(`trade ${row.trade_id} differs`);
	}
	for (const [hash, energyWh] of filled) {
		const row = database.orders.get(hash);
		if (row?.filled_wh !== energyWh)
			problems.push(`order row ${hash.slice(0, 10)}: ${row?.filled_wh} of ${energyWh} Wh`);
	}
	for (const windowId of windows) {
		const pipeline = database.pipelines.get(windowId);
		if (pipeline?.stage === "reconciled" && pipeline.isBalanced !== true) {
			problems.push(`window ${windowId} was reconciled with differences`);
		}
	}
}

/** What a fresh index of the same blocks would hold. */
function checkIndex({ database, chain }: SimulatedWorld, problems: string[]): void {
	const upTo = database.cursor?.blockNumber ?? 0;
	const expected = new Map(
		chain.blocks
			.slice(1, upTo + 1)
			.flatMap((block) => chain.logsOf(block))
			.map((log) => [`${log.blockHash}-${log.logIndex}`, JSON.stringify(decodeLog(log)?.args)]),
	);
	if (expected.size !== database.events.size) {
		problems.push(`the index has ${database.events.size} events, a fresh one ${expected.size}`);
	}
	for (const [key, event] of database.events) {
		if (expected.get(key) !== JSON.stringify(event.args))
			problems.push(`indexed event ${key.slice(0, 10)} is not on chain`);
	}
	for (let number = 1; number <= upTo; number++) {
		if (database.blocks.get(number)?.hash !== chain.blocks[number]?.hash) problems.push(`block ${number} is another`);
	}
}

function checkChain({ database, chain, windows }: SimulatedWorld, problems: string[]): void {
	const mined = chain.blocks.flatMap(({ transactions }) => transactions).filter(({ from }) => from === OPERATOR);
	const done = new Set<string>();
	for (const { data, isSuccess, nonce } of mined) {
		if (done.has(data)) problems.push(`the operator repeated with nonce ${nonce} what had succeeded before`);
		if (isSuccess) done.add(data);
	}
	for (const windowId of windows) {
		const window = chain.head.state.windows[windowId];
		const trades = [...database.trades.values()]
			.filter((trade) => trade.window_id === windowId && trade.unwound_sequence === null)
			.map(tradeOf);
		const stage = database.pipelines.get(windowId)?.stage;
		const tradedWh = trades.reduce((sum, { energyWh }) => sum + energyWh, 0);
		if (window?.status === "settled" && tradedWh > LIMIT_WH) {
			problems.push(`window ${windowId} was settled with ${tradedWh} Wh, more than the grid carries`);
		}
		if (stage === "reconciled" && window?.status !== "settled")
			problems.push(`window ${windowId} is not settled on chain`);
		if (stage === "empty" && trades.length > 0) problems.push(`window ${windowId} has trades and was left as empty`);
		const paid = new Map<string, number>();
		for (const { fact } of factsOf(database)) {
			if (fact.kind !== "WindowSettled" || fact.windowId !== windowId) continue;
			for (const { account, deltaMsat } of fact.deltas) paid.set(account, (paid.get(account) ?? 0) + deltaMsat);
		}
		if (window?.status !== "settled") continue;
		const owed = deltasOf(trades);
		const isSame = owed.every(({ account, deltaMsat }) => paid.get(account) === deltaMsat);
		if (!isSame || [...paid.values()].filter((msat) => msat !== 0).length !== owed.length) {
			problems.push(`window ${windowId} paid other amounts than its trades`);
		}
		for (const [index, count] of window.tradesByChunk.entries()) {
			if (chain.head.state.issued[`${windowId}-${index}`] !== count)
				problems.push(`window ${windowId}: certificates missing`);
		}
	}
}

async function checkBalances(world: SimulatedWorld, engine: Replayed["engine"], problems: string[]): Promise<void> {
	const onChain = world.chain.head.state.balances;
	const { indexedBalances } = databaseLedger(world.database);
	const held = new Map(engine.balances().map((row) => [row.account, row.availableMsat + row.reservedMsat]));
	for (const account of new Set([...Object.keys(onChain), ...held.keys(), ...indexedBalances.keys()])) {
		const amounts = [
			held.get(account as never) ?? 0,
			indexedBalances.get(account as never) ?? 0,
			onChain[account as never] ?? 0,
		];
		if (new Set(amounts).size > 1) {
			problems.push(`account ${account.slice(0, 6)}: engine, index and chain hold ${amounts.join(", ")} msat`);
		}
	}
	const running = world.leader()?.engine;
	if (running == null) return;
	const reading = running.read((state, sequence) =>
		sequence === world.database.lastSequence ? state.stateHash() : null,
	);
	// A write that was under way when the world stopped is never answered, nor is who waits for it.
	const hash = await Promise.race([reading, new Promise<null>((resolve) => setImmediate(resolve, null))]);
	if (hash !== null && hash !== engine.stateHash())
		problems.push("the running engine's state is not what its log gives");
}

function whatIsLeft({ database, leader, windows, chain }: SimulatedWorld): string {
	const pipelines = windows.map((windowId) => database.pipelines.get(windowId));
	const open = database.transactions.filter(({ state }) => state === "queued" || state === "sent");
	return JSON.stringify({
		leader: leader() !== null,
		stages: pipelines.map((pipeline) => [pipeline?.stage, pipeline?.problem]),
		outbox: [...database.outbox.values()].filter(({ topic, state }) => topic === "session" && state !== "done").length,
		transactions: open.map(({ requestKey, nonce }) => `${requestKey} ${nonce}`),
		blocks: [database.cursor?.blockNumber, chain.head.number],
	});
}
