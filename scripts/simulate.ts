/**
 * `node scripts/simulate.ts`: engine, application and reconciliation under seeds, with faults; each run is checked.
 *
 *   --seeds N      how many seeds (100)
 *   --seed S       the first one (1); with --seeds 1 one run is repeated exactly
 *   --canary NAME  with a planted bug, until it is caught; "all" for each of them
 *   --workers N    processes (one less than this machine has cores)
 *   --json         one JSON object at the end
 */
import { fork } from "node:child_process";
import { availableParallelism } from "node:os";
import { CANARIES } from "../test/simulation/canaries.ts";
import { FAULT_KINDS, type FaultKind } from "../test/simulation/faults.ts";
import { runSeed, type SeedResult } from "../test/simulation/runSeed.ts";
import { scriptOptions, wholeNumber } from "./scriptOptions.ts";

type Report = Omit<SeedResult, "tally"> & { happened: [FaultKind, number][]; chances: [FaultKind, number][] };

const values = scriptOptions(import.meta.filename, {
	seeds: { type: "string", default: "100" },
	seed: { type: "string", default: "1" },
	canary: { type: "string" },
	workers: { type: "string", default: String(Math.max(1, availableParallelism() - 1)) },
	json: { type: "boolean", default: false },
});
const seeds = wholeNumber("seeds", values.seeds, 1);
const firstSeed = wholeNumber("seed", values.seed, 0);

if (process.send !== undefined) await serve();
else if (values.canary === undefined) await simulate();
else await catchCanaries(values.canary === "all" ? Object.keys(CANARIES) : [values.canary]);

/** A child process: one seed per message. */
async function serve(): Promise<void> {
	process.on("message", async (seed: number) => {
		const { tally, ...result } = await runSeed(seed);
		const report: Report = { ...result, happened: [...tally.happened], chances: [...tally.chances] };
		process.send?.(report);
	});
	await new Promise((resolve) => process.once("disconnect", resolve));
}

async function simulate(): Promise<void> {
	const startedAt = performance.now();
	const failures: { seed: number; problems: string[] }[] = [];
	const happened = new Map<FaultKind, number>();
	const chances = new Map<FaultKind, number>();
	const sums = {
		events: 0,
		inputs: 0,
		acknowledged: 0,
		trades: 0,
		trims: 0,
		settledWindows: 0,
		reorganisations: 0,
		restarts: 0,
	};
	let done = 0;
	await runAll((report) => {
		done += 1;
		if (report.problems.length > 0) {
			failures.push({ seed: report.seed, problems: report.problems });
			console.error(`seed ${report.seed}: ${report.problems.join("; ").slice(0, 2_000)}`);
		}
		for (const [kind, count] of report.happened) happened.set(kind, (happened.get(kind) ?? 0) + count);
		for (const [kind, count] of report.chances) chances.set(kind, (chances.get(kind) ?? 0) + count);
		for (const [name, value] of Object.entries({ events: report.events, ...report.facts })) {
			sums[name as keyof typeof sums] += value;
		}
		if (!values.json && done % 100 === 0) console.log(`${done} of ${seeds} seeds, ${failures.length} failed`);
	});
	const seconds = (performance.now() - startedAt) / 1000;
	if (values.json) {
		const faults = Object.fromEntries([...happened].map(([kind, count]) => [kind, { count, of: chances.get(kind) }]));
		console.log(JSON.stringify({ seeds, firstSeed, failures, seconds, ...sums, faults }));
	} else {
		console.log(`\n${"fault".padEnd(18)}${"happened".padStart(10)}${"per 1000".padStart(10)}   what it does`);
		for (const [kind, what] of Object.entries(FAULT_KINDS) as [FaultKind, string][]) {
			const count = happened.get(kind) ?? 0;
			const rate = ((1000 * count) / Math.max(1, chances.get(kind) ?? 0)).toFixed(1);
			console.log(`${kind.padEnd(18)}${String(count).padStart(10)}${rate.padStart(10)}   ${what}`);
		}
		console.log(
			`\n${Object.entries(sums)
				.map(([name, value]) => `${name} ${value}`)
				.join(", ")}`,
		);
		console.log(`${seeds} seeds from ${firstSeed} in ${seconds.toFixed(0)} s: ${failures.length} failed`);
	}
	process.exitCode = failures.length === 0 ? 0 : 1;
}

/** Spreads the seeds over processes. */
async function runAll(take: (report: Report) => void): Promise<void> {
	let next = firstSeed;
	const last = firstSeed + seeds - 1;
	const worker = () =>
		new Promise<void>((resolve, reject) => {
			const child = fork(import.meta.filename, { stdio: "inherit" });
			const give = (): void => {
				if (next > last) child.disconnect();
				else child.send(next++);
			};
			child.on("message", (report: Report) => {
				take(report);
				give();
			});
			child.once("exit", (code) =>
				code === 0 ? resolve() : reject(new Error(`a simulation ended with code ${code}`)),
			);
			give();
		});
	await Promise.all(Array.from({ length: Math.min(seeds, Number(values.workers)) }, worker));
}

async function catchCanaries(names: string[]): Promise<void> {
	const results: { canary: string; seed: number | null; tries: number; problem: string }[] = [];
	for (const canary of names) {
		const planted = CANARIES[canary];
		if (planted === undefined) throw new Error(`no canary ${canary}; there are ${Object.keys(CANARIES).join(", ")}`);
		let found: SeedResult | null = null;
		let tries = 0;
		while (found === null && tries < seeds) {
			const result = await runSeed(firstSeed + tries, planted);
			tries += 1;
			if (result.problems.length > 0) found = result;
		}
		results.push({ canary, seed: found?.seed ?? null, tries, problem: found?.problems[0] ?? "" });
		if (values.json) continue;
		console.log(
			found === null
				? `${canary}: NOT CAUGHT in ${tries} seeds (${planted.what})`
				: `${canary}: caught by seed ${found.seed} (try ${tries}): ${found.problems[0]}`,
		);
	}
	if (values.json) console.log(JSON.stringify({ canaries: results }));
	process.exitCode = results.every(({ seed }) => seed !== null) ? 0 : 1;
}
