/**
 * The grid measured: check and commit of a trade, distribution factors, re-solved dispatch; each in processes of its
 * own. Beside the validators a full DC power flow per trade runs as the naive way to do the same.
 *
 *   node scripts/bench/grid.ts [--json] [--quick] [--case2383 FILE]
 *
 * `--case2383` is MATPOWER's case2383wp.m, which may not be shipped here; without it a synthetic network of that size
 * stands in (same buses and branches, of the same sparsity), and the figure's note says so.
 */
import { execFileSync } from "node:child_process";
import { cpus } from "node:os";
import { join } from "node:path";
import { scriptOptions } from "../scriptOptions.ts";

const options = scriptOptions(import.meta.filename, {
	json: { type: "boolean", default: false },
	quick: { type: "boolean", default: false },
	case2383: { type: "string" },
});
const RUNS = options.quick ? 1 : 5;

type Measurement = { value: number; naive?: number; note?: string };
type Figure = {
	name: string;
	value: number;
	unit: string;
	better: "lower";
	target: number;
	peer: { name: string; value: number } | null;
	runs: number[];
	note?: string;
};

const figures = [
	figure("validator.thai.microsecondsPerTrade", "µs", 0.5, "full DC flow per trade"),
	figure("validator.case300.microsecondsPerTrade", "µs", 4, "full DC flow per trade"),
	figure("ptdf.case300.milliseconds", "ms", 100),
	figure("ptdf.case2383.milliseconds", "ms", 5000),
	figure("opf.case300.warmMilliseconds", "ms", 2, "solved from the start"),
];
print();

/** Runs of one figure, each in a new process. */
function figure(name: string, unit: string, target: number, peerName?: string): Figure {
	const script = join(import.meta.dirname, "grid", "measure.ts");
	const extra = [options.quick ? "quick" : "full", options.case2383 ?? ""];
	const results = Array.from({ length: RUNS }, () => {
		const output = execFileSync(process.execPath, ["--no-warnings", script, name, ...extra], { encoding: "utf8" });
		return JSON.parse(output.trim().split("\n").at(-1) as string) as Measurement;
	});
	const runs = results.map(({ value }) => value);
	const naive = results.flatMap(({ naive: value }) => (value === undefined ? [] : [value]));
	const note = results[0]?.note;
	return {
		name,
		value: median(runs),
		unit,
		better: "lower",
		target,
		peer: peerName === undefined || naive.length === 0 ? null : { name: peerName, value: median(naive) },
		runs,
		...(note === undefined ? {} : { note }),
	};
}

function print(): void {
	if (options.json) {
		const { model } = cpus()[0] ?? { model: "unknown" };
		const machine = { cpu: model, cores: cpus().length, node: process.version };
		process.stdout.write(`${JSON.stringify({ benchmark: "grid", machine, figures })}\n`);
		return;
	}
	for (const { name, value, unit, target, peer, note } of figures) {
		const beside = peer === null ? "" : `, ${peer.name} ${peer.value.toPrecision(3)} ${unit}`;
		const said = note === undefined ? "" : ` [${note}]`;
		process.stdout.write(
			`${name.padEnd(44)}${value.toPrecision(3).padStart(8)} ${unit} (aim ≤ ${target})${beside}${said}\n`,
		);
	}
}

function median(values: number[]): number {
	const sorted = [...values].sort((a, b) => a - b);
	return sorted[Math.floor(sorted.length / 2)] as number;
}
