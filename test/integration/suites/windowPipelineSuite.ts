import { expect } from "chai";
import { windowAt, windowEnd, windowStart } from "../../../offchain/domain/units/window.ts";
import { PostgresCertificateRepository } from "../../../offchain/infrastructure/postgres/PostgresCertificateRepository.ts";
import { PostgresReadingRepository } from "../../../offchain/infrastructure/postgres/PostgresReadingRepository.ts";
import type { JobBackend } from "../../../offchain/infrastructure/queue/JobQueue.ts";
import { eventually, SHORTFALL_MARGIN, type TestEngine, TestVenue, type Trader } from "../TestVenue.ts";
import { TEST_CHAIN } from "../testServices.ts";

/** Whole windows, with the queues on a given backend; undefined is the venue's own database. */
export function windowPipelineSuite(name: string, backend: () => Promise<JobBackend | undefined>): void {
	describe(`X1 X2 X3 a window from its trades to its certificates, queues on ${name}`, function () {
		this.timeout(120_000);
		let venue: TestVenue;
		let running: TestEngine;
		let indexer: { stop: () => Promise<void> };
		let worker: Awaited<ReturnType<TestVenue["startWorker"]>>;
		let sellers: Trader[];
		let buyers: Trader[];

		before(async () => {
			venue = await TestVenue.create();
			running = await venue.startEngine();
			indexer = venue.startIndexer(running.engine);
			worker = await venue.startWorker(running.engine, 4, await backend());
			sellers = await venue.traders(5, "rooftopSolar");
			buyers = await venue.traders(6, "none");
			await eventually(
				() => running.engine.read((state) => state.balances().filter(({ availableMsat }) => availableMsat > 0).length),
				(count) => count === 11,
			);
		});
		after(async () => {
			await worker.stop();
			await indexer.stop();
			await running.stop();
			await venue.destroy();
		});

		async function trade(windowId: number): Promise<void> {
			const { engine } = running;
			await engine.submit({
				type: "SetMarketRules",
				fromWindow: windowId,
				floorSatPerKwh: 10,
				ceilingSatPerKwh: 2000,
				tickSatPerKwh: 1,
				shortfallMarginSatPerKwh: SHORTFALL_MARGIN,
			});
			const charges = { lossSatPerKwh: 0, wheelingSatPerKwh: 0, congestionSatPerKwh: 0, platformSatPerKwh: 2 };
			await engine.submit({
				type: "SetZoneCharges",
				charges: Array.from({ length: 16 }, () => Array.from({ length: 16 }, () => charges)),
			});
			for (const [index, seller] of sellers.entries()) {
				const order = await venue.order(seller, {
					side: "sell",
					windowId,
					priceSatPerKwh: 100 + index,
					energyWh: 3000,
				});
				await engine.submit(order);
			}
			for (const [index, buyer] of buyers.entries()) {
				const order = await venue.order(buyer, { side: "buy", windowId, priceSatPerKwh: 180 + index, energyWh: 2000 });
				await engine.submit(order);
			}
		}

		it("default: commit before delivery, settle in chunks, certificates, books equal", async () => {
			const { engine } = running;
			const start = TEST_CHAIN.genesisSeconds + 7200;
			await venue.advanceTo(engine, start);
			const windowId = windowAt(start) + 4;
			await trade(windowId);
			await venue.advanceTo(engine, windowStart(windowId) - 240);
			await eventually(
				() => venue.stageOf(windowId),
				(stage) => stage === "committed",
			);
			expect(await engine.read((state) => state.session(windowId)?.state)).to.be.oneOf(["closed", "committed"]);

			await venue.advanceTo(engine, windowEnd(windowId) + 60);
			await new Promise((resolve) => setTimeout(resolve, 200));
			expect(await venue.stageOf(windowId)).to.equal("committed");

			// The last seller delivers half of what it sold; the first sold nothing beyond its reading.
			const readings = sellers.map(({ meterId }, index) => ({ meterId, exportedWh: index === 3 ? 1500 : 3000 }));
			const repository = new PostgresReadingRepository(venue.database.pool);
			const batch = await venue.signReadings(windowId, readings);
			expect((await repository.add(batch)).status).to.equal("stored");
			expect((await repository.add(batch)).status).to.equal("known");
			const forged = await venue.signReadings(windowId, [{ meterId: sellers[0]?.meterId ?? 0, exportedWh: 9000 }]);
			expect((await repository.add(forged)).status).to.equal("contradicts");

			await eventually(
				() => venue.stageOf(windowId),
				(stage) => stage === "reconciled",
			);
			const pipeline = await worker.pipelines.byWindow(windowId);
			expect(pipeline?.isBalanced).to.equal(true);
			expect(pipeline?.chunkCount).to.be.greaterThan(1);
			expect(pipeline?.gasUsed).to.be.greaterThan(100_000);

			const report = await venue.reconciliation(engine).reconcileAll();
			expect(report.differences).to.deep.equal([]);
			expect(report.isBalanced).to.equal(true);
			expect(report.totalsMsat.engine).to.equal(11 * 1_000_000_000);
			const certificates = await new PostgresCertificateRepository(venue.database.pool, TEST_CHAIN.chainId).find({
				windowId,
				limit: 100,
			});
			const held = certificates.reduce((sum, certificate) => sum + certificate.heldWh, 0);
			expect(held).to.equal(12_000 - 1_500);
			expect(new Set(certificates.map((certificate) => certificate.source))).to.deep.equal(new Set(["rooftopSolar"]));
			expect(venue.alarms).to.deep.equal([]);
		});

		it("behavior: a difference planted in the database is found and named exactly", async () => {
			const account = sellers[1]?.address;
			await venue.database.pool.query("UPDATE accounts SET available_msat = available_msat + 1 WHERE account = $1", [
				account,
			]);
			const report = await venue.reconciliation(running.engine).reconcileAll();
			expect(report.isBalanced).to.equal(false);
			expect(report.differences).to.have.length(1);
			const [difference] = report.differences;
			expect(difference?.account).to.equal(account);
			expect((difference?.right.value ?? 0) - (difference?.left.value ?? 0)).to.equal(1);
			await venue.database.pool.query("UPDATE accounts SET available_msat = available_msat - 1 WHERE account = $1", [
				account,
			]);
			expect((await venue.reconciliation(running.engine).reconcileAll()).isBalanced).to.equal(true);
		});

		it("behavior: a window never committed expires, alarms and locks nothing", async () => {
			const { engine } = running;
			const windowId = windowAt(venue.clock.nowMillis() / 1000) + 5;
			await trade(windowId);
			await worker.stop();
			await venue.advanceTo(engine, windowStart(windowId) - 240);
			await venue.advanceTo(engine, windowStart(windowId) + 10);
			worker = await venue.startWorker(engine, 4, await backend());
			await eventually(
				() => venue.stageOf(windowId),
				(stage) => stage === "missed",
			);
			await eventually(
				() => engine.read((state) => state.balances().reduce((sum, { reservedMsat }) => sum + reservedMsat, 0)),
				(reserved) => reserved === 0,
			);
			expect(venue.alarms.some((alarm) => alarm.includes("not mined before delivery"))).to.equal(true);
			venue.alarms.splice(0);
			expect((await venue.reconciliation(engine).reconcileAll()).isBalanced).to.equal(true);
		});
	});
}
