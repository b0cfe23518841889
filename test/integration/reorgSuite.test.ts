import { expect } from "chai";
import type { EngineGateway } from "../../offchain/application/ports/EngineGateway.ts";
import { ChainHaltError } from "../../offchain/infrastructure/reconciliation/ChainHaltError.ts";
import { ChainIndexer, MAX_REORG_DEPTH } from "../../offchain/infrastructure/reconciliation/ChainIndexer.ts";
import { protocolLogDecoder } from "../../offchain/infrastructure/reconciliation/protocolLogDecoder.ts";
import { PROTOCOL_EVENTS, protocolLog, SCRIPTED_DEPLOYMENT } from "./protocolLogs.ts";
import { type RawLog, ScriptedChain } from "./ScriptedChain.ts";
import { type TestDatabase, testDatabase } from "./testServices.ts";

const TABLES = ["chain_blocks", "chain_events", "chain_balance_changes", "certificate_transfers", "chain_balances"];
/** What a reorganisation may do to the event of one kind. */
const FATES = ["vanishes", "appears", "changes its place", "changes its content", "stays"] as const;
type Fate = (typeof FATES)[number];

const deafEngine: EngineGateway = {
	submit: async () => ({ status: "applied", sequence: 1, events: [] }),
	submitMany: async (inputs) => inputs.map(() => ({ status: "applied", sequence: 1, events: [] })),
};

describe("X1 reorganisations of every depth for every event of the protocol", function () {
	this.timeout(120_000);
	const { decode } = protocolLogDecoder(SCRIPTED_DEPLOYMENT);
	let database: TestDatabase;
	let nextChainId = 1;
	before(async () => {
		database = await testDatabase();
	});
	after(() => database.drop());

	function index(chain: ScriptedChain, chainId = nextChainId++) {
		const indexer = new ChainIndexer({
			pool: database.pool,
			chainId,
			firstBlock: 0,
			source: chain,
			decode,
			engine: deafEngine,
			confirmations: 200,
		});
		return { chainId, indexer };
	}

	async function catchUp(indexer: ChainIndexer): Promise<void> {
		for (let round = 0; round < 50; round++) if (!(await indexer.step())) return;
		throw new Error("the indexer does not catch up");
	}

	/** Every byte of every chain table, in a fixed order, without the number of the chain. */
	async function tables(chainId: number): Promise<string> {
		const dumps = await Promise.all(
			TABLES.map((table) =>
				database.pool.query<{ dump: string | null }>(
					`SELECT string_agg(line, E'\\n' ORDER BY line COLLATE "C") AS dump
					FROM (SELECT (to_jsonb(t) - 'chain_id')::text AS line FROM ${table} AS t WHERE chain_id = $1) AS lines`,
					[chainId],
				),
			),
		);
		return dumps.map(({ rows }, place) => `${TABLES[place]}\n${rows[0]?.dump ?? ""}`).join("\n");
	}

	/** Logs of one block on the old or the new branch; the kinds take turns in what becomes of them. */
	function logs(depth: number, height: number, branch: "old" | "new"): RawLog[] {
		const list: { order: number; log: RawLog }[] = [];
		for (const [kind, event] of PROTOCOL_EVENTS.entries()) {
			const fate = FATES[(kind + depth) % FATES.length] as Fate;
			if ((branch === "new" && fate === "vanishes") || (branch === "old" && fate === "appears")) continue;
			// The whole protocol in the lowest replaced block; a few of its events in each of the others.
			if (height !== 0 && (kind + height) % PROTOCOL_EVENTS.length > 3) continue;
			const content = fate === "changes its content" ? branch : "same";
			const isMoved = fate === "changes its place" && branch === "new";
			list.push({ order: isMoved ? kind - 1000 : kind, log: protocolLog(event, `${depth} ${height} ${content}`) });
		}
		return list.sort((a, b) => a.order - b.order).map(({ log }) => log);
	}

	it("default: every event of the protocol can be read, and an unknown layout halts", () => {
		expect(PROTOCOL_EVENTS.length).to.be.greaterThanOrEqual(30);
		for (const event of PROTOCOL_EVENTS) {
			const place = { blockNumber: 1, blockHash: "0x01", logIndex: 0, transactionHash: "0x02" } as const;
			const log = { ...protocolLog(event, "one"), ...place };
			expect(decode(log)?.name).to.equal(event.event.name);
			expect(decode(log)?.contract).to.equal(event.contract);
			if (log.data === "0x") continue;
			expect(() => decode({ ...log, data: "0x00" }), event.event.name).to.throw("unknown layout");
		}
	});

	for (let first = 1; first <= MAX_REORG_DEPTH; first += 16) {
		it(`behavior: depths ${first} to ${first + 15}: byte for byte what a fresh index has`, async () => {
			for (let depth = first; depth < first + 16; depth++) {
				const chain = new ScriptedChain();
				chain.mineLogs(logs(depth, 99, "old"));
				for (let height = 0; height < depth; height++) chain.mineLogs(logs(depth, height, "old"));
				const { indexer, chainId } = index(chain);
				await catchUp(indexer);
				const before = await tables(chainId);
				chain.dropBlocks(depth);
				// A longer branch for even depths, an equally long one for odd ones.
				for (let height = 0; height < depth + ((depth + 1) % 2); height++) chain.mineLogs(logs(depth, height, "new"));
				await catchUp(indexer);
				const fresh = index(chain);
				await catchUp(fresh.indexer);
				const after = await tables(chainId);
				expect(after === (await tables(fresh.chainId)), `depth ${depth}`).to.equal(true);
				expect(after === before).to.equal(false);
				for (const { event } of PROTOCOL_EVENTS) expect(`${before}${after}`).to.include(`"name": "${event.name}"`);
				const { rows } = await database.pool.query("SELECT depth FROM chain_reorgs WHERE chain_id = $1", [chainId]);
				expect(rows).to.deep.equal([{ depth }]);
			}
		});
	}

	it("behavior: a branch that comes back restores the very same rows", async () => {
		const chain = new ScriptedChain();
		for (let height = 0; height < 20; height++) chain.mineLogs(logs(20, height, "old"));
		const { indexer, chainId } = index(chain);
		await catchUp(indexer);
		const before = await tables(chainId);
		const kept = chain.copy();
		chain.dropBlocks(20);
		for (let height = 0; height < 21; height++) chain.mineLogs(logs(20, height, "new"));
		await catchUp(indexer);
		expect(await tables(chainId)).to.not.equal(before);
		chain.become(kept);
		await catchUp(indexer);
		expect((await tables(chainId)) === before).to.equal(true);
	});

	for (const depth of [MAX_REORG_DEPTH + 1, 100]) {
		it(`error: ${depth} blocks deep halts loudly and changes no row`, async () => {
			const chain = new ScriptedChain();
			for (let height = 0; height < depth + 2; height++) chain.mineLogs(logs(depth, height, "old"));
			const { indexer, chainId } = index(chain);
			await catchUp(indexer);
			const before = await tables(chainId);
			chain.dropBlocks(depth);
			for (let height = 0; height < depth; height++) chain.mineLogs(logs(depth, height, "new"));
			const outcome = await catchUp(indexer).catch((error: Error) => error);
			expect(outcome).to.be.instanceOf(ChainHaltError);
			expect((outcome as Error).message).to.match(/more than 64 blocks/);
			expect((await tables(chainId)) === before).to.equal(true);
		});
	}
});
