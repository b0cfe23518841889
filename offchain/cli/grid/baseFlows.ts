import type { DcModel } from "../../domain/grid/analysis/DcModel.ts";
import { DcOptimalPowerFlow, type DispatchResult } from "../../domain/grid/opf/DcOptimalPowerFlow.ts";
import { HighsLinearProgramSolver } from "../../infrastructure/grid/HighsLinearProgramSolver.ts";
import { gridFailure } from "./gridFailure.ts";

type Optimal = Extract<DispatchResult, { status: "optimal" }>;

export async function solveDispatch(model: DcModel): Promise<DispatchResult> {
	return new DcOptimalPowerFlow(model, await HighsLinearProgramSolver.load()).solve();
}

export function requireOptimal(result: DispatchResult): Optimal {
	if (result.status === "refused") throw gridFailure(result.code, result.message);
	return result;
}

/** What trades come on top of: the case's own dispatch, or the cheapest one. */
export async function baseFlowsMw(model: DcModel, isAtOptimum: boolean): Promise<Float64Array> {
	if (!isAtOptimum) return model.flowsMw(model.injectionsMw());
	return requireOptimal(await solveDispatch(model)).flowsMw;
}
