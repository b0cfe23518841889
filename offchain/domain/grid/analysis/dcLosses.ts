import type { DcModel } from "./DcModel.ts";

export type DcLosses = {
	/** Σ r·f²/base, MW. */
	lossMw: number;
	/** Change of the loss, MW, per MW injected at each bus and withdrawn at the reference. */
	marginalByBus: Float64Array;
};

/** Quadratic loss of the linear power flow at 1 p.u. voltage, and its slope by bus. */
export function dcLosses(model: DcModel, flowsMw: ArrayLike<number>): DcLosses {
	const { grid } = model;
	const { baseMva, branches } = grid.network;
	let lossMw = 0;
	/** One solve with the branches' slopes as injections gives Σ slope·PTDF for all buses, since B is symmetric. */
	const slopes = new Float64Array(grid.busCount);
	branches.forEach(({ resistancePu }, branch) => {
		if (!grid.isInService[branch]) return;
		const flow = flowsMw[branch] as number;
		lossMw += (resistancePu * flow * flow) / baseMva;
		const slope = ((2 * resistancePu * flow) / baseMva) * (grid.susceptancePu[branch] as number);
		const from = grid.fromBus[branch] as number;
		const to = grid.toBus[branch] as number;
		slopes[from] = (slopes[from] as number) + slope;
		slopes[to] = (slopes[to] as number) - slope;
	});
	return { lossMw, marginalByBus: model.solve(slopes) };
}
