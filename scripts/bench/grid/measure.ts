/** One figure of the grid benchmark in this process: `measure.ts FIGURE quick|full [case2383 file]`; one JSON line. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { DcModel } from "../../../offchain/domain/grid/analysis/DcModel.ts";
import { Ptdf } from "../../../offchain/domain/grid/analysis/Ptdf.ts";
import { CompiledGridLimits } from "../../../offchain/domain/grid/CompiledGridLimits.ts";
import { NodalHeadroom } from "../../../offchain/domain/grid/NodalHeadroom.ts";
import { NodalLimits } from "../../../offchain/domain/grid/NodalLimits.ts";
import { IndexedNetwork } from "../../../offchain/domain/grid/network/IndexedNetwork.ts";
import { parseMatpowerFile } from "../../../offchain/domain/grid/network/parseMatpowerFile.ts";
import { parseMatpowerJson } from "../../../offchain/domain/grid/network/parseMatpowerJson.ts";
import { DcOptimalPowerFlow } from "../../../offchain/domain/grid/opf/DcOptimalPowerFlow.ts";
import { thaiNetworkCase } from "../../../offchain/domain/grid/thai/ThaiNetwork.ts";
import { thaiFeederTree } from "../../../offchain/domain/grid/thai/thaiFeederTree.ts";
import { thaiGridLimits } from "../../../offchain/domain/grid/thai/thaiGridLimits.ts";
import type { TradePath } from "../../../offchain/domain/grid/WindowHeadroom.ts";
import { ZonalWindowHeadroom } from "../../../offchain/domain/grid/ZonalWindowHeadroom.ts";
import { HighsLinearProgramSolver } from "../../../offchain/infrastructure/grid/HighsLinearProgramSolver.ts";
import { loadThaiNetwork } from "../../../offchain/infrastructure/grid/loadThaiNetwork.ts";
import { sparseRandomNetwork } from "./sparseRandomNetwork.ts";

const [figure, extent, case2383File = ""] = process.argv.slice(2);
const BATCHES = 1000;
const isQuick = extent === "quick";

const measurements: Record<string, () => Measurement | Promise<Measurement>> = {
	"validator.thai.microsecondsPerTrade": measureThaiValidator,
	"validator.case300.microsecondsPerTrade": measureNodalValidator,
	"ptdf.case300.milliseconds": () => ({ value: medianOf(isQuick ? 5 : 15, () => buildPtdf(case300())) }),
	"ptdf.case2383.milliseconds": measureLargePtdf,
	"opf.case300.warmMilliseconds": measureWarmDispatch,
};
const measure = measurements[figure ?? ""];
if (measure === undefined) throw new Error(`unknown figure ${figure}`);
process.stdout.write(`${JSON.stringify(await measure())}\n`);

type Measurement = { value: number; naive?: number; note?: string };

/**
 * Zone and feeder of both ends at random: check and commit as the engine does it, against every row the market runs with,
 * a fresh window every 2,000 trades.
 */
async function measureThaiValidator(): Promise<Measurement> {
	const next = random(1);
	const network = loadThaiNetwork();
	const limits = new CompiledGridLimits(thaiGridLimits(network, { proofBy: await HighsLinearProgramSolver.load() }));
	const feeders = thaiFeederTree().filter(({ name }) => name.includes("feeder"));
	const paths = Array.from({ length: 4096 }, (): [TradePath, number] => {
		const sell = feeders[Math.floor(next() * feeders.length)];
		const buy = feeders[Math.floor(next() * feeders.length)];
		if (!sell || !buy) throw new Error("no feeders");
		const path = { sellZoneId: sell.zoneId, sellNodeId: sell.nodeId, buyZoneId: buy.zoneId, buyNodeId: buy.nodeId };
		return [path, 500 + Math.floor(next() * 20_000)];
	});
	let headroom = new ZonalWindowHeadroom(limits);
	let limited = 0;
	const times = isQuick ? 200_000 : 2_000_000;
	const value = microsecondsEach(times, (k) => {
		if (k % 2000 === 0) headroom = new ZonalWindowHeadroom(limits);
		const [path, wantedWh] = paths[k & 4095] as [TradePath, number];
		const admission = headroom.admit(path, wantedWh);
		if (admission.admittedWh > 0) headroom.reserve(path, admission.admittedWh);
		if (admission.admittedWh < wantedWh) limited++;
	});
	const share = ((100 * limited) / (2 * times)).toFixed(0);
	const model = new DcModel(new IndexedNetwork(thaiNetworkCase(network)));
	return {
		value,
		naive: fullFlowMicroseconds(model, next),
		note: `${limits.rowCount} rows, ${limits.nodeParent.length} feeder nodes; ${share} % of the trades did not fit whole`,
	};
}

