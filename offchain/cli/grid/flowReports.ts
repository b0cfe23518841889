import { acPowerFlow } from "../../domain/grid/analysis/acPowerFlow.ts";
import { dcLosses } from "../../domain/grid/analysis/dcLosses.ts";
import { outagePairs } from "../../domain/grid/analysis/outagePairs.ts";
import { Ptdf } from "../../domain/grid/analysis/Ptdf.ts";
import type { IndexedNetwork } from "../../domain/grid/network/IndexedNetwork.ts";
import { thermalLimitsMw } from "../../domain/grid/opf/flowLimitsMw.ts";
import { EXIT } from "../CliError.ts";
import { gridFailure } from "./gridFailure.ts";
import { isThaiNetwork, loadCase, loadFactorModel, loadModel } from "./loadCase.ts";
import { finiteOrNull, printResult, shown } from "./printResult.ts";

export function reportFlow(path: string, isJson: boolean): void {
	const model = loadModel(path);
	const flows = model.flowsMw(model.injectionsMw());
	const limits = thermalLimitsMw(model.grid).upMw;
	const branches = model.grid.network.branches.map(({ from, to }, branch) => {
		const flowMW = flows[branch] as number;
		const limitMW = finiteOrNull(limits[branch] as number);
		return { from, to, flowMW, limitMW, loading: limitMW === null ? null : Math.abs(flowMW) / limitMW };
	});
	const slackBus = slackOf(model.grid);
	printResult(isJson, { branches, slackBus }, () => [
		`DC power flow, slack bus ${slackBus}`,
		{
			headings: ["from", "to", "flow MW", "limit MW", "loading %"],
			rows: branches.map(({ from, to, flowMW, limitMW, loading }) => [
				from,
				to,
				shown(flowMW),
				shown(limitMW, 1),
				shown(loading === null ? null : 100 * loading, 1),
			]),
		},
	]);
}

export function reportPtdf(path: string, isJson: boolean): void {
	const model = loadFactorModel(path);
	const ptdf = new Ptdf(model);
	const buses = model.grid.network.buses.map(({ number }) => number);
	const branches = pairs(model.grid);
	const rows = branches.map((_, branch) => Array.from(ptdf.row(branch)));
	printResult(isJson, { buses, branches, ptdf: rows }, () => [
		`MW on each branch per MW injected at a bus and withdrawn at bus ${slackOf(model.grid)}`,
		{
			headings: ["from", "to", ...buses.map((bus) => `bus ${bus}`)],
			rows: branches.map(([from, to], branch) => [from, to, ...(rows[branch] ?? []).map((value) => shown(value, 4))]),
		},
	]);
}

export function reportOutages(path: string, count: number, isJson: boolean): void {
	const model = loadModel(path);
	const flows = model.flowsMw(model.injectionsMw());
	const { worst, splitting } = outagePairs(model, flows, thermalLimitsMw(model.grid).upMw, count);
	const branch = (index: number) => pairs(model.grid)[index] as [number, number];
	const found = worst.map(({ outage, monitored, flowMw, limitMw, loading }) => ({
		outage: branch(outage),
		monitored: branch(monitored),
		flowMW: flowMw,
		limitMW: limitMw,
		loading,
	}));
	printResult(isJson, { pairs: found, splitting: splitting.map(branch) }, () => [
		`Worst pairs after a single outage (${splitting.length} outages would split the network)`,
		{
			headings: ["outage", "overloaded", "flow MW", "limit MW", "loading %"],
			rows: found.map(({ outage, monitored, flowMW, limitMW, loading }) => [
				outage.join("–"),
				monitored.join("–"),
				shown(flowMW),
				shown(limitMW, 1),
				shown(100 * loading, 1),
			]),
		},
	]);
}

export function reportLosses(path: string, isJson: boolean): void {
	const model = loadModel(path);
	const { lossMw, marginalByBus } = dcLosses(model, model.flowsMw(model.injectionsMw()));
	const buses = model.grid.network.buses.map(({ number }, bus) => ({
		bus: number,
		marginalLossFactor: marginalByBus[bus] as number,
	}));
	printResult(isJson, { lossMW: lossMw, buses }, () => [
		`Quadratic DC loss ${shown(lossMw, 4)} MW; marginal factors against bus ${slackOf(model.grid)}`,
		{
			headings: ["bus", "MW lost per MW injected"],
			rows: buses.map(({ bus, marginalLossFactor }) => [bus, shown(marginalLossFactor, 6)]),
		},
	]);
}

export function reportPowerFlow(path: string, isJson: boolean): void {
	const grid = loadCase(path);
	if (isThaiNetwork(grid)) {
		throw gridFailure("GRID_CASE_REFUSED", "the Thai network has relative reactances only: no AC power flow");
	}
	const { converged, iterations, lossMw, voltagePu, angleRadians, mismatchPu } = acPowerFlow(grid);
	if (!converged) {
		const left = `${mismatchPu.toExponential(1)} p.u. unbalanced after ${iterations} iterations`;
		throw gridFailure("GRID_POWER_FLOW_DIVERGED", `the AC power flow did not converge: ${left}`, EXIT.refused, {
			converged,
			iterations,
			lossMW: null,
			buses: [],
		});
	}
	const buses = grid.network.buses.map(({ number }, bus) => ({
		bus: number,
		vm: voltagePu[bus] as number,
		vaDeg: ((angleRadians[bus] as number) * 180) / Math.PI,
	}));
	printResult(isJson, { converged, iterations, lossMW: lossMw, buses }, () => [
		`AC power flow converged in ${iterations} iterations, loss ${shown(lossMw, 4)} MW`,
		{
			headings: ["bus", "voltage p.u.", "angle °"],
			rows: buses.map(({ bus, vm, vaDeg }) => [bus, shown(vm, 5), shown(vaDeg, 4)]),
		},
	]);
}

function slackOf(grid: IndexedNetwork): number {
	return grid.network.buses[grid.referenceBus]?.number as number;
}

function pairs(grid: IndexedNetwork): [number, number][] {
	return grid.network.branches.map(({ from, to }) => [from, to]);
}
