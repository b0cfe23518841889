import { expect } from "chai";
import type { EngineInput } from "../../../offchain/domain/engine/EngineInput.ts";
import type { Address } from "../../../offchain/domain/units/Address.ts";
import type { RequestSource, RequestTransport } from "../../../offchain/infrastructure/ingress/EngineRequest.ts";
import { EngineSilentError } from "../../../offchain/infrastructure/ingress/EngineSilentError.ts";
import { RemoteEngine } from "../../../offchain/infrastructure/ingress/RemoteEngine.ts";
import { RequestIntake } from "../../../offchain/infrastructure/ingress/RequestIntake.ts";
import { DurableEngine } from "../../../offchain/infrastructure/postgres/DurableEngine.ts";
import { FollowingEngine } from "../../../offchain/infrastructure/postgres/FollowingEngine.ts";
import { LeaderLock } from "../../../offchain/infrastructure/postgres/LeaderLock.ts";
import { whenProjected } from "../../../offchain/infrastructure/postgres/whenProjected.ts";
import { ToyEngine } from "../ToyEngine.ts";
import { type TestDatabase, testDatabase } from "../testServices.ts";

const account = (index: number): Address => `0x${index.toString(16).padStart(40, "0")}`;
const credit = (index: number, amountMsat = 1): EngineInput => ({
	type: "RaiseBuyingPower",
	account: account(index),
	amountMsat,
});

/** One way into the engine; null transports stand for the engine's own process. */
export type IngressUnderTest = {
	name: string;
	transport: ((database: TestDatabase, maxWaiting?: number) => Promise<RequestTransport>) | null;
	source: ((database: TestDatabase) => Promise<RequestSource>) | null;
	/** Forgets everything that waits, as a crash of what carries it would. */
	lose: (database: TestDatabase) => Promise<void>;
};

type Leader = { engine: DurableEngine<ToyEngine>; die(): Promise<void> };

