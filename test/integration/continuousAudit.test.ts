import { expect } from "chai";
import type { AuditSubject } from "../../offchain/application/ports/BookKeepers.ts";
import { ContinuousAudit, describeFinding } from "../../offchain/application/services/ContinuousAudit.ts";
import { windowAt, windowEnd, windowStart } from "../../offchain/domain/units/window.ts";
import { PostgresReadingRepository } from "../../offchain/infrastructure/postgres/PostgresReadingRepository.ts";
import { AuditReader } from "../../offchain/infrastructure/reconciliation/AuditReader.ts";
import { eventually, SHORTFALL_MARGIN, type TestEngine, TestVenue, type Trader } from "./TestVenue.ts";

describe("X3 continuous audit: engine, rows, index and chain about one thing at a time", function () {
	this.timeout(90_000);
	let venue: TestVenue;
	let running: TestEngine;
	let keepers: AuditReader;
	let seller: Trader;
	let buyer: Trader;
	const stops: (() => Promise<void>)[] = [];
	const start = windowStart(windowAt(Math.floor(Date.UTC(2026, 3, 21, 4) / 1000)));
	let windowId = 0;

	before(async () => {
		venue = await TestVenue.create();
		running = await venue.startEngine();
		const { engine } = running;
		const indexer = venue.startIndexer(engine);
		const worker = await venue.startWorker(engine, 4);
		stops.push(worker.stop, indexer.stop, running.stop, () => venue.destroy());
		[seller] = (await venue.traders(1, "rooftopSolar")) as [Trader];
		[buyer] = (await venue.traders(1, "none")) as [Trader];
		await eventually(
			() => engine.read((state) => state.balances().filter(({ availableMsat }) => availableMsat > 0).length),
			(count) => count === 2,
		);
		const genesis = (await venue.publicClient.getBlock()).timestamp;
		const from = Math.max(start, Number(genesis) + 3_600);
		await venue.advanceTo(engine, from);
		windowId = windowAt(from) + 4;
		const charges = { lossSatPerKwh: 0, wheelingSatPerKwh: 0, congestionSatPerKwh: 0, platformSatPerKwh: 2 };
		await engine.submitMany([
			{
				type: "SetMarketRules",
				fromWindow: windowId,
				floorSatPerKwh: 10,
				ceilingSatPerKwh: 2000,
				tickSatPerKwh: 1,
				shortfallMarginSatPerKwh: SHORTFALL_MARGIN,
			},
			{ type: "SetZoneCharges", charges: Array.from({ length: 16 }, () => Array.from({ length: 16 }, () => charges)) },
			await venue.order(seller, { side: "sell", windowId, priceSatPerKwh: 100, energyWh: 3000 }),
			await venue.order(buyer, { side: "buy", windowId, priceSatPerKwh: 180, energyWh: 2000 }),
		]);
		await venue.advanceTo(engine, windowStart(windowId) - 240);
		await eventually(
			() => venue.stageOf(windowId),
			(stage) => stage === "committed",
		);
		await venue.advanceTo(engine, windowEnd(windowId) + 60);
		const batch = await venue.signReadings(windowId, [{ meterId: seller.meterId, exportedWh: 3000 }]);
		await new PostgresReadingRepository(venue.database.pool).add(batch);
		await eventually(
			() => venue.stageOf(windowId),
			(stage) => stage === "reconciled",
		);
		keepers = new AuditReader({
			pool: venue.database.pool,
			rpcUrl: venue.chain.rpcUrl,
			deployment: venue.deployment,
			confirmations: 1,
			engineAccount: (account) => engine.read((state) => state.account(account)),
		});
	});
	after(async () => {
		for (const stop of stops) await stop();
	});

	function audit(told: string[]): ContinuousAudit {
		return new ContinuousAudit({
			keepers,
			subjectsPerRound: 3,
			pause: async () => undefined,
			onDrift: (finding) => told.push(describeFinding(finding)),
		});
	}

	it("default: after a settled window every keeper agrees on account, meter, window and certificate", async () => {
		const subjects = await keepers.subjectsAfter(null, 100);
		expect(new Set(subjects.map(({ kind }) => kind))).to.deep.equal(new Set(["certificate", "meter", "window"]));
		const accounts: AuditSubject[] = [seller, buyer].map(({ address }) => ({ kind: "account", account: address }));
		for (const subject of [...subjects, ...accounts]) {
			expect(await audit([]).examine(subject), JSON.stringify(subject)).to.deep.equal([]);
		}
		const { statements, history } = await keepers.ask(accounts[0] as AuditSubject);
		expect(statements.map(({ keeper }) => keeper)).to.deep.equal(["engine", "database", "index", "chain"]);
		expect(history.map(({ what }) => what.split(" ")[0])).to.deep.equal(["Deposited", "BalancesSettled"]);
	});

	it("behavior: it goes round all subjects in turns and begins again", async () => {
		const subjects = (await keepers.subjectsAfter(null, 100)).length;
		const told: string[] = [];
		const going = audit(told);
		for (let round = 0; round < Math.ceil(subjects / 3) + 1; round++) expect(await going.round()).to.deep.equal([]);
		expect(told).to.deep.equal([]);
	});

	it("error: a row that was edited is named with what each keeper says, once", async () => {
		const { pool } = venue.database;
		await pool.query("UPDATE accounts SET available_msat = available_msat + 5 WHERE account = $1", [buyer.address]);
		const differences = await audit([]).examine({ kind: "account", account: buyer.address });
		expect(differences.map(({ field }) => field)).to.deep.equal(["availableMsat", "totalMsat"]);
		const [available] = differences;
		const said = Object.fromEntries((available?.values ?? []).map(({ keeper, value }) => [keeper, value]));
		expect(said.database).to.equal((said.engine as number) + 5);

		await pool.query("UPDATE certificate_transfers SET energy_wh = energy_wh + 1");
		await pool.query("UPDATE chain_events SET args = args || '{\"zoneId\": 3}' WHERE name = 'MeterRegistered'");
		await pool.query("UPDATE windows SET energy_wh = energy_wh + 7 WHERE window_id = $1", [windowId]);
		const told: string[] = [];
		const going = audit(told);
		const rounds = Math.ceil((await keepers.subjectsAfter(null, 100)).length / 3) + 1;
		for (let round = 0; round < 2 * rounds; round++) await going.round();
		expect(told.filter((line) => line.startsWith(`meter ${seller.meterId}:`))).to.deep.equal([
			`meter ${seller.meterId}: zoneId (engine 2, index 3, chain 2)`,
		]);
		expect(told).to.include(`window ${windowId}: energyWh (engine 2007, database 2000)`);
		expect(told.filter((line) => line.startsWith("certificate"))).to.have.lengthOf(1);
	});

	it("behavior: a directive nobody has given is nowhere", async () => {
		expect(await audit([]).examine({ kind: "directive", directiveId: 7 })).to.deep.equal([]);
	});
});
