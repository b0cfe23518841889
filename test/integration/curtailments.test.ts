import { expect } from "chai";
import type { Curtailment } from "../../offchain/application/ports/CurtailmentRepository.ts";
import { PostgresCurtailmentRepository } from "../../offchain/infrastructure/postgres/PostgresCurtailmentRepository.ts";
import { type TestDatabase, testDatabase } from "./testServices.ts";

const curtailment = (tradeId: string, change: Partial<Curtailment> = {}): Curtailment => ({
	windowId: 2_000_000,
	tradeId,
	zoneId: 12,
	tradedWh: 5_000,
	curtailedWh: 400,
	cause: "island S2+S3+X-MY",
	directiveId: 7,
	orderedAtMillis: 1_776_750_000_000,
	...change,
});

describe("G8 every curtailed Wh is recorded with its cause", () => {
	let database: TestDatabase;
	let repository: PostgresCurtailmentRepository;

	before(async function () {
		this.timeout(60_000);
		database = await testDatabase();
		repository = new PostgresCurtailmentRepository(database.pool);
	});

	after(() => database.drop());

	it("default: stored once, however often it is told, and never overwritten", async () => {
		await repository.add([]);
		await repository.add([curtailment("9-1"), curtailment("9-2")]);
		await repository.add([curtailment("9-1", { curtailedWh: 9 }), curtailment("9-3", { windowId: 2_000_001 })]);
		expect(await repository.ofWindow(2_000_000)).to.deep.equal([curtailment("9-1"), curtailment("9-2")]);
	});

	it("error: more than was traded is refused by the database, and nothing of the batch is stored", async () => {
		const batch = [curtailment("9-8"), curtailment("9-9", { curtailedWh: 5_001 })];
		const outcome = await repository.add(batch).then(
			() => "stored",
			(error: Error) => error.message,
		);
		expect(outcome).to.match(/curtailments_check/);
		expect(await repository.ofWindow(2_000_000)).to.have.length(2);
	});
});
