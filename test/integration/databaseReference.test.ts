import { expect } from "chai";
import { describeSchema } from "../../scripts/database/describeSchema.ts";
import { type TestDatabase, testDatabase } from "./testServices.ts";

describe("I8 database reference", () => {
	let database: TestDatabase;
	before(async () => {
		database = await testDatabase();
	});
	after(() => database.drop());

	it("invariant: every table, column and function is described, and every table has a retention", async () => {
		const page = await describeSchema(database.pool);
		expect(page).to.include("## input_log");
		expect(page).to.include("| orders | one row an order |");
	});

	it("error: a table or column without a description is named", async () => {
		await database.pool.query("CREATE TABLE forgotten (secret_meaning integer)");
		const outcome = await describeSchema(database.pool).catch((error: Error) => error);
		expect((outcome as Error).message).to.equal("not described: table forgotten, column forgotten.secret_meaning");
		await database.pool.query("DROP TABLE forgotten");
	});

	it("invariant: money and energy cannot be doubled past the database's own rules", async () => {
		const { rows } = await database.pool.query<{ rule: string }>(
			`SELECT conrelid::regclass || ' ' || pg_get_constraintdef(oid) AS rule FROM pg_constraint WHERE contype IN ('c', 'p', 'u')`,
		);
		const rules = rows.map(({ rule }) => rule).join("\n");
		for (const wanted of [
			"orders CHECK (((filled_wh >= 0) AND (open_wh >= 0)",
			"trades PRIMARY KEY (trade_id)",
			"accounts CHECK ((available_msat >= 0))",
			"accounts CHECK ((reserved_msat >= 0))",
			"readings PRIMARY KEY (window_id, meter_id)",
			"input_log PRIMARY KEY (first_sequence)",
			"chain_balance_changes PRIMARY KEY (chain_id, block_hash, log_index, change_index)",
			"outbox UNIQUE (topic, dedupe_key)",
			"chain_transactions UNIQUE (chain_id, sender, nonce)",
			"notifications UNIQUE (recipient, topic, message_key)",
		]) {
			expect(rules).to.include(wanted);
		}
	});
});
