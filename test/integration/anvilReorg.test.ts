import { expect } from "chai";
import { createWalletClient, type Hex, http } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import { ChainIndexer } from "../../offchain/infrastructure/reconciliation/ChainIndexer.ts";
import { RpcChainSource } from "../../offchain/infrastructure/reconciliation/ChainSource.ts";
import { protocolLogDecoder } from "../../offchain/infrastructure/reconciliation/protocolLogDecoder.ts";
import { TestVenue, type Trader } from "./TestVenue.ts";
import { rpcCall, TEST_CHAIN, type TestDatabase, testDatabase } from "./testServices.ts";

describe("X1 reorganisations of a real chain", function () {
	this.timeout(60_000);
	let venue: TestVenue;
	let payer: Trader;
	before(async () => {
		venue = await TestVenue.create();
		[payer] = (await venue.traders(3, "rooftopSolar")) as [Trader];
		await venue.send(
			payer,
			venue.calls.mintTestTokens(payer.address, 1_000_000n),
			venue.calls.approveVault(1_000_000n),
		);
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

	/** A deposit in each of the newest `blocks` blocks; the signed transactions, oldest first. */
	async function busyBlocks(blocks: number): Promise<Hex[]> {
		const { rpcUrl } = venue.chain;
		const wallet = createWalletClient({ transport: http(rpcUrl), account: privateKeyToAccount(payer.privateKey) });
		const signed: Hex[] = [];
		for (let index = 0; index < blocks; index++) {
			const call = venue.calls.depositFor(payer.address, BigInt(index + 1));
			const request = await wallet.prepareTransactionRequest({ ...call, gas: 300_000n, chain: null });
			const raw = await wallet.signTransaction({ ...request, chainId: TEST_CHAIN.chainId } as never);
			await rpcCall(rpcUrl, "eth_sendRawTransaction", [raw]);
			await rpcCall(rpcUrl, "evm_mine");
			signed.push(raw);
		}
		return signed;
	}

	for (const depth of [1, 3, 16, 48]) {
		it(`behavior: ${depth} blocks full of events: dropped ones vanish, re-included ones move`, async () => {
			const { rpcUrl } = venue.chain;
			const signed = await busyBlocks(depth);
			const running = indexer(venue.database);
			await catchUp(running);
			const before = await tables(venue.database);
			// The first half is mined again, each in the block after its own; the rest is lost.
			const again = signed.slice(0, depth >> 1).map((raw, index) => [raw, index + 1]);
			await rpcCall(rpcUrl, "anvil_reorg", [depth, again]);
			await rpcCall(rpcUrl, "evm_mine");
			await catchUp(running);
			const after = await tables(venue.database);
			const fresh = await testDatabase();
			await catchUp(indexer(fresh));
			expect(after).to.deep.equal(await tables(fresh));
			await fresh.drop();
			const kept = new Set(after);
			const events = (dump: string[]) => dump.filter((line) => line.startsWith("chain_events"));
			expect(events(before).filter((line) => !kept.has(line))).to.have.length(depth);
			expect(events(after)).to.have.length(events(before).length - depth + (depth >> 1));
		});
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
