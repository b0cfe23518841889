type Labels = Record<string, string>;
type Kind = "counter" | "gauge" | "histogram";
type Family = { help: string; kind: Kind; series: Map<string, number | HistogramSeries> };
type HistogramSeries = { labels: Labels; counts: number[]; sum: number; count: number };

/** Seconds; the last bucket is open. */
const LATENCY_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10];
/** A label that grows without bound (an address, a hash) would eat the memory; such series are dropped. */
const MAX_SERIES = 500;

/** Counters, gauges and histograms in Prometheus' text format 0.0.4. Names carry their unit, `_total` for counters. */
export class Metrics {
	private readonly families = new Map<string, Family>();
	private readonly gauges = new Map<string, { help: string; read: () => number }>();

	count(name: string, help: string, labels: Labels = {}, by = 1): void {
		const { series } = this.family(name, help, "counter");
		const key = labelText(labels);
		const before = series.get(key);
		if (before === undefined && series.size >= MAX_SERIES) return;
		series.set(key, ((before as number | undefined) ?? 0) + by);
	}

	observeSeconds(name: string, help: string, seconds: number, labels: Labels = {}): void {
		const { series } = this.family(name, help, "histogram");
		const key = labelText(labels);
		let histogram = series.get(key) as HistogramSeries | undefined;
		if (histogram === undefined) {
			if (series.size >= MAX_SERIES) return;
			histogram = { labels, counts: LATENCY_BUCKETS.map(() => 0), sum: 0, count: 0 };
			series.set(key, histogram);
		}
		const bucket = LATENCY_BUCKETS.findIndex((limit) => seconds <= limit);
		if (bucket >= 0) histogram.counts[bucket] = (histogram.counts[bucket] as number) + 1;
		histogram.sum += seconds;
		histogram.count += 1;
	}

	/** Read when asked for. */
	gauge(name: string, help: string, read: () => number): void {
		this.gauges.set(name, { help, read });
	}

	text(): string {
		const lines: string[] = [];
		for (const [name, { help, read }] of this.gauges) {
			lines.push(`# HELP ${name} ${help}`, `# TYPE ${name} gauge`, `${name} ${read()}`);
		}
		for (const [name, { help, kind, series }] of this.families) {
			lines.push(`# HELP ${name} ${help}`, `# TYPE ${name} ${kind}`);
			for (const [key, value] of series) {
				if (typeof value === "number") lines.push(`${name}${key} ${value}`);
				else lines.push(...histogramLines(name, value));
			}
		}
		return `${lines.join("\n")}\n`;
	}

	private family(name: string, help: string, kind: Kind): Family {
		let family = this.families.get(name);
		if (family === undefined) {
			family = { help, kind, series: new Map() };
			this.families.set(name, family);
		}
		if (family.kind !== kind) throw new Error(`metric ${name} is a ${family.kind}`);
		return family;
	}
}

function histogramLines(name: string, { labels, counts, sum, count }: HistogramSeries): string[] {
	const lines: string[] = [];
	let below = 0;
	for (const [index, limit] of LATENCY_BUCKETS.entries()) {
		below += counts[index] as number;
		lines.push(`${name}_bucket${labelText({ ...labels, le: String(limit) })} ${below}`);
	}
	lines.push(`${name}_bucket${labelText({ ...labels, le: "+Inf" })} ${count}`);
	lines.push(`${name}_sum${labelText(labels)} ${sum}`, `${name}_count${labelText(labels)} ${count}`);
	return lines;
}

function labelText(labels: Labels): string {
	const entries = Object.entries(labels);
	if (entries.length === 0) return "";
	const quoted = entries.map(
		([name, value]) => `${name}="${value.replace(/[\\"\n]/g, (c) => (c === "\n" ? "\\n" : `\\${c}`))}"`,
	);
	return `{${quoted.join(",")}}`;
}
