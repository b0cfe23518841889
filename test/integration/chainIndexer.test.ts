import { expect } from "chai";
import fc from "fast-check";
import type { EngineGateway, EngineReply } from "../../offchain/application/ports/EngineGateway.ts";
import type { ChainFact, EngineInput } from "../../offchain/domain/engine/EngineInput.ts";
import type { Address } from "../../offchain/domain/units/Address.ts";
import { ChainHaltError } from "../../offchain/infrastructure/reconciliation/ChainHaltError.ts";
import {
	ChainIndexer,
	type ChainIndexerOptions,
	MAX_REORG_DEPTH,
} from "../../offchain/infrastructure/reconciliation/ChainIndexer.ts";
import { decodeScripted, ScriptedChain, type ScriptedEvent } from "./ScriptedChain.ts";
import { type TestDatabase, testDatabase } from "./testServices.ts";

const account = (index: number): Address => `0x${index.toString(16).padStart(40, "0")}`;

/** Keeps facts as the engine does: at most once, by position. */
class RecordingEngine implements EngineGateway {
	readonly facts: ChainFact[] = [];
	isBusy = false;

	async submit(input: EngineInput): Promise<EngineReply> {
		if (this.isBusy) return { status: "busy" };
		if (input.type !== "ChainFact") throw new Error("only facts");
		if (input.position > (this.facts.at(-1)?.position ?? -1)) this.facts.push(input);
		return { status: "applied", sequence: this.facts.length, events: [] };
	}

	async submitMany(inputs: EngineInput[]): Promise<EngineReply[]> {
		const replies: EngineReply[] = [];
		for (const input of inputs) replies.push(await this.submit(input));
		return replies;
	}
}

/** One of every kind of event, different in every block. */
function eventsOf(number: number, branch: number): ScriptedEvent[] {
	// Some blocks are empty on one branch and not on another.
	if ((number + branch) % 7 === 3) return [];
	return [
		{ name: "Deposited", account: account(number % 5), amountMsat: 1_000 + branch },
		{
			name: "BalancesSettled",
			windowId: number,
			deltas: [
				{ account: account(1), deltaMsat: 7 * branch },
				{ account: account(2), deltaMsat: -7 * branch },
			],
		},
		{ name: "TransferSingle", tokenId: `${number}${branch}`, from: account(0), to: account(3), energyWh: 5 },
		{ name: "DirectiveLifted", directiveId: number },
		{ name: "Withdrawn", account: account(number % 3), amountMsat: 3 },
	];
}

