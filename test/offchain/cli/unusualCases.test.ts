import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { runGrid } from "./runGrid.ts";

const MAIN = join(import.meta.dirname, "../../../offchain/cli/main.ts");
const UNUSUAL = join(import.meta.dirname, "cases/unusual.m");

type Flow = { branches: { from: number; to: number; flowMW: number; limitMW: number | null }[]; slackBus: number };

/** From the shell, with `--json`: one JSON object on standard output whatever happens, and never a stack. */
function shell(...words: string[]) {
	const { status, stdout, stderr } = spawnSync(process.execPath, ["--no-warnings", MAIN, "grid", ...words, "--json"], {
		encoding: "utf8",
	});
	expect(stdout, stderr).to.match(/^\{.*\}\n$/);
	expect(stderr).not.to.match(/^\s+at /m);
	return { status, answer: JSON.parse(stdout) };
}

async function ok(...words: string[]) {
	const { status, stdout, stderr } = await runGrid(...words, "--json");
	expect(status, stderr).to.equal(0);
	return JSON.parse(stdout);
}

describe("G2 unusual yet valid cases through the command line", function () {
	this.timeout(60_000);
	const text = readFileSync(UNUSUAL, "utf8");
	let folder: string;
	before(() => {
		folder = mkdtempSync(join(tmpdir(), "gridtokenx-unusual-"));
	});
	after(() => rmSync(folder, { recursive: true }));
	const file = (name: string, content: string) => {
		const path = join(folder, name);
		writeFileSync(path, content);
		return path;
	};

	it("flow: every bus balances; branches off or at isolated buses carry nothing; no rating limits nothing", async () => {
		const { branches, slackBus }: Flow = await ok("flow", UNUSUAL);
		expect(slackBus).to.equal(10);
		const outOf = (bus: number) =>
			branches.reduce((sum, { from, to, flowMW }) => sum + (from === bus ? flowMW : to === bus ? -flowMW : 0), 0);
		expect(outOf(305)).to.be.closeTo(-40, 1e-9);
		expect(outOf(20)).to.be.closeTo(10 - 35 - 0.5, 1e-9);
		expect(outOf(99)).to.be.closeTo(-10, 1e-9);
		expect(branches[0]?.flowMW).to.equal(branches[1]?.flowMW);
		expect([branches[3]?.flowMW, branches[6]?.flowMW]).to.deep.equal([0, 0]);
		expect(branches.map(({ limitMW }) => limitMW)).to.deep.equal([30, 30, null, null, null, 25, null]);
		// By Kirchhoff's second law round the loop, with the shift of −3° and the taps: Σ f·x·tap/50 + shift = 0.
		const drop = (branch: number, reactance: number) => ((branches[branch]?.flowMW as number) * reactance) / 50;
		const shift = (-3 * Math.PI) / 180;
		expect(drop(0, 0.1) + drop(2, 0.2 * 0.98) + shift + drop(4, 0.1 * 1.02) - drop(5, 0.12)).to.be.closeTo(0, 1e-12);
	});

	it("ptdf, outages, losses, powerflow: numbers everywhere, nothing at the isolated bus", async () => {
		const { buses, ptdf } = await ok("ptdf", UNUSUAL);
		expect(buses).to.deep.equal([10, 305, 20, 7, 99]);
		expect(ptdf.flat().every(Number.isFinite)).to.equal(true);
		expect(ptdf.map((row: number[]) => row[3])).to.deep.equal(new Array(7).fill(0));
		const { pairs } = await ok("outages", UNUSUAL);
		expect(pairs[0]).to.deep.include({ outage: [10, 305], monitored: [10, 305] });
		// Losing one of two parallels leaves the other with half the susceptance, not with twice the flow.
		expect(pairs[0].flowMW).to.be.within(28, 55.98);
		expect((await ok("losses", UNUSUAL)).lossMW).to.be.within(0.3, 0.6);
		const flow = await ok("powerflow", UNUSUAL);
		expect(flow).to.include({ converged: true });
		expect(flow.buses[3]).to.deep.equal({ bus: 7, vm: 1, vaDeg: 0 });
	});

	it("opf: piecewise and polynomial costs together, units off and at isolated buses stay off", async () => {
		const { objective, lmp, dispatchMW } = await ok("opf", UNUSUAL);
		// 50 MW at the first piece, 5 MW at 25, the rest at 22 + 0.02 p: 85.5 MW in all.
		expect(objective).to.be.closeTo(1000 + 125 + 0.01 * 30.5 ** 2 + 22 * 30.5, 1e-6);
		expect(dispatchMW.map((mw: number) => Math.round(mw * 1e6) / 1e6)).to.deep.equal([50, 30.5, 5, 0, 0]);
		expect(lmp.map(({ price }: { price: number }) => Math.round(price * 1e6) / 1e6)).to.deep.equal([
			22.61, 22.61, 22.61, 0, 22.61,
		]);
	});

	it("trade and admit: an isolated bus takes part in nothing", async () => {
		expect((await ok("trade", UNUSUAL, "--seller", "10", "--buyer", "99")).maxMW).to.be.greaterThan(1);
		expect(await ok("trade", UNUSUAL, "--seller", "10", "--buyer", "7")).to.deep.include({
			maxMW: 0,
			priceSpread: null,
		});
		const trades = file("trades.csv", "seller,buyer,mw\n10,99,5\n10,7,4\n7,7,2\n305,20,3\n");
		expect((await ok("admit", UNUSUAL, "--trades", trades)).accepted).to.deep.equal([5, 0, 2, 3]);
	});

	it("behavior: how the file is laid out changes nothing", async () => {
		const expected = await ok("flow", UNUSUAL);
		const layouts = {
			carriageReturns: text.replace(/\n/g, "\r\n"),
			byteOrderMark: `\uFEFF${text}`,
			noComments: text.replace(/%\{[\s\S]*?%\}/g, "").replace(/[%#].*$/gm, ""),
			commas: text.replace(/(?<=[\d.])\t(?=[-\d.])/g, ", "),
			newlinesOnly: text.replace(/;(?=\s*(?:%.*)?\n)/g, ""),
			noLastLine: text.trimEnd(),
			lowerCaseInfinity: text.replace(/\bInf\b/g, "inf"),
		};
		for (const [name, layout] of Object.entries(layouts)) {
			expect(await ok("flow", file(`${name}.m`, layout)), name).to.deep.equal(expected);
		}
	});

	it("behavior: a slack whose units are off hands over to the next generator bus, as MATPOWER does", async () => {
		const off = text.replace(/^(\t10\t[25]0\t0\t\S+\t\S+\t1\t50\t)1/gm, "$10");
		const path = file("off.m", off);
		const { branches, slackBus }: Flow = await ok("flow", path);
		expect(slackBus).to.equal(20);
		const out = branches.reduce((sum, { from, flowMW }) => sum + (from === 10 ? flowMW : 0), 0);
		expect(out).to.be.closeTo(0, 1e-9);
		expect((await ok("powerflow", path)).buses[2]).to.deep.equal({ bus: 20, vm: 1.01, vaDeg: 0 });
		expect((await runGrid("opf", path)).stderr).to.match(/^GRID_OPF_INFEASIBLE: /);
	});

	it("error: every refusal is one JSON object with a stable code, and an exit code", async () => {
		const refused = async (status: number, code: string, message: RegExp, ...words: string[]) => {
			const result = await runGrid(...words);
			expect(result.stderr, words.join(" ")).to.match(new RegExp(`^${code}: `));
			expect(result.stderr).to.match(message);
			expect(result.status).to.equal(status);
		};
		const changed = (name: string, from: string | RegExp, to: string) => {
			expect(text).to.match(new RegExp(from));
			return file(name, text.replace(from, to));
		};
		const disconnected = changed("disconnected.m", /0\.98\t-3\t1/, "0.98\t-3\t0");
		const apart = file(
			"apart.m",
			readFileSync(disconnected, "utf8").replace("0\t25\t0\t0\t0\t0\t1", "0\t25\t0\t0\t0\t0\t0"),
		);
		await refused(1, "GRID_CASE_REFUSED", /bus 20: disconnected .* \(a part of 2 buses\)/, "flow", apart);
		await refused(1, "GRID_CASE_REFUSED", /both ends at one bus/, "flow", changed("loop.m", "20\t99", "99\t99"));
		await refused(1, "GRID_CASE_REFUSED", /unknown bus 98/, "ptdf", changed("bus.m", "20\t99", "20\t98"));
		await refused(1, "GRID_CASE_REFUSED", /demandMvar is NaN/, "losses", changed("nan.m", /1\.2E\+1/, "NaN"));
		await refused(2, "GRID_CASE_UNREADABLE", /ENOENT/, "outages", join(folder, "none.m"));
		const zero = shell("opf", changed("x.m", "0.01\t0.2", "0.01\t0"));
		expect(zero.status).to.equal(1);
		expect(zero.answer.error.code).to.equal("GRID_CASE_REFUSED");
		expect(zero.answer.error.message).to.match(/zero reactance/);
		const usage = shell("trade", UNUSUAL, "--seller", "x", "--buyer", "99");
		expect(usage.status).to.equal(2);
		expect(usage.answer.error.code).to.equal("USAGE");
		const heavy = text.replace("305, 1, 4e1", "305, 1, 4e3");
		const diverged = shell("powerflow", file("heavy.m", heavy));
		expect(diverged.status).to.equal(1);
		expect(diverged.answer).to.include({ converged: false, lossMW: null });
		expect(diverged.answer.error.code).to.equal("GRID_POWER_FLOW_DIVERGED");
	});
});
