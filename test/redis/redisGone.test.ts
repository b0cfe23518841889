import { expect } from "chai";
import { windowAt, windowEnd, windowStart } from "../../offchain/domain/units/window.ts";
import { PostgresReadingRepository } from "../../offchain/infrastructure/postgres/PostgresReadingRepository.ts";
import { tradeWindow } from "../integration/suites/tradeWindow.ts";
import { eventually, type TestEngine, TestVenue, type Trader } from "../integration/TestVenue.ts";
import { TEST_CHAIN } from "../integration/testServices.ts";
import { RedisServer } from "./RedisServer.ts";

describe("X6 Redis gone", function () {
	this.timeout(120_000);
	let server: RedisServer;
	let venue: TestVenue;
	let running: TestEngine;
	let indexer: { stop: () => Promise<void> };
	let worker: Awaited<ReturnType<TestVenue["startWorker"]>>;
	let sellers: Trader[];
	let buyers: Trader[];

	before(async () => {
		server = await RedisServer.start();
		venue = await TestVenue.create();
		running = await venue.startEngine();
		indexer = venue.startIndexer(running.engine);
		worker = await venue.startWorker(running.engine, 4, { kind: "redis", redisUrl: server.url });
		sellers = await venue.traders(2, "rooftopSolar");
		buyers = await venue.traders(3, "none");
		await eventually(
			() => running.engine.read((state) => state.balances().filter(({ availableMsat }) => availableMsat > 0).length),
			(count) => count === 5,
		);
	});
	after(async () => {
		await worker.stop();
		await indexer.stop();
		await running.stop();
		await venue.destroy();
		await server.stop();
	});

	it("behavior: it dies empty before the commitment and again before the settlement: trading goes on, every step happens once", async () => {
		const { engine } = running;
		const start = TEST_CHAIN.genesisSeconds + 7200;
		await venue.advanceTo(engine, start);
		const windowId = windowAt(start) + 4;
		await tradeWindow(venue, engine, windowId, sellers, buyers);

		await server.kill();
		await venue.advanceTo(engine, windowStart(windowId) - 290);
		await eventually(
			() => venue.stageOf(windowId),
			(stage) => stage === "closed",
		);
		await eventually(
			async () => venue.alarms.join("\n"),
			(alarms) => /ECONNREFUSED/.test(alarms),
		);
		const later = await venue.order(buyers[0] as Trader, {
			side: "buy",
			windowId: windowId + 8,
			priceSatPerKwh: 150,
			energyWh: 1000,
		});
		expect((await engine.submit(later)).status).to.equal("applied");
		expect(await venue.stageOf(windowId)).to.equal("closed");
		await server.start();
		await eventually(
			() => venue.stageOf(windowId),
			(stage) => stage === "committed",
			60_000,
		);

		await server.kill();
		await venue.advanceTo(engine, windowEnd(windowId) + 60);
		const readings = sellers.map(({ meterId }) => ({ meterId, exportedWh: 3000 }));
		await new PostgresReadingRepository(venue.database.pool).add(await venue.signReadings(windowId, readings));
		await new Promise((resolve) => setTimeout(resolve, 300));
		expect(await venue.stageOf(windowId)).to.equal("committed");
		await server.start();
		await eventually(
			() => venue.stageOf(windowId),
			(stage) => stage === "reconciled",
			60_000,
		);
		const { rows } = await venue.database.pool.query(
			`SELECT request_key FROM chain_transactions WHERE state = 'confirmed' GROUP BY request_key HAVING count(*) > 1`,
		);
		expect(rows).to.deep.equal([]);
		expect((await venue.reconciliation(engine).reconcileAll()).isBalanced).to.equal(true);
	});
});
