import type { DcModel } from "./DcModel.ts";

/** What a branch carries after the loss of another. */
export type OutagePair = { outage: number; monitored: number; flowMw: number; limitMw: number; loading: number };

export type OutageReport = {
	/** Highest loading first. */
	worst: OutagePair[];
	/** Branches whose loss splits the network: no flow exists to report. */
	splitting: number[];
};

const ISLANDING_TOLERANCE = 1e-8;
/** Least room kept before the list is sorted and cut. */
const SLACK = 4;

/** N-1 by the linear power flow: every outage against every branch with a limit; the `count` highest loadings. */
export function outagePairs(
	model: DcModel,
	flowsMw: Float64Array,
	limitsMw: Float64Array,
	count: number,
): OutageReport {
	const { grid } = model;
	const report: OutageReport = { worst: [], splitting: [] };
	let least = 0;
	for (let outage = 0; outage < grid.branchCount; outage++) {
		if (!grid.isInService[outage]) continue;
		const factors = outageFactorsOf(model, outage);
		if (factors === null) {
			report.splitting.push(outage);
			continue;
		}
		for (let monitored = 0; monitored < grid.branchCount; monitored++) {
			const limitMw = limitsMw[monitored] as number;
			if (monitored === outage || limitMw === Number.POSITIVE_INFINITY) continue;
			const flowMw = (flowsMw[monitored] as number) + (factors[monitored] as number) * (flowsMw[outage] as number);
			const loading = Math.abs(flowMw) / limitMw;
			if (loading > least) report.worst.push({ outage, monitored, flowMw, limitMw, loading });
		}
		if (report.worst.length > SLACK * count) least = keepWorst(report, count);
	}
	keepWorst(report, count);
	return report;
}

/** LODF of one outage by monitored branch (−1 for itself); null where it splits the network. */
export function outageFactorsOf(model: DcModel, outage: number): Float64Array | null {
	const { grid } = model;
	const transfer = new Float64Array(grid.busCount);
	transfer[grid.fromBus[outage] as number] = 1;
	transfer[grid.toBus[outage] as number] = -1;
	const angles = model.solve(transfer);
	const shares = Float64Array.from({ length: grid.branchCount }, (_, branch) => {
		const across =
			(angles[grid.fromBus[branch] as number] as number) - (angles[grid.toBus[branch] as number] as number);
		return (grid.susceptancePu[branch] as number) * across;
	});
	const stays = 1 - (shares[outage] as number);
	if (!grid.isInService[outage] || Math.abs(stays) < ISLANDING_TOLERANCE) return null;
	const factors = shares.map((share) => share / stays);
	factors[outage] = -1;
	return factors;
}

function keepWorst(report: OutageReport, count: number): number {
	report.worst.sort((one, other) => other.loading - one.loading);
	report.worst.length = Math.min(report.worst.length, count);
	return report.worst.length === count ? (report.worst[count - 1]?.loading ?? 0) : 0;
}
