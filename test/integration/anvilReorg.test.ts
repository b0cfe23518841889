import { expect } from "chai";
import { ChainIndexer } from "../../offchain/infrastructure/reconciliation/ChainIndexer.ts";
import { RpcChainSource } from "../../offchain/infrastructure/reconciliation/ChainSource.ts";
import { protocolLogDecoder } from "../../offchain/infrastructure/reconciliation/protocolLogDecoder.ts";
import { TestVenue } from "./TestVenue.ts";
import { rpcCall, TEST_CHAIN, type TestDatabase, testDatabase } from "./testServices.ts";

describe("X1 reorganisations of a real chain", function () {
	this.timeout(60_000);
	let venue: TestVenue;
	before(async () => {
		venue = await TestVenue.create();
		await venue.traders(3, "rooftopSolar");
		await venue.producer.stop();
	});
	after(() => venue.destroy());

	function indexer(database: TestDatabase): ChainIndexer {
		const { addresses, decode } = protocolLogDecoder(venue.deployment);
		return new ChainIndexer({
			pool: database.pool,
			chainId: TEST_CHAIN.chainId,
			firstBlock: 1,
			source: new RpcChainSource(venue.chain.rpcUrl, addresses),
			decode,
			engine: {
				submit: async () => ({ status: "applied", sequence: 1, events: [] }),
				submitMany: async (inputs) => inputs.map(() => ({ status: "applied", sequence: 1, events: [] })),
			},
			confirmations: 70,
		});
	}

	async function catchUp(running: ChainIndexer): Promise<void> {
		while (await running.step());
	}

	async function tables(database: TestDatabase): Promise<string[]> {
		const dump: string[] = [];
		for (const table of ["chain_blocks", "chain_events", "chain_balance_changes", "certificate_transfers"]) {
			const { rows } = await database.pool.query(`SELECT to_jsonb(t) AS row FROM ${table} AS t`);
			dump.push(...rows.map(({ row }) => `${table} ${JSON.stringify(row)}`).sort());
		}
		return dump;
	}

	for (const depth of [1, 2, 7, 33, 64]) {
		it(`behavior: anvil_reorg of ${depth} blocks leaves what a fresh index has`, async () => {
			const { rpcUrl } = venue.chain;
			for (let index = 0; index < depth + 3; index++) await rpcCall(rpcUrl, "evm_mine");
			const running = indexer(venue.database);
			await catchUp(running);
			const before = await tables(venue.database);
			await rpcCall(rpcUrl, "anvil_reorg", [depth, []]);
			await rpcCall(rpcUrl, "evm_mine");
			await catchUp(running);
			const after = await tables(venue.database);
			expect(after).to.not.deep.equal(before);
			const fresh = await testDatabase();
			await catchUp(indexer(fresh));
			expect(after).to.deep.equal(await tables(fresh));
			await fresh.drop();
		});
	}
});