function measureNodalValidator(): Measurement {
	const next = random(2);
	const model = new DcModel(case300());
	const base = model.flowsMw(model.injectionsMw());
	const limit = base.map((flow) => Math.abs(flow) * 1.2 + 50);
	const limits = new NodalLimits(model, { upMw: limit, downMw: limit.slice() });
	const { busCount } = model.grid;
	const trades = Array.from({ length: 4096 }, () => ({
		sell: Math.floor(next() * busCount),
		buy: Math.floor(next() * busCount),
		mw: next() * 20,
	}));
	let headroom = new NodalHeadroom(limits, base);
	let limited = 0;
	const times = isQuick ? 200_000 : 1_000_000;
	const value = microsecondsEach(times, (k) => {
		if (k % 2000 === 0) headroom = new NodalHeadroom(limits, base);
		const { sell, buy, mw } = trades[k & 4095] as (typeof trades)[number];
		if (headroom.take(sell, buy, mw, true).admittedMw < mw) limited++;
	});
	const share = ((100 * limited) / (2 * times)).toFixed(0);
	const note = `${model.grid.branchCount} rows, all limited; ${share} % of the trades did not fit whole`;
	return { value, naive: fullFlowMicroseconds(model, next), note };
}

function measureLargePtdf(): Measurement {
	const isGiven = case2383File !== "";
	const grid = isGiven
		? new IndexedNetwork(parseMatpowerFile("case2383wp", readFileSync(case2383File, "latin1")))
		: new IndexedNetwork(sparseRandomNetwork(2383, 2896, 3));
	const value = medianOf(isQuick ? 1 : 3, () => buildPtdf(grid));
	return { value, note: isGiven ? "case2383wp" : "synthetic network of 2,383 buses and 2,896 branches" };
}

/** Limits tight enough to bind, demand and limits changed by up to 5 % for every solve. */
async function measureWarmDispatch(): Promise<Measurement> {
	const next = random(4);
	const grid = case300();
	const solver = await HighsLinearProgramSolver.load();
	const opf = new DcOptimalPowerFlow(new DcModel(grid), solver);
	const free = opf.solve();
	if (free.status !== "optimal") throw new Error(free.message);
	const limit = free.flowsMw.map((flow, branch) =>
		branch % 12 === 0 ? Math.abs(flow) * 0.95 + 10 : Math.abs(flow) * 1.3 + 30,
	);
	const demand = Float64Array.from(grid.network.buses, ({ demandMw, shuntMw }) => demandMw + shuntMw);
	const requests = Array.from({ length: 64 }, () => {
		const upMw = limit.map((mw) => mw * (0.975 + 0.05 * next()));
		return { limits: { upMw, downMw: upMw.slice() }, demandMw: demand.map((mw) => mw * (0.99 + 0.02 * next())) };
	});
	let binding = 0;
	let failed = 0;
	const solve = (target: DcOptimalPowerFlow, k: number) => {
		const result = target.solve(requests[k % requests.length]);
		if (result.status === "optimal") binding += result.binding.length;
		else failed++;
	};
	const solves = isQuick ? 200 : 1000;
	const value = microsecondsEach(solves, (k) => solve(opf, k)) / 1000;
	const perSolve = binding / (2 * solves - failed);
	const cold = medianOf(isQuick ? 5 : 15, () => solve(new DcOptimalPowerFlow(new DcModel(grid), solver), 0));
	const note = `demand and every limit changed each time, ${perSolve.toFixed(1)} binding on average${failed ? `, ${failed} infeasible` : ""}`;
	return { value, naive: cold, note };
}

function case300(): IndexedNetwork {
	const path = join(import.meta.dirname, "../../../data/cases/case300.json");
	return new IndexedNetwork(parseMatpowerJson("case300", readFileSync(path, "utf8")));
}

function buildPtdf(grid: IndexedNetwork): void {
	new Ptdf(new DcModel(grid));
}

function fullFlowMicroseconds(model: DcModel, next: () => number): number {
	const injections = model.injectionsMw();
	return microsecondsEach(isQuick ? 500 : 3000, () => {
		const [sell, buy] = [Math.floor(next() * injections.length), Math.floor(next() * injections.length)];
		injections[sell] = (injections[sell] as number) + 1;
		injections[buy] = (injections[buy] as number) - 1;
		model.flowsMw(injections);
	});
}

/** Median over batches, after as many runs to warm up: a batch that another process interrupted does not count. */
function microsecondsEach(times: number, run: (k: number) => void): number {
	for (let k = 0; k < times; k++) run(k);
	const batch = Math.max(1, Math.floor(times / BATCHES));
	const each: number[] = [];
	for (let first = 0; first < times; first += batch) {
		const start = performance.now();
		for (let k = first; k < first + batch; k++) run(k);
		each.push(((performance.now() - start) * 1000) / batch);
	}
	return each.sort((one, other) => one - other)[Math.floor(each.length / 2)] as number;
}

function medianOf(times: number, run: () => void): number {
	run();
	const milliseconds = Array.from({ length: times }, () => {
		const start = performance.now();
		run();
		return performance.now() - start;
	});
	return milliseconds.sort((a, b) => a - b)[Math.floor(times / 2)] as number;
}

/** Park and Miller's generator: the same run every time. */
function random(seed: number): () => number {
	let state = seed;
	return () => {
		state = (state * 48_271) % 2_147_483_647;
		return state / 2_147_483_647;
	};
}
