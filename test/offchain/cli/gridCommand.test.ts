import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { gridCommand } from "../../../offchain/cli/grid.ts";
import { CASES_FOLDER } from "../domain/grid/publishedCase.ts";
import { runGrid as run } from "./runGrid.ts";

const MAIN = join(import.meta.dirname, "../../../offchain/cli/main.ts");
const CASE9 = join(CASES_FOLDER, "case9.json");

async function json(...words: string[]) {
	const { status, stdout, stderr } = await run(...words, "--json");
	expect(stderr).to.equal("");
	expect(status).to.equal(0);
	return JSON.parse(stdout);
}

describe("G2 gridtokenx grid", () => {
	let folder: string;

	before(() => {
		folder = mkdtempSync(join(tmpdir(), "gridtokenx-grid-"));
	});
	after(() => rmSync(folder, { recursive: true }));

	const file = (name: string, text: string) => {
		const path = join(folder, name);
		writeFileSync(path, text);
		return path;
	};

	it("default: one study each for flow, factors, outages, losses, AC flow, dispatch and trades", () => {
		expect(gridCommand().commands.map((command) => command.name())).to.deep.equal([
			...["flow", "ptdf", "outages", "losses", "powerflow", "opf", "trade", "admit"],
		]);
	});

	it("flow: branches in file order, null where nothing limits", async () => {
		const { branches, slackBus } = await json("flow", CASE9);
		expect(slackBus).to.equal(1);
		expect(branches).to.have.length(9);
		expect(branches[0]).to.have.all.keys("from", "to", "flowMW", "limitMW", "loading");
		expect(branches[0]).to.include({ from: 1, to: 4, limitMW: 250 });
		expect(branches[0].flowMW).to.be.closeTo(67, 1e-9);
		expect(branches[0].loading).to.be.closeTo(67 / 250, 1e-12);
		expect((await json("flow", join(CASES_FOLDER, "case57.json"))).branches[0]).to.include({
			limitMW: null,
			loading: null,
		});
	});

	it("ptdf: one row by branch, one column by bus, 0 at the slack", async () => {
		const { buses, branches, ptdf } = await json("ptdf", CASE9);
		expect(buses).to.deep.equal([1, 2, 3, 4, 5, 6, 7, 8, 9]);
		expect(branches[0]).to.deep.equal([1, 4]);
		expect(ptdf.map((row: number[]) => row[0])).to.deep.equal(new Array(9).fill(0));
		expect(ptdf[0][8]).to.be.closeTo(-1, 1e-12);
	});

	it("outages, losses, powerflow, opf", async () => {
		const { pairs } = await json("outages", CASE9, "--top", "3");
		expect(pairs).to.have.length(3);
		expect(pairs[0]).to.deep.include({ outage: [8, 9], monitored: [5, 6] });
		const losses = await json("losses", CASE9);
		expect(losses.lossMW).to.be.closeTo(4.72004, 1e-5);
		expect(losses.buses[1].marginalLossFactor).to.be.closeTo(0.0469416, 1e-6);
		const flow = await json("powerflow", join(CASES_FOLDER, "case33bw.json"));
		expect(flow).to.include({ converged: true });
		expect(flow.lossMW).to.be.closeTo(0.202677, 1e-6);
		expect(flow.buses[17].vm).to.be.closeTo(0.9131, 1e-4);
		const { objective, lmp, binding, dispatchMW } = await json("opf", CASE9);
		expect(objective).to.be.closeTo(5216.0266, 1e-4);
		expect(lmp[8].price).to.be.closeTo(24.0443, 1e-3);
		expect(binding).to.deep.equal([]);
		expect(dispatchMW.reduce((sum: number, mw: number) => sum + mw, 0)).to.be.closeTo(315, 1e-9);
	});

	it("trade: largest amount, its limit, loss and price spread", async () => {
		const trade = await json("trade", CASE9, "--seller", "1", "--buyer", "5");
		expect(trade.maxMW).to.be.closeTo(183, 1e-9);
		expect(trade.limiting).to.deep.equal({ from: 1, to: 4 });
		expect(trade.lossDeltaMWPer1MW).to.be.closeTo(0.009579, 1e-6);
		expect(trade.priceSpread).to.be.closeTo(0, 1e-9);
		expect(await json("trade", CASE9, "--seller", "5", "--buyer", "5")).to.include({ maxMW: null, limiting: null });
	});

	it("admit: in order, rejected or clipped; what counter-flow makes room for is used", async () => {
		const trades = file("trades.csv", "buyer,seller,mw\n9,2,500\n1,2,80\n2,1,60\n1,2,60\n");
		expect((await json("admit", CASE9, "--trades", trades)).accepted).to.deep.equal([0, 80, 60, 60]);
		const clipped = await json("admit", CASE9, "--trades", trades, "--policy", "clip");
		expect(clipped.accepted[0]).to.be.closeTo(87, 1e-9);
		expect(clipped.accepted[1]).to.be.closeTo(0, 1e-9);
		expect(clipped.accepted.slice(2)).to.deep.equal([60, 60]);
		expect(clipped.flowsMW[6]).to.be.closeTo(-250, 1e-9);
		const scaled = await json("admit", CASE9, "--trades", trades, "--policy", "clip", "--rating-scale", "0.8");
		expect(scaled.accepted[0]).to.be.closeTo(37, 1e-9);
		const atOpf = await json("admit", CASE9, "--trades", trades, "--policy", "clip", "--at-opf");
		expect(atOpf.accepted[0]).to.be.greaterThan(100);
	});

	it("behavior: the Thai network at its reference demand, by the linear power flow", async () => {
		const thai = join(CASES_FOLDER, "../network/thai-network-2016.json");
		const { branches } = await json("flow", thai);
		expect(branches).to.have.length(371);
		expect(Math.max(...branches.map(({ loading }: { loading: number }) => loading))).to.be.within(0.1, 1.5);
		expect((await json("losses", thai)).lossMW).to.be.within(0.005 * 22_000, 0.0165 * 22_000);
		const trade = await json("trade", thai, "--seller", "1", "--buyer", "200");
		expect(trade).to.include({ priceSpread: null });
		expect((await run("powerflow", thai)).stderr).to.match(/^GRID_CASE_REFUSED: .*relative reactances/);
	});

	it("behavior: tables for people, the same command from the shell", async () => {
		const { stdout } = await run("flow", CASE9);
		expect(stdout).to.match(/^DC power flow, slack bus 1\nfrom {2}to/);
		const shell = (...words: string[]) =>
			spawnSync(process.execPath, ["--no-warnings", MAIN, "grid", ...words], { encoding: "utf8" });
		expect(shell("flow", CASE9, "--json").stdout).to.equal((await run("flow", CASE9, "--json")).stdout);
		const missing = shell("flow", join(folder, "none.m"));
		expect(missing.status).to.equal(2);
		expect(missing.stderr).to.match(/^GRID_CASE_UNREADABLE: /);
	});

	it("error: faults of the network and of the command line have codes and exit codes", async () => {
		const refused = async (status: number, pattern: RegExp, ...words: string[]) => {
			const result = await run(...words);
			expect(result.stderr).to.match(pattern);
			expect(result.status).to.equal(status);
		};
		await refused(2, /^GRID_CASE_UNREADABLE: .*ENOENT/, "flow", join(folder, "none.m"));
		await refused(
			1,
			/^GRID_CASE_REFUSED: network x\.m refused: line 1: "hello" is not/,
			"flow",
			file("x.m", "hello world"),
		);
		await refused(
			1,
			/^GRID_CASE_REFUSED: network y\.json refused: no bus; no gen/,
			"flow",
			file("y.json", '{"baseMVA":100}'),
		);
		await refused(1, /^GRID_CASE_REFUSED: .*unknown bus 77/, "trade", CASE9, "--seller", "77", "--buyer", "1");
		await refused(2, /Expected a bus number/, "trade", CASE9, "--seller", "one", "--buyer", "1");
		await refused(2, /required option '--trades/, "admit", CASE9);
		const csv = (text: string) => ["admit", CASE9, "--trades", file("bad.csv", text)];
		await refused(2, /^GRID_TRADES_REFUSED: .*line 1: no column mw/, ...csv("seller,buyer\n1,2\n"));
		await refused(
			2,
			/^GRID_TRADES_REFUSED: .*line 3: "-5" is not an amount/,
			...csv("seller,buyer,mw\n1,2,3\n1,2,-5\n"),
		);
		await refused(1, /^GRID_CASE_REFUSED: .*unknown bus 10/, ...csv("seller,buyer,mw\n10,2,3\n"));
		await refused(1, /^GRID_OPF_COSTS: /, "opf", file("free.json", readWithoutCosts()));
	});
});

function readWithoutCosts(): string {
	return JSON.stringify({
		baseMVA: 100,
		bus: [[1, 3, 10, 0, 0, 0, 1, 1, 0, 230, 1, 1.1, 0.9]],
		gen: [[1, 10, 0, 10, -10, 1, 100, 1, 20, 0]],
		branch: [],
	});
}
