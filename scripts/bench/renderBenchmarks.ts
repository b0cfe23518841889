/** What `bench:NAME -- --json` prints, with the day it was measured. */
export type BenchmarkReport = {
	benchmark: string;
	measuredOn: string;
	machine: Record<string, string | number>;
	figures: Figure[];
};

type Figure = {
	name: string;
	value: number;
	unit: string;
	better: "higher" | "lower";
	target: number | null;
	peer: { name: string; value: number } | null;
	runs: number[];
	note?: string;
};

const HEAD = `# Benchmarks

Written by \`npm run bench\`; do not edit. A value is the median of its runs, the peer was measured in the same run on the same
machine unless its name says where its figure was published. Machines are noisy: compare within a run, not between days.
`;

/** The page of all figures, with the targets that were missed named as such. */
export function renderBenchmarks(reports: readonly BenchmarkReport[]): string {
	return [HEAD, ...reports.map(section)].join("\n");
}

function section({ benchmark, measuredOn, machine, figures }: BenchmarkReport): string {
	const where = Object.entries(machine).map(([name, value]) => `${name} ${value}`);
	const rows = figures.map((figure) => `| ${cells(figure).join(" | ")} |`);
	const notes = figures.flatMap(({ name, note }) => (note === undefined ? [] : [`- \`${name}\`: ${note}`]));
	return [
		`## ${benchmark}`,
		"",
		`Measured ${measuredOn}; ${where.join(", ")}.`,
		"",
		"| figure | value | unit | target | | peer | peer's value | ratio | runs (least – most) |",
		"|---|--:|---|--:|---|---|--:|--:|--:|",
		...rows,
		"",
		...(notes.length === 0 ? [] : [...notes, ""]),
	].join("\n");
}

function cells({ name, value, unit, better, target, peer, runs }: Figure): string[] {
	const isMet = target === null || (better === "higher" ? value >= target : value <= target);
	const ratio = peer === null ? null : better === "higher" ? value / peer.value : peer.value / value;
	const spread = runs.length < 2 ? "" : `${number(Math.min(...runs))} – ${number(Math.max(...runs))}`;
	return [
		`\`${name}\``,
		number(value),
		unit,
		target === null ? "" : `${better === "higher" ? "≥" : "≤"} ${number(target)}`,
		target === null ? "" : isMet ? "met" : "**missed**",
		peer?.name ?? "",
		peer === null ? "" : number(peer.value),
		ratio === null ? "" : `${number(ratio)} ×`,
		spread,
	];
}

/** Whole numbers with separators from a thousand on, three digits below. */
function number(value: number): string {
	if (Math.abs(value) >= 1000) return Math.round(value).toLocaleString("en");
	return Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(3)));
}
