import { expect } from "chai";
import { exclusively } from "../../offchain/infrastructure/postgres/exclusively.ts";
import { openPool } from "../../offchain/infrastructure/postgres/openPool.ts";
import { type TestDatabase, testDatabase } from "./testServices.ts";

describe("G8 one emergency at a time, over all nodes", () => {
	let database: TestDatabase;
	before(async () => {
		database = await testDatabase();
	});
	after(() => database.drop());

	it("invariant: nodes take turns, a failure passes the turn on, and many callers do not use up the pool", async () => {
		const pools = [2, 2].map((size) => openPool(database.databaseUrl, "gridtokenx test", size));
		const nodes = pools.map((pool) => exclusively(pool, 77));
		let inside = 0;
		let most = 0;
		const work = (pool: (typeof pools)[number], fails: boolean) => async () => {
			most = Math.max(most, ++inside);
			await pool.query("SELECT pg_sleep(0.01)");
			inside--;
			if (fails) throw new Error("failed");
			return "done";
		};
		const outcomes = await Promise.allSettled(
			Array.from({ length: 20 }, (_, index) => {
				const node = index % 2;
				return nodes[node]?.(work(pools[node] as (typeof pools)[number], index % 5 === 0));
			}),
		);
		expect(most).to.equal(1);
		expect(outcomes.filter(({ status }) => status === "rejected")).to.have.length(4);
		for (const pool of pools) await pool.end();
	});
});