/** What every ingress promises. */
export function engineIngressSuite(ingress: IngressUnderTest): void {
	const isRemote = ingress.transport !== null;

	describe(`X4 X5 engine ingress: ${ingress.name}`, function () {
		this.timeout(30_000);
		let database: TestDatabase;
		const cleanUps: (() => Promise<unknown>)[] = [];

		beforeEach(async () => {
			database = await testDatabase();
			await ingress.lose(database);
		});
		afterEach(async () => {
			for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp().catch(() => undefined);
			await database.drop();
		});

		async function lead(extra = {}): Promise<Leader> {
			const { pool, databaseUrl } = database;
			const lock = await LeaderLock.acquire({ databaseUrl, holder: "test", pingMillis: 50, staleMillis: 500 });
			if (lock === null) throw new Error("not leading");
			const engine = await DurableEngine.start({
				pool,
				epoch: lock.epoch,
				create: () => new ToyEngine(),
				restore: ToyEngine.restore,
				onFatal: () => undefined,
				...extra,
			});
			const source = (await ingress.source?.(database)) ?? null;
			const intake = source === null ? null : new RequestIntake(source, engine, () => undefined);
			cleanUps.push(async () => {
				await intake?.stop();
				await engine.stop();
				await lock.release();
			});
			// As kill -9 does it: the lock goes with the connection, what was taken is neither finished nor forgotten.
			const die = async (): Promise<void> => {
				await source?.close();
				await lock.release();
			};
			return { engine, die };
		}

		async function client(leader: Leader | null, extra = {}, maxWaiting?: number) {
			if (ingress.transport === null) {
				if (leader === null) throw new Error("the engine of this process");
				return leader.engine;
			}
			const follower = await FollowingEngine.start({
				pool: database.pool,
				databaseUrl: database.databaseUrl,
				create: () => new ToyEngine(),
				restore: ToyEngine.restore,
				onFatal: (error) => {
					throw error;
				},
			});
			const transport = await ingress.transport(database, maxWaiting);
			const remote = new RemoteEngine({ follower, transport, resendMillis: 200, ...extra });
			cleanUps.push(async () => {
				await remote.close();
				await follower.stop();
			});
			return remote;
		}

		async function balances(): Promise<Map<string, number>> {
			await whenProjected(database.pool);
			const { rows } = await database.pool.query("SELECT account, available_msat FROM accounts");
			return new Map(rows.map((row) => [row.account, row.available_msat]));
		}

		it("default: answers in order, after the commit, with what became of each input", async () => {
			const leader = await lead();
			const gateway = await client(leader);
			for (let round = 1; round <= 20; round++) {
				const reply = await gateway.submit(credit(round));
				expect(reply).to.deep.equal({
					status: "applied",
					sequence: round,
					events: [{ type: "AccountChanged", account: account(round), availableMsat: 1, reservedMsat: 0 }],
				});
				expect((await balances()).get(account(round))).to.equal(1);
				expect(await gateway.read((state) => state.balances.get(account(round)))).to.equal(1);
			}
		});

		it("behavior: many at once, from many callers, each once and each caller's in its order", async () => {
			const gateway = await client(await lead());
			const replies = await Promise.all(
				Array.from({ length: 2_000 }, (_, index) => gateway.submit(credit(index % 11, index))),
			);
			const sequences = replies.map((reply) => (reply.status === "applied" ? reply.sequence : -1));
			expect(sequences).to.deep.equal(Array.from({ length: 2_000 }, (_, index) => index + 1));
			const total = [...(await balances()).values()].reduce((sum, amount) => sum + amount, 0);
			expect(total).to.equal((2_000 * 1_999) / 2);
			const list = await gateway.submitMany(Array.from({ length: 100 }, (_, index) => credit(1, index)));
			expect(list.map((reply) => reply.status === "applied" && reply.sequence)).to.deep.equal(
				Array.from({ length: 100 }, (_, index) => 2_001 + index),
			);
		});

		it("behavior: the feed of a client shows every input once, in order", async () => {
			const gateway = await client(await lead());
			await gateway.submitMany([credit(1), credit(2)]);
			const seen: number[] = [];
			gateway.subscribe(0, ({ sequence }) => seen.push(sequence));
			for (let index = 0; index < 50; index++) await gateway.submit(credit(index));
			while (seen.length < 52) await new Promise((resolve) => setTimeout(resolve, 5));
			expect(seen).to.deep.equal(Array.from({ length: 52 }, (_, index) => index + 1));
			expect(gateway.lastSequence).to.equal(52);
		});

		it("error: too much is answered busy, at once, and nothing of it is carried out", async () => {
			// A leader that does not take anything: for a remote sender there is none.
			const leader = isRemote ? null : await lead({ maxQueuedInputs: 50 });
			const gateway = await client(leader, { giveUpMillis: 500, resendMillis: 60_000 }, 50);
			const first = Array.from({ length: 50 }, (_, index) => gateway.submit(credit(index)));
			const settled = Promise.allSettled(first);
			// The first fifty are on their way when the others come.
			if (isRemote) await new Promise((resolve) => setTimeout(resolve, 100));
			const startedAt = performance.now();
			const refused = await Promise.all(Array.from({ length: 30 }, (_, index) => gateway.submit(credit(index, 1_000))));
			expect(refused.every((reply) => reply.status === "busy")).to.equal(true);
			const many = await gateway.submitMany(Array.from({ length: 60 }, () => credit(1, 1_000)));
			expect(many.every((reply) => reply.status === "busy")).to.equal(true);
			expect(performance.now() - startedAt).to.be.lessThan(400);
			const outcomes = await settled;
			if (isRemote) {
				for (const outcome of outcomes) {
					expect(outcome.status === "rejected" && outcome.reason).to.be.instanceOf(EngineSilentError);
				}
				// A leader that comes later carries out what waits, whether or not anybody still listens.
				await lead();
			}
			while ((await balances()).size < 50) await new Promise((resolve) => setTimeout(resolve, 20));
			expect([...(await balances()).values()].every((amount) => amount === 1)).to.equal(true);
		});

		if (!isRemote) return;

		it("invariant: the same request twice, or again after its commit, is carried out once", async () => {
			await lead();
			const gateway = await client(null);
			const transport = (await ingress.transport?.(database)) as RequestTransport;
			cleanUps.push(() => transport.close());
			const request = { requestId: "somebody-1", inputs: [credit(1), credit(2)] };
			await transport.send([request, request]);
			await transport.send([request]);
			while (gateway.lastSequence < 2) await new Promise((resolve) => setTimeout(resolve, 5));
			await transport.send([request]);
			await gateway.submit(credit(3));
			expect([...(await balances()).values()]).to.deep.equal([1, 1, 1]);
			expect(gateway.lastSequence).to.equal(3);
		});

		it("invariant: leaders change in the middle of a stream: every input once, every caller answered", async () => {
			const gateway = await client(null, { giveUpMillis: 20_000 });
			let leader = await lead();
			const replies: Promise<unknown>[] = [];
			for (let round = 0; round < 6; round++) {
				for (let index = 0; index < 200; index++) replies.push(gateway.submit(credit(index)));
				await new Promise((resolve) => setTimeout(resolve, 5 + round * 7));
				const old = leader;
				await old.die();
				leader = await lead();
			}
			const sequences = (await Promise.all(replies)).map((reply) => (reply as { sequence: number }).sequence);
			expect(new Set(sequences).size).to.equal(1_200);
			expect([...(await balances()).values()].every((amount) => amount === 6)).to.equal(true);
			const { rows } = await database.pool.query("SELECT count(DISTINCT epoch) AS epochs FROM input_log");
			expect(rows[0].epochs).to.be.greaterThan(1);
		});

		it("behavior: what the ingress loses is sent again", async () => {
			const gateway = await client(null);
			const replies = Array.from({ length: 20 }, (_, index) => gateway.submit(credit(index)));
			await new Promise((resolve) => setTimeout(resolve, 50));
			await ingress.lose(database);
			await lead();
			expect((await Promise.all(replies)).every((reply) => reply.status === "applied")).to.equal(true);
			expect([...(await balances()).values()]).to.deep.equal(Array.from({ length: 20 }, () => 1));
		});

		it("behavior: two processes send at a time, and each gets its own answers", async () => {
			await lead();
			const [one, two] = [await client(null), await client(null)];
			const all = await Promise.all(
				Array.from({ length: 200 }, (_, index) => (index % 2 === 0 ? one : two).submit(credit(index))),
			);
			for (const [index, reply] of all.entries()) {
				const event = reply.status === "applied" ? reply.events[0] : undefined;
				expect(event).to.deep.include({ account: account(index), availableMsat: 1 });
			}
		});
	});
}
