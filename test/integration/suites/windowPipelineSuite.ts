import { expect } from "chai";
import type { ClosingReport, ClosingTrim } from "../../../offchain/domain/grid/closing/ClosingCheck.ts";
import type { Trade } from "../../../offchain/domain/settlement/Trade.ts";
import { windowAt, windowEnd, windowStart } from "../../../offchain/domain/units/window.ts";
import { PostgresCertificateRepository } from "../../../offchain/infrastructure/postgres/PostgresCertificateRepository.ts";
import { PostgresReadingRepository } from "../../../offchain/infrastructure/postgres/PostgresReadingRepository.ts";
import { PostgresTradeRepository } from "../../../offchain/infrastructure/postgres/PostgresTradeRepository.ts";
import type { JobBackend } from "../../../offchain/infrastructure/queue/JobQueue.ts";
import { eventually, type TestEngine, TestVenue, type Trader } from "../TestVenue.ts";
import { TEST_CHAIN } from "../testServices.ts";
import { tradeWindow } from "./tradeWindow.ts";

const CAUSE = { element: "line A–B", flowWh: 5, limitWh: 3 };

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
		/** What the closing check wants gone as long as it stands. */
		let trims: ClosingTrim[] = [];
		const closingCheck = (trades: readonly Trade[]): ClosingReport => {
			const standing = trims.filter(({ tradeId, keptWh }) =>
				trades.some((other) => other.tradeId === tradeId && other.energyWh > keptWh),
			);
			return { isSecure: standing.length === 0, violations: standing, trims: standing } as unknown as ClosingReport;
		};

		before(async () => {
			venue = await TestVenue.create();
			running = await venue.startEngine();
			indexer = venue.startIndexer(running.engine);
			worker = await venue.startWorker(running.engine, 4, await backend(), closingCheck);
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

		const trade = (windowId: number) => tradeWindow(venue, running.engine, windowId, sellers, buyers);

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

		it("G10 behavior: what the closing check trims is committed and settled with what is kept, and no more", async () => {
			const { engine } = running;
			const windowId = windowAt(venue.clock.nowMillis() / 1000) + 4;
			await trade(windowId);
			const before = await engine.read((state) => state.balances());
			const made = await new PostgresTradeRepository(venue.database.pool).ofWindow(windowId);
			const [part, whole] = [made[1], made[3]] as [Trade, Trade];
			trims = [
				{ tradeId: part.tradeId, keptWh: 700, trimmedWh: part.energyWh - 700, ...CAUSE },
				{ tradeId: whole.tradeId, keptWh: 0, trimmedWh: whole.energyWh, ...CAUSE },
			];
			await venue.advanceTo(engine, windowStart(windowId) - 240);
			await eventually(
				() => venue.stageOf(windowId),
				(stage) => stage === "committed",
			);
			const standing = await new PostgresTradeRepository(venue.database.pool).ofWindow(windowId);
			expect(standing.map(({ tradeId, energyWh }) => [tradeId, energyWh as number])).to.deep.equal(
				made
					.filter(({ tradeId }) => tradeId !== whole.tradeId)
					.map(({ tradeId, energyWh }) => [tradeId, tradeId === part.tradeId ? 700 : (energyWh as number)]),
			);
			const { rows } = await venue.database.pool.query(
				"SELECT trade_id, trimmed_wh, kept_wh, element, reason FROM trade_trims WHERE window_id = $1 ORDER BY event_index",
				[windowId],
			);
			expect(rows).to.deep.equal(
				trims.map(({ tradeId, trimmedWh, keptWh }) => ({
					trade_id: tradeId,
					trimmed_wh: trimmedWh,
					kept_wh: keptWh,
					element: CAUSE.element,
					reason: "TRIMMED_BY_GRID",
				})),
			);
			const totals = await venue.database.pool.query(
				"SELECT trade_count, energy_wh FROM windows WHERE window_id = $1",
				[windowId],
			);
			const keptWh = standing.reduce((sum, { energyWh }) => sum + energyWh, 0);
			expect(totals.rows).to.deep.equal([{ trade_count: standing.length, energy_wh: keptWh }]);
			const filled = await venue.database.pool.query(
				"SELECT sum(filled_wh)::bigint AS wh FROM orders WHERE window_id = $1 AND side = 'buy'",
				[windowId],
			);
			expect(filled.rows).to.deep.equal([{ wh: keptWh }]);

			// The same trims once more: nothing changes.
			const hash = await engine.read((state) => state.stateHash());
			const again = trims.map(({ element, tradeId, keptWh: kept, trimmedWh }) => ({
				element,
				tradeId,
				keptWh: kept,
				trimmedWh,
			}));
			await engine.submit({ type: "TrimTrades", windowId, trims: again });
			expect(await engine.read((state) => state.stateHash())).to.equal(hash);

			await venue.advanceTo(engine, windowEnd(windowId) + 60);
			const readings = sellers.map(({ meterId }) => ({ meterId, exportedWh: 3000 }));
			const repository = new PostgresReadingRepository(venue.database.pool);
			await repository.add(await venue.signReadings(windowId, readings));
			await eventually(
				() => venue.stageOf(windowId),
				(stage) => stage === "reconciled",
			);
			const certificates = await new PostgresCertificateRepository(venue.database.pool, TEST_CHAIN.chainId).find({
				windowId,
				limit: 100,
			});
			expect(certificates.reduce((sum, { heldWh }) => sum + heldWh, 0)).to.equal(keptWh);
			const report = await venue.reconciliation(engine).reconcileAll();
			expect(report.differences).to.deep.equal([]);
			const after = await engine.read((state) => state.balances());
			expect(after.reduce((sum, { reservedMsat }) => sum + reservedMsat, 0)).to.equal(0);
			const total = (accounts: typeof after) =>
				accounts.reduce((sum, { availableMsat, reservedMsat }) => sum + availableMsat + reservedMsat, 0);
			expect(total(after)).to.equal(total(before));
			expect(venue.alarms.splice(0)).to.deep.equal([
				`window ${windowId}: the closing power flow fails: ${CAUSE.element} carries 5 Wh of 3 Wh; ` +
					`${part.energyWh - 700 + whole.energyWh} Wh of 2 trades go`,
			]);
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
