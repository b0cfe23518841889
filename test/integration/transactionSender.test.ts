import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { createWalletClient, http, parseTransaction } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import type { Address, Hex } from "../../offchain/domain/units/Address.ts";
import { freePort } from "../../offchain/infrastructure/local/freePort.ts";
import { LocalChain } from "../../offchain/infrastructure/local/LocalChain.ts";
import { acquireKeyLock } from "../../offchain/infrastructure/reconciliation/acquireKeyLock.ts";
import {
	TransactionSender,
	type TransactionSenderOptions,
} from "../../offchain/infrastructure/reconciliation/TransactionSender.ts";
import { FlakyRpc } from "./FlakyRpc.ts";
import { eventually } from "./TestVenue.ts";
import { testKey } from "./testKeys.ts";
import { rpcCall, TEST_CHAIN, type TestDatabase, testDatabase } from "./testServices.ts";

/** Counts its calls in slot 0; reverts when its data begins with a byte that is not zero. */
const COUNTER: Address = `0x${"c0".repeat(20)}`;

describe("X2 transaction sender", () => {
	const key = testKey("sender");
	let stateDir: string;
	let chain: LocalChain;
	let database: TestDatabase;
	let alarms: string[] = [];

	before(async () => {
		stateDir = mkdtempSync(join(tmpdir(), "gridtokenx-sender-"));
		database = await testDatabase();
		chain = await LocalChain.start(stateDir, await freePort(), TEST_CHAIN.chainId, TEST_CHAIN.genesisSeconds);
		await call("anvil_setBalance", key.address, "0x3635c9adc5dea00000");
		// PUSH0 CALLDATALOAD PUSH1 0xf8 SHR → non-zero first byte reverts; else SSTORE(0, SLOAD(0) + 1).
		await call("anvil_setCode", COUNTER, "0x5f3560f81c6010575f546001015f55005b5f5ffd");
	});
	after(async () => {
		await chain.stop();
		await database.drop();
		rmSync(stateDir, { recursive: true, force: true });
	});
	beforeEach(() => {
		alarms = [];
	});

	const call = (method: string, ...params: unknown[]) => rpcCall(chain.rpcUrl, method, params);
	const mine = () => call("evm_mine");
	const counter = async () => Number(await call("eth_getStorageAt", COUNTER, "0x0", "latest"));
	const pending = async () => Number(((await call("txpool_status")) as { pending: string }).pending);

	async function started(extra: Partial<TransactionSenderOptions> = {}): Promise<TransactionSender> {
		const sender = new TransactionSender({
			pool: database.pool,
			databaseUrl: database.databaseUrl,
			rpcUrl: chain.rpcUrl,
			chainId: TEST_CHAIN.chainId,
			privateKey: key.privateKey,
			confirmations: 1,
			pollMillis: 10,
			onAlarm: (message) => alarms.push(message),
			...extra,
		});
		await sender.start();
		return sender;
	}
	const request = (requestKey: string, data: Hex = "0x") => ({ requestKey, to: COUNTER, data });

	it("default: sends once per key, however often it is asked", async () => {
		const sender = await started();
		const before = await counter();
		const first = sender.send(request("a"));
		const again = sender.send(request("a"));
		const other = sender.send(request("b"));
		await eventually(pending, (count) => count === 2);
		await mine();
		expect((await first).status).to.equal("confirmed");
		expect(await again).to.deep.equal(await first);
		expect((await other).status).to.equal("confirmed");
		expect(await counter()).to.equal(before + 2);
		expect(await sender.send(request("a"))).to.deep.equal(await first);
		expect(await counter()).to.equal(before + 2);
		await sender.stop();
	});

	it("behavior: what would revert is refused, takes no nonce and may be asked again", async () => {
		const sender = await started();
		const refused = await sender.send(request("bad", "0xff"));
		expect(refused.status).to.equal("refused");
		const good = sender.send(request("bad"));
		await eventually(pending, (count) => count === 1);
		await mine();
		expect((await good).status).to.equal("confirmed");
		await sender.stop();
	});

	it("behavior: killed after signing, before anybody heard: the same bytes go out, nothing twice", async () => {
		const before = await counter();
		const first = await started();
		first.send(request("crash")).catch(() => undefined);
		await eventually(pending, (count) => count === 1);
		await first.stop();
		await call("anvil_dropAllTransactions");
		expect(await pending()).to.equal(0);

		const second = await started();
		const outcome = second.send(request("crash"));
		await eventually(pending, (count) => count === 1);
		await mine();
		expect((await outcome).status).to.equal("confirmed");
		expect(await counter()).to.equal(before + 1);
		const { rows } = await database.pool.query(
			`SELECT count(*) AS attempts FROM chain_transaction_attempts JOIN chain_transactions USING (transaction_id)
			WHERE request_key = 'crash'`,
		);
		expect(rows[0].attempts).to.equal(1);
		await second.stop();
	});

	it("behavior: mined while nobody watched: found by its receipt, not sent again", async () => {
		const before = await counter();
		const first = await started();
		first.send(request("unseen")).catch(() => undefined);
		await eventually(pending, (count) => count === 1);
		await first.stop();
		await mine();
		const second = await started();
		expect((await second.send(request("unseen"))).status).to.equal("confirmed");
		expect(await counter()).to.equal(before + 1);
		await second.stop();
	});

	it("behavior: unmined for long it pays at least an eighth more, and any version counts", async () => {
		const before = await counter();
		const sender = await started({ bumpAfterMillis: 150 });
		const outcome = sender.send(request("bump"));
		const fees = await eventually(
			async () => {
				const { rows } = await database.pool.query(
					`SELECT max_fee_per_gas AS fee FROM chain_transaction_attempts JOIN chain_transactions USING (transaction_id)
					WHERE request_key = 'bump' ORDER BY attempt`,
				);
				return rows.map((row) => row.fee as number);
			},
			(list) => list.length >= 3,
		);
		for (let index = 1; index < fees.length; index++) {
			expect(fees[index]).to.be.greaterThan(((fees[index - 1] ?? 0) * 9) / 8);
		}
		expect(await pending()).to.equal(1);
		await mine();
		expect((await outcome).status).to.equal("confirmed");
		expect(await counter()).to.equal(before + 1);
		await sender.stop();
	});

	it("behavior: slots named beforehand stand in every version of a transaction", async () => {
		const named = [{ address: COUNTER, storageKeys: [`0x${"00".repeat(32)}`] as Hex[] }];
		const sender = await started({ bumpAfterMillis: 150, accessListOf: ({ to }) => (to === COUNTER ? named : []) });
		const outcome = sender.send(request("listed"));
		const versions = await eventually(
			async () => {
				const { rows } = await database.pool.query(
					`SELECT raw FROM chain_transaction_attempts JOIN chain_transactions USING (transaction_id)
					WHERE request_key = 'listed' ORDER BY attempt`,
				);
				return rows.map((row) => parseTransaction(row.raw));
			},
			(list) => list.length >= 2,
		);
		for (const version of versions) expect(version).to.have.property("accessList").that.deep.equals(named);
		await mine();
		expect((await outcome).status).to.equal("confirmed");
		await sender.stop();
	});

	it("behavior: a reorganisation takes mined transactions back: their bytes go out again, in order", async () => {
		const before = await counter();
		const sender = await started();
		for (const name of ["r1", "r2", "r3"]) {
			const outcome = sender.send(request(name));
			await eventually(pending, (count) => count === 1);
			await mine();
			await outcome;
		}
		expect(await counter()).to.equal(before + 3);
		await call("anvil_rollback", 3);
		expect(await counter()).to.equal(before);
		await eventually(pending, (count) => count === 3);
		await mine();
		expect(await counter()).to.equal(before + 3);
		await sender.stop();
	});

	it("behavior: a nonce used by somebody else with our key is alarmed; the request still happens once", async () => {
		const before = await counter();
		const sender = await started();
		const outcome = sender.send(request("foreign"));
		await eventually(pending, (count) => count === 1);
		await call("anvil_dropAllTransactions");
		const thief = createWalletClient({
			transport: http(chain.rpcUrl),
			account: privateKeyToAccount(key.privateKey),
		});
		const nonce = Number(await call("eth_getTransactionCount", key.address, "latest"));
		await thief.sendTransaction({
			to: key.address,
			value: 1n,
			nonce,
			chain: null,
			maxFeePerGas: 10n ** 12n,
			gas: 21_000n,
		});
		await mine();
		await eventually(
			async () => alarms.join(),
			(text) => /not ours/.test(text),
		);
		await eventually(pending, (count) => count === 1);
		await mine();
		expect((await outcome).status).to.equal("confirmed");
		expect(await counter()).to.equal(before + 1);
		await sender.stop();
	});

	for (const fate of ["lose request", "lose answer", "already known"] as const) {
		it(`behavior: maybe sent (${fate}): the chain is asked, the request happens once`, async () => {
			const before = await counter();
			const rpc = new FlakyRpc(chain.rpcUrl);
			await rpc.start();
			let sends = 0;
			rpc.fate = (method) => (method === "eth_sendRawTransaction" && sends++ < 3 ? fate : "answer");
			const sender = await started({ rpcUrl: rpc.rpcUrl });
			const outcome = sender.send(request(`maybe ${fate}`));
			await eventually(pending, (count) => count === 1);
			await mine();
			expect((await outcome).status).to.equal("confirmed");
			await mine();
			expect(await counter()).to.equal(before + 1);
			expect(sends).to.be.greaterThan(0);
			await sender.stop();
			rpc.stop();
		});
	}

	it("behavior: nonces whose bytes are lost are filled, alarmed, and nothing behind them waits", async () => {
		const before = await counter();
		// As after restoring a backup that is a little older than the chain's pool.
		await database.pool.query("UPDATE chain_senders SET next_nonce = next_nonce + 2 WHERE sender = $1", [key.address]);
		const sender = await started();
		const outcome = sender.send(request("behind the gap"));
		await eventually(pending, (count) => count === 3);
		await mine();
		expect((await outcome).status).to.equal("confirmed");
		expect(await counter()).to.equal(before + 1);
		expect(alarms.filter((alarm) => /is filled with an empty transfer/.test(alarm))).to.have.length.of.at.least(1);
		await sender.stop();
	});

	it("error: a fee at its cap is alarmed and never exceeded", async () => {
		const cap = 5_000_000_000n;
		const sender = await started({ bumpAfterMillis: 20, maxFeePerGasCap: cap });
		const outcome = sender.send(request("capped"));
		await eventually(
			async () => alarms.join(),
			(text) => /has reached its cap/.test(text),
		);
		const { rows } = await database.pool.query(
			"SELECT max(max_fee_per_gas)::text AS most FROM chain_transaction_attempts JOIN chain_transactions USING (transaction_id) WHERE request_key = 'capped'",
		);
		expect(BigInt(rows[0].most) <= cap).to.equal(true);
		await mine();
		expect((await outcome).status).to.equal("confirmed");
		await sender.stop();
	});

	it("invariant: one owner per key", async () => {
		const first = await started();
		const second = new TransactionSender({
			pool: database.pool,
			databaseUrl: database.databaseUrl,
			rpcUrl: chain.rpcUrl,
			chainId: TEST_CHAIN.chainId,
			privateKey: key.privateKey,
			confirmations: 1,
		});
		const starting = second.start().then(() => "started");
		expect(await Promise.race([starting, new Promise((resolve) => setTimeout(() => resolve("waits"), 150))])).to.equal(
			"waits",
		);
		await first.stop();
		expect(await starting).to.equal("started");
		await second.stop();
	});

	it("behavior: a frozen owner, alive but silent, is overtaken and learns of it", async () => {
		const { databaseUrl } = database;
		const wait = { databaseUrl, chainId: 7, sender: key.address, pingMillis: 50, staleMillis: 400 };
		const frozen = await acquireKeyLock(wait);
		if (frozen === null) throw new Error("not the owner");
		clearInterval((frozen as unknown as { timer: NodeJS.Timeout }).timer);
		const startedAt = performance.now();
		const next = await acquireKeyLock(wait);
		expect(performance.now() - startedAt).to.be.within(300, 3_000);
		expect(await frozen.whenLost()).to.be.instanceOf(Error);
		await frozen.release();
		await next?.release();
	});
});
