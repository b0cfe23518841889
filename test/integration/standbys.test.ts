import { expect } from "chai";
import type { EngineInput } from "../../offchain/domain/engine/EngineInput.ts";
import type { Address } from "../../offchain/domain/units/Address.ts";
import { whenProjected } from "../../offchain/infrastructure/postgres/whenProjected.ts";
import { connectEngine, type EngineConnection } from "../../offchain/processes/connectEngine.ts";
import { RoleProcess } from "../../scripts/chaos/RoleProcess.ts";
import { type TestDatabase, testDatabase } from "./testServices.ts";

const account: Address = `0x${"ab".repeat(20)}`;
/** Applied twice it would count twice: the strictest probe. */
const credit: EngineInput = { type: "RaiseBuyingPower", account, amountMsat: 1 };

describe("X5 standby engines as processes", function () {
	this.timeout(90_000);
	let database: TestDatabase;
	let engines: RoleProcess[] = [];
	let connection: EngineConnection;
	let acknowledged = 0;
	let unanswered = 0;

	before(async () => {
		database = await testDatabase();
		engines = [start(), start(), start()];
		await Promise.all(engines.map((engine) => engine.whenState("standby")));
		connection = await connectEngine({
			pool: database.pool,
			databaseUrl: database.databaseUrl,
			redisUrl: undefined,
			maxQueuedInputs: 10_000,
			onFatal: (error) => {
				throw error;
			},
			onChange: () => undefined,
		});
		await leader();
	});
	after(async () => {
		await connection.close();
		await Promise.all(engines.map((engine) => engine.kill()));
		await database.drop();
	});

	function start(): RoleProcess {
		return new RoleProcess("engine", { DATABASE_URL: database.databaseUrl });
	}

	async function leader(): Promise<RoleProcess> {
		for (;;) {
			const { rows } = await database.pool.query("SELECT max(epoch) AS epoch FROM leadership");
			const leading = engines.find((engine) => engine.states.some(({ epoch }) => epoch === rows[0].epoch));
			if (leading?.isRunning && !leading.isFrozen) return leading;
			await new Promise((resolve) => setTimeout(resolve, 20));
		}
	}

	/** Keeps sending while something happens to the leader; every answer counts. Returns the longest silence, ms. */
	async function sendDuring(happening: () => Promise<void>, answersAfter: number): Promise<number> {
		let isOver = false;
		let longest = 0;
		let lastAnswer = performance.now();
		let after = 0;
		const callers = Array.from({ length: 8 }, async () => {
			while (!isOver || after < answersAfter) {
				const reply = await connection.engine.submit(credit).catch(() => null);
				if (reply === null) unanswered += 1;
				if (reply?.status !== "applied") continue;
				acknowledged += 1;
				if (isOver) after += 1;
				longest = Math.max(longest, performance.now() - lastAnswer);
				lastAnswer = performance.now();
			}
		});
		await happening();
		isOver = true;
		await Promise.all(callers);
		return longest;
	}

	async function expectEverythingOnce(): Promise<void> {
		await whenProjected(database.pool);
		const { rows } = await database.pool.query("SELECT available_msat FROM accounts WHERE account = $1", [account]);
		expect(unanswered).to.equal(0);
		expect(rows[0].available_msat).to.equal(acknowledged);
		const held = await connection.engine.read((state) => state.account(account)?.availableMsat);
		expect(held).to.equal(acknowledged);
	}

	it("behavior: one of three leads; the others follow and say so", async () => {
		const leading = engines.filter((engine) => engine.states.some(({ state }) => state === "leading"));
		expect(leading).to.have.length(1);
		await sendDuring(() => new Promise((resolve) => setTimeout(resolve, 300)), 10);
		await expectEverythingOnce();
	});

	it("behavior: kill -9 of the leader: another leads within seconds, nothing lost, nothing doubled", async () => {
		const old = await leader();
		const silence = await sendDuring(async () => {
			await new Promise((resolve) => setTimeout(resolve, 200));
			await old.kill();
			await leader();
		}, 200);
		expect(silence).to.be.lessThan(10_000);
		await expectEverythingOnce();
		engines = [...engines.filter((engine) => engine !== old), start()];
	});

	it("behavior: a frozen leader is overtaken; thawed, it cannot write a row and ends by itself", async () => {
		const old = await leader();
		const epoch = old.states.find(({ state }) => state === "leading")?.epoch as number;
		const silence = await sendDuring(async () => {
			await new Promise((resolve) => setTimeout(resolve, 200));
			old.freeze();
			const next = await leader();
			await next.whenState("leading");
			// It wakes up believing that it still leads, with inputs in its hands.
			old.thaw();
			await old.exit;
		}, 200);
		expect(silence).to.be.lessThan(10_000);
		await expectEverythingOnce();
		const { rows } = await database.pool.query(
			"SELECT count(*) AS wrong FROM input_log AS later JOIN input_log AS earlier ON later.epoch < earlier.epoch AND later.first_sequence > earlier.first_sequence",
		);
		expect(rows[0].wrong).to.equal(0);
		const epochs = await database.pool.query("SELECT DISTINCT epoch FROM input_log ORDER BY epoch");
		expect(epochs.rows.map((row) => row.epoch)).to.include.members([epoch, epoch + 1]);
		expect(await old.exit).to.equal(1);
	});

	it("behavior: a leader asked to stop hands over without an unanswered input", async () => {
		engines.push(start());
		await engines.at(-1)?.whenState("standby");
		const old = await leader();
		await sendDuring(async () => {
			expect(await old.stop()).to.equal(0);
			await leader();
		}, 100);
		await expectEverythingOnce();
	});
});
