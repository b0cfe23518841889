/**
 * The matching engine measured, each part in a process of its own, with nodejs-order-book beside it on the same stream.
 *
 *   node scripts/bench/engine.ts [--json] [--quick]
 */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { cpus } from "node:os";
import { join } from "node:path";
import { scriptOptions } from "../scriptOptions.ts";

const options = scriptOptions(import.meta.filename, {
	json: { type: "boolean", default: false },
	quick: { type: "boolean", default: false },
});
const RUNS = options.quick ? 1 : 3;
const OPERATIONS = options.quick ? 200_000 : 1_000_000;
const RESTING = options.quick ? [10_000, 100_000, 1_000_000] : [10_000, 100_000, 1_000_000, 10_000_000];
const PEER = `nodejs-order-book@${peerVersion()}`;

type Result = Record<string, number>;
type Figure = {
	name: string;
	value: number;
	unit: string;
	better: "higher" | "lower";
	target: number | null;
	peer: { name: string; value: number } | null;
	runs: number[];
};
const figures: Figure[] = [];

const [plain, plainPeer] = measuredByTurns("plain", "plainPeer");
const [books, booksPeer] = measuredByTurns("books960", "books960Peer");
figure("plain.opsPerSecond", "1/s", "higher", plain, "opsPerSecond", { peer: plainPeer, factor: 60 });
figure("plain.opsPerCpuSecond", "1/s", "higher", plain, "opsPerCpuSecond", { peer: plainPeer });
figure("plain.p50Nanoseconds", "ns", "lower", plain, "p50", { peer: plainPeer });
figure("plain.p99Nanoseconds", "ns", "lower", plain, "p99", { peer: plainPeer });
figure("plain.p999Nanoseconds", "ns", "lower", plain, "p999", { peer: plainPeer, factor: 1 / 50 });
figure("books960.opsPerSecond", "1/s", "higher", books, "opsPerSecond", { peer: booksPeer, factor: 15 });
figure("books960.opsPerCpuSecond", "1/s", "higher", books, "opsPerCpuSecond", { peer: booksPeer });
const [full, full96] = measuredByTurns("full", "full96");
figure("full.opsPerSecond", "1/s", "higher", full, "opsPerSecond", { target: 2_000_000 });
figure("full.opsPerCpuSecond", "1/s", "higher", full, "opsPerCpuSecond");
figure("full.opsPerSecondAllGarbage", "1/s", "higher", full, "opsPerSecondAllGarbage");
figure("full.p50Nanoseconds", "ns", "lower", full, "p50");
figure("full.p99Nanoseconds", "ns", "lower", full, "p99");
figure("full.p999Nanoseconds", "ns", "lower", full, "p999", { target: 10_000 });
figure("full96.opsPerSecond", "1/s", "higher", full96, "opsPerSecond");
const adversarial = measured("adversarial", 0, 1);
figure("adversarial.worstMilliseconds", "ms", "lower", adversarial, "worstMilliseconds", { target: 10 });
for (const name of Object.keys(adversarial[0] as Result).filter((key) => key.includes("."))) {
	const isRate = name.endsWith("PerSecond");
	figure(`adversarial.${name}`, isRate ? "1/s" : "ms", isRate ? "higher" : "lower", adversarial, name);
}
for (const orders of RESTING) {
	const resting = measured("resting", orders, 1);
	figure(`resting.nanosecondsAt${orders}`, "ns", "lower", resting, "nanoseconds");
	if (orders === 1_000_000) figure("resting.bytesPerOrder", "B", "lower", resting, "rssBytesPerOrder", { target: 100 });
}
const replay = measured("replay", 2 * OPERATIONS);
figure("replay.commandsPerSecond", "1/s", "higher", replay, "commandsPerSecond", { target: 500_000 });
print();

/** Two scenarios in turn, so that what else the machine does meets both alike. */
function measuredByTurns(one: string, other: string): [Result[], Result[]] {
	const results: [Result[], Result[]] = [[], []];
	for (let run = 0; run < RUNS; run++) {
		results[0].push(...measured(one, OPERATIONS, 1));
		results[1].push(...measured(other, OPERATIONS, 1));
	}
	return results;
}

/** Runs of one scenario, each in a new process. */
function measured(scenario: string, operations: number, runs = RUNS): Result[] {
	return Array.from({ length: runs }, () => {
		const script = join(import.meta.dirname, "engine", "measure.ts");
		const flags = ["--no-warnings", "--max-old-space-size=8192", script, scenario, String(operations)];
		const output = execFileSync(process.execPath, flags, { encoding: "utf8", maxBuffer: 1 << 24 });
		return JSON.parse(output.trim().split("\n").at(-1) as string) as Result;
	});
}

function figure(
	name: string,
	unit: string,
	better: Figure["better"],
	results: Result[],
	key: string,
	against: { peer?: Result[]; factor?: number; target?: number } = {},
): void {
	const runs = results.map((result) => result[key] as number);
	const peerValue = against.peer === undefined ? null : median(against.peer.map((result) => result[key] as number));
	const derived = against.factor !== undefined && peerValue !== null ? against.factor * peerValue : null;
	figures.push({
		name,
		value: median(runs),
		unit,
		better,
		target: against.target ?? derived,
		peer: peerValue === null ? null : { name: PEER, value: peerValue },
		runs,
	});
}

function print(): void {
	if (options.json) {
		const { model } = cpus()[0] ?? { model: "unknown" };
		const machine = { cpu: model, cores: cpus().length, node: process.version };
		process.stdout.write(`${JSON.stringify({ benchmark: "engine", machine, figures })}\n`);
		return;
	}
	for (const { name, value, unit, target, peer, better } of figures) {
		const aim = target === null ? "" : ` (aim ${better === "higher" ? "≥" : "≤"} ${shown(target)})`;
		const beside = peer === null ? "" : `, ${peer.name} ${shown(peer.value)}`;
		process.stdout.write(`${name.padEnd(44)}${shown(value).padStart(14)} ${unit}${aim}${beside}\n`);
	}
}

function shown(value: number): string {
	return value >= 100 ? Math.round(value).toLocaleString("en") : value.toPrecision(3);
}

function median(values: number[]): number {
	const sorted = [...values].sort((a, b) => a - b);
	return sorted[Math.floor(sorted.length / 2)] as number;
}

function peerVersion(): string {
	const path = join(import.meta.dirname, "..", "..", "node_modules", "nodejs-order-book", "package.json");
	return (JSON.parse(readFileSync(path, "utf8")) as { version: string }).version;
}
