/**
 * Runs the benchmarks one after the other and writes what they measured to docs/BENCHMARKS.md.
 *
 *   node scripts/bench.ts [--only engine,grid,gas,durable] [--quick]
 *
 * The last report of each is kept in .state/bench, so that one can be measured again without the others. `--quick` only
 * tries whether they run: it writes nothing.
 */
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type BenchmarkReport, renderBenchmarks } from "./bench/renderBenchmarks.ts";
import { scriptOptions } from "./scriptOptions.ts";

const NAMES = ["engine", "grid", "durable", "gas"];
/** Gas is counted, not timed: it has no short form. */
const HAS_SHORT_FORM = new Set(["engine", "grid", "durable"]);
const root = join(import.meta.dirname, "..");
const folder = join(root, ".state", "bench");

const options = scriptOptions(import.meta.filename, {
	only: { type: "string" },
	quick: { type: "boolean", default: false },
});
const wanted = options.only === undefined ? NAMES : options.only.split(",");
const unknown = wanted.filter((name) => !NAMES.includes(name));
if (unknown.length > 0) {
	console.error(`no such benchmark: ${unknown.join(", ")}; there are ${NAMES.join(", ")}`);
	process.exit(2);
}

mkdirSync(folder, { recursive: true });
const failed: string[] = [];
for (const name of wanted) {
	console.error(`bench:${name} …`);
	const started = performance.now();
	const report = await run(name);
	console.error(`bench:${name} ${report === null ? "FAILED" : "done"} (${seconds(started)} s)`);
	if (report === null) failed.push(name);
	else if (!options.quick) writeFileSync(join(folder, `${name}.json`), JSON.stringify(report));
}
if (!options.quick) {
	const reports = NAMES.map((name) => join(folder, `${name}.json`))
		.filter((path) => existsSync(path))
		.map((path) => JSON.parse(readFileSync(path, "utf8")) as BenchmarkReport);
	writeFileSync(join(root, "docs", "BENCHMARKS.md"), renderBenchmarks(reports));
	console.error("wrote docs/BENCHMARKS.md");
}
process.exit(failed.length === 0 ? 0 : 1);

/** The report on the last line of a benchmark's output; null where it failed. */
function run(name: string): Promise<BenchmarkReport | null> {
	const extent = options.quick && HAS_SHORT_FORM.has(name) ? ["--quick"] : [];
	const args = ["--no-warnings", join("scripts", "bench", `${name}.ts`), "--json", ...extent];
	const child = spawn(process.execPath, args, { cwd: root, stdio: ["ignore", "pipe", "inherit"] });
	let output = "";
	child.stdout.on("data", (data: Buffer) => {
		output += data.toString();
	});
	return new Promise((resolve) => {
		child.once("close", (code) => {
			const last = output.trim().split("\n").at(-1) ?? "";
			resolve(code === 0 ? { ...JSON.parse(last), measuredOn: new Date().toISOString().slice(0, 10) } : null);
		});
	});
}

function seconds(started: number): string {
	return ((performance.now() - started) / 1000).toFixed(0);
}
