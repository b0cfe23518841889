import { expect } from "chai";
import { encodeFunctionData } from "viem";
import { windowAt, windowEnd, windowStart } from "../../offchain/domain/units/window.ts";
import { accessManagerAbi } from "../../offchain/infrastructure/chain/protocolAbi.ts";
import { ROLES } from "../../offchain/infrastructure/chain/roles.ts";
import { PostgresReadingRepository } from "../../offchain/infrastructure/postgres/PostgresReadingRepository.ts";
import { tradeWindow } from "./suites/tradeWindow.ts";
import { eventually, type TestEngine, TestVenue, type Trader } from "./TestVenue.ts";
import { testKey } from "./testKeys.ts";
import { rpcCall, TEST_CHAIN } from "./testServices.ts";

describe("X6 the operator's key is lost", function () {
	this.timeout(120_000);
	const lost = testKey("operator");
	const replacement = testKey("replacement operator");
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
		worker = await venue.startWorker(running.engine, 4);
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
	});

	const problemOf = async (windowId: number): Promise<string | null> => {
		const { rows } = await venue.database.pool.query("SELECT problem FROM window_pipelines WHERE window_id = $1", [
			windowId,
		]);
		return rows[0]?.problem ?? null;
	};
	const sentBy = async (address: string): Promise<number> =>
		Number(await rpcCall(venue.chain.rpcUrl, "eth_getTransactionCount", [address, "latest"]));
	const appoint = (functionName: "grantRole" | "revokeRole", address: `0x${string}`) =>
		venue.asCouncil({
			to: venue.deployment.addresses.AccessManager,
			data:
				functionName === "grantRole"
					? encodeFunctionData({ abi: accessManagerAbi, functionName, args: [ROLES.OPERATOR, address, 0] })
					: encodeFunctionData({ abi: accessManagerAbi, functionName, args: [ROLES.OPERATOR, address] }),
		});

	it("error: a dismissed key sends nothing, says so by name, and trading goes on; the replacement continues where it stood", async () => {
		const { engine } = running;
		const start = TEST_CHAIN.genesisSeconds + 7200;
		await venue.advanceTo(engine, start);
		const windowId = windowAt(start) + 4;
		await tradeWindow(venue, engine, windowId, sellers, buyers);
		await appoint("revokeRole", lost.address);
		const before = await sentBy(lost.address);

		await venue.advanceTo(engine, windowStart(windowId) - 290);
		const problem = await eventually(
			() => problemOf(windowId),
			(value) => value !== null,
		);
		expect(problem).to.match(/^OPERATOR_KEY_REFUSED: .*AccessManagedUnauthorized/);
		expect(venue.alarms.filter((alarm) => alarm.includes("OPERATOR_KEY_REFUSED"))).to.have.length(1);
		expect(await venue.stageOf(windowId)).to.equal("planned");
		expect(await sentBy(lost.address)).to.equal(before);
		const later = await venue.order(buyers[0] as Trader, {
			side: "buy",
			windowId: windowId + 8,
			priceSatPerKwh: 150,
			energyWh: 1000,
		});
		const reply = await engine.submit(later);
		expect(reply.status === "applied" && reply.events.map(({ type }) => type)).to.include("OrderRested");

		await worker.stop();
		await appoint("grantRole", replacement.address);
		await rpcCall(venue.chain.rpcUrl, "anvil_setBalance", [replacement.address, "0x3635c9adc5dea00000"]);
		worker = await venue.startWorker(engine, 4, undefined, undefined, replacement.privateKey);
		await eventually(
			() => venue.stageOf(windowId),
			(stage) => stage === "committed",
		);
		expect(await problemOf(windowId)).to.equal(null);
		await venue.advanceTo(engine, windowEnd(windowId) + 60);
		const readings = sellers.map(({ meterId }) => ({ meterId, exportedWh: 3000 }));
		await new PostgresReadingRepository(venue.database.pool).add(await venue.signReadings(windowId, readings));
		await eventually(
			() => venue.stageOf(windowId),
			(stage) => stage === "reconciled",
		);
		expect(await sentBy(lost.address)).to.equal(before);
		expect(await sentBy(replacement.address)).to.be.greaterThan(1);
		expect((await venue.reconciliation(engine).reconcileAll()).isBalanced).to.equal(true);
	});
});