describe("X1 chain indexer", () => {
	let database: TestDatabase;
	let nextChainId = 1;
	before(async () => {
		database = await testDatabase();
	});
	after(() => database.drop());

	function setUp(extra: Partial<Omit<ChainIndexerOptions, "store" | "pool">> = {}) {
		const chain = new ScriptedChain();
		const engine = new RecordingEngine();
		const chainId = extra.chainId ?? nextChainId++;
		const options: ChainIndexerOptions = {
			pool: database.pool,
			chainId,
			firstBlock: 0,
			source: chain,
			decode: decodeScripted,
			engine,
			confirmations: 70,
			...extra,
		};
		return { chain, engine, chainId, options, indexer: new ChainIndexer(options) };
	}

	async function catchUp(indexer: ChainIndexer): Promise<void> {
		for (let round = 0; round < 50; round++) if (!(await indexer.step())) return;
		throw new Error("the indexer does not catch up");
	}

	/** Every row of every chain table, without what names the run. */
	async function tables(chainId: number): Promise<unknown> {
		const dump: Record<string, unknown> = {};
		for (const table of [
			"chain_blocks",
			"chain_events",
			"chain_balance_changes",
			"certificate_transfers",
			"chain_balances",
		]) {
			const { rows } = await database.pool.query(
				`SELECT to_jsonb(t) - 'chain_id' AS row FROM ${table} AS t WHERE chain_id = $1`,
				[chainId],
			);
			dump[table] = rows.map(({ row }) => JSON.stringify(row)).sort();
		}
		return dump;
	}

	async function freshTables(chain: ScriptedChain): Promise<unknown> {
		const fresh = setUp({ source: chain });
		await catchUp(fresh.indexer);
		return tables(fresh.chainId);
	}

	it("default: every block once, facts in order of position, final ones only", async () => {
		const { chain, engine, indexer, chainId } = setUp({ confirmations: 3 });
		for (let number = 1; number <= 10; number++) chain.mine(eventsOf(number, 0));
		await catchUp(indexer);
		expect(engine.facts).to.have.length(7 * 4);
		expect(engine.facts.at(-1)?.position).to.equal((8 * 10_000 + 4) * 4);
		await catchUp(indexer);
		expect(engine.facts).to.have.length(7 * 4);
		expect(await tables(chainId)).to.deep.equal(await freshTables(chain));
	});

	it("behavior: reorganisations of every depth from 1 to 64 leave what a fresh index has", async () => {
		const { chain, indexer, chainId, engine } = setUp();
		for (let number = 1; number <= 70; number++) chain.mine(eventsOf(number, 0));
		await catchUp(indexer);
		for (let depth = 1; depth <= MAX_REORG_DEPTH; depth++) {
			chain.dropBlocks(depth);
			for (let index = 0; index <= depth; index++) chain.mine(eventsOf(chain.height + 1, depth));
			await catchUp(indexer);
			if (depth % 8 === 0 || depth < 4)
				expect(await tables(chainId), `depth ${depth}`).to.deep.equal(await freshTables(chain));
		}
		const { rows } = await database.pool.query("SELECT depth FROM chain_reorgs WHERE chain_id = $1 ORDER BY reorg_id", [
			chainId,
		]);
		expect(rows.map((row) => row.depth)).to.deep.equal(Array.from({ length: 64 }, (_, index) => index + 1));
		const positions = engine.facts.map((fact) => fact.position);
		expect(positions).to.deep.equal([...new Set(positions)].sort((a, b) => a - b));
	});

	it("error: 65 blocks deep is not followed: it halts, says why and stays halted", async () => {
		const { chain, indexer, options, chainId } = setUp();
		for (let number = 1; number <= 80; number++) chain.mine(eventsOf(number, 0));
		await catchUp(indexer);
		const before = await tables(chainId);
		chain.dropBlocks(MAX_REORG_DEPTH + 1);
		for (let index = 0; index < 70; index++) chain.mine(eventsOf(chain.height + 1, 1));
		const halts: ChainHaltError[] = [];
		const restarted = new ChainIndexer({ ...options, onHalt: (error) => halts.push(error) });
		const outcome = await restarted.run().catch((error: Error) => error);
		expect(outcome).to.be.instanceOf(ChainHaltError);
		expect(halts).to.have.length(1);
		expect(restarted.status().haltedCause).to.match(/more than 64 blocks/);
		const { rows } = await database.pool.query("SELECT halted_cause FROM chain_cursor WHERE chain_id = $1", [chainId]);
		expect(rows[0].halted_cause).to.match(/more than 64 blocks/);
		expect(await tables(chainId)).to.deep.equal(before);
	});

	it("error: a chain that takes back what was final halts", async () => {
		const { chain, indexer } = setUp({ confirmations: 2 });
		for (let number = 1; number <= 10; number++) chain.mine(eventsOf(number, 0));
		await catchUp(indexer);
		chain.dropBlocks(2);
		for (let index = 0; index < 4; index++) chain.mine(eventsOf(chain.height + 1, 1));
		const outcome = await catchUp(indexer).catch((error: Error) => error);
		expect(outcome).to.be.instanceOf(ChainHaltError);
		expect((outcome as Error).message).to.match(/already taken as final/);
	});

	it("error: a log that cannot be read halts instead of being skipped", async () => {
		const { chain, indexer } = setUp({
			decode: () => {
				throw new Error("unknown layout");
			},
		});
		chain.mine(eventsOf(1, 0));
		const outcome = await catchUp(indexer).catch((error: Error) => error);
		expect(outcome).to.be.instanceOf(ChainHaltError);
		expect((outcome as Error).message).to.match(/log 0 of block 1 cannot be read: unknown layout/);
	});

	it("behavior: a busy engine is told later, nothing is skipped", async () => {
		const { chain, engine, indexer } = setUp({ confirmations: 1 });
		for (let number = 1; number <= 5; number++) chain.mine(eventsOf(number, 0));
		engine.isBusy = true;
		await catchUp(indexer);
		expect(engine.facts).to.have.length(0);
		engine.isBusy = false;
		await catchUp(indexer);
		expect(engine.facts).to.have.length(16);
	});

	it("invariant: two indexers on one chain cannot both move the cursor", async () => {
		const { chain, indexer, options, chainId } = setUp();
		const second = new ChainIndexer(options);
		await catchUp(indexer);
		await catchUp(second);
		for (let number = 1; number <= 5; number++) chain.mine(eventsOf(number, 0));
		const outcomes = await Promise.allSettled([indexer.step(), second.step()]);
		expect(outcomes.filter((outcome) => outcome.status === "fulfilled").length).to.be.greaterThan(0);
		expect(await tables(chainId)).to.deep.equal(await freshTables(chain));
	});

	it("invariant: random growth, reorganisations, faults and restarts end in the state of a fresh index", async function () {
		this.timeout(60_000);
		const step = fc.oneof(
			{
				weight: 5,
				arbitrary: fc.record({ kind: fc.constant("grow" as const), count: fc.integer({ min: 1, max: 20 }) }),
			},
			{
				weight: 2,
				arbitrary: fc.record({ kind: fc.constant("reorg" as const), count: fc.integer({ min: 1, max: 40 }) }),
			},
			{ weight: 1, arbitrary: fc.record({ kind: fc.constant("restart" as const), count: fc.constant(0) }) },
			{
				weight: 3,
				arbitrary: fc.record({ kind: fc.constant("step" as const), count: fc.integer({ min: 1, max: 3 }) }),
			},
		);
		await fc.assert(
			fc.asyncProperty(
				fc.array(step, { minLength: 5, maxLength: 25 }),
				fc.integer({ min: 2, max: 9 }),
				async (steps, every) => {
					const { chain, engine, options, chainId } = setUp();
					let indexer = new ChainIndexer(options);
					let answers = 0;
					let branch = 0;
					chain.beforeAnswer = () => {
						answers += 1;
						// The network fails now and then; now and then the chain changes between two answers.
						if (answers % (every * 7) === 0) throw new Error("connection reset");
						if (answers % (every * 11) === 0 && chain.height > 3) {
							chain.dropBlocks(1);
							branch += 1;
							chain.mine(eventsOf(chain.height + 1, branch));
						}
					};
					const tryStep = async (): Promise<void> => {
						await indexer.step().catch((error: Error) => {
							if (error.message !== "connection reset") throw error;
							indexer = new ChainIndexer(options);
						});
					};
					for (const { kind, count } of steps) {
						if (kind === "restart") indexer = new ChainIndexer(options);
						if (kind === "step") for (let round = 0; round < count; round++) await tryStep();
						if (kind === "reorg") chain.dropBlocks(Math.min(count, chain.height));
						if (kind === "reorg") branch += 1;
						if (kind !== "grow" && kind !== "reorg") continue;
						for (let index = 0; index < count; index++) chain.mine(eventsOf(chain.height + 1, branch));
					}
					chain.beforeAnswer = () => undefined;
					await catchUp(new ChainIndexer(options));
					expect(await tables(chainId)).to.deep.equal(await freshTables(chain));
					const positions = engine.facts.map((fact) => fact.position);
					expect(positions).to.deep.equal([...new Set(positions)].sort((a, b) => a - b));
				},
			),
			{ numRuns: 25 },
		);
	});
});
