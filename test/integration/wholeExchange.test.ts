import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { DemoProcess, livingServices, whenServicesEnded } from "./DemoProcess.ts";

describe("T3 the whole exchange as a process", function () {
	this.timeout(240_000);
	let stateDir: string;

	beforeEach(() => {
		stateDir = mkdtempSync(join(tmpdir(), "gridtokenx-whole-"));
	});

	afterEach(async () => {
		await whenServicesEnded(stateDir);
		rmSync(stateDir, { recursive: true, force: true });
	});

	it("X1 behavior: killed in the middle of trading and of settling it continues; nothing is lost, nothing settled twice", async () => {
		for (const [moment, args] of [
			["open (", []],
			["committed (", []],
			["settled (", []],
		] as const) {
			const killed = new DemoProcess(stateDir, args);
			await killed.whenSaid(moment);
			killed.kill("SIGKILL");
			await killed.exit;
			await whenServicesEnded(stateDir);
		}
		const last = new DemoProcess(stateDir);
		expect(await last.exit, last.said).to.equal(0);
		const { balanced, disagreements, totals, windows, balancing, payouts } = last.report();
		expect(disagreements).to.deep.equal([]);
		expect(balanced).to.equal(true);
		expect(windows.map(({ state }) => state)).to.deep.equal(["settled", "settled"]);
		expect(totals.unexplainedRejections).to.equal(0);
		expect(totals.tradingZones).to.have.length.at.least(8);
		expect(totals.skippedWh).to.equal(0);
		expect(totals.injectedWh).to.equal(totals.deliveredWh + totals.lostWh);
		expect(balancing?.missingW).to.equal(0);
		expect(balancing?.refusals).to.deep.equal([]);
		expect(payouts?.reserveHoldingMsat).to.be.greaterThan(0);
		expect(payouts?.paidSat).to.be.greaterThan(0);
	});

	it("X5 error: a chain that dies ends the exchange with its cause; blocks it lost are never papered over", async () => {
		const run = new DemoProcess(stateDir);
		await run.whenSaid("trading 2 windows");
		const { chainPid } = JSON.parse(readFileSync(join(stateDir, "guardian.json"), "utf8")) as { chainPid: number };
		process.kill(chainPid, "SIGKILL");
		expect(await run.exit).to.equal(1);
		expect(run.said).to.match(/chain/i);
		expect(run.said).not.to.match(/^\s+at /m);
		await whenServicesEnded(stateDir);
		const again = new DemoProcess(stateDir);
		await Promise.race([again.exit, again.whenSaid("committed (")]);
		// The chain was either saved up to the last event taken as final, or the exchange says what is missing and halts.
		if (again.isRunning) again.kill("SIGTERM");
		else expect(again.said).to.include("--reset");
		expect(await again.exit).to.equal(again.said.includes("--reset") ? 1 : 0);
	});

	it("error: a taken port is named, and nothing stays behind", async () => {
		const holder = createServer().listen(0, "127.0.0.1");
		await new Promise((resolve) => holder.once("listening", resolve));
		const { port } = holder.address() as { port: number };
		const run = new DemoProcess(stateDir, ["--port", String(port)]);
		expect(await run.exit).to.equal(1);
		expect(run.said).to.include(String(port));
		expect(run.said).not.to.match(/^\s+at /m);
		expect(livingServices(stateDir)).to.deep.equal([]);
		holder.close();
	});

	it("error: a wrong setting and a wrong option are told before anything starts", async () => {
		const setting = new DemoProcess(stateDir, [], { SATOSHI_PER_THB: "many" });
		expect(await setting.exit).to.equal(2);
		expect(setting.said).to.include("SATOSHI_PER_THB");
		const option = new DemoProcess(stateDir, ["--participants", "3"]);
		expect(await option.exit).to.equal(2);
		expect(option.said).to.include("--participants");
		expect(livingServices(stateDir)).to.deep.equal([]);
	});
});
