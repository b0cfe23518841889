import type { DcModel } from "../../domain/grid/analysis/DcModel.ts";
import { NodalHeadroom } from "../../domain/grid/NodalHeadroom.ts";
import { NodalLimits } from "../../domain/grid/NodalLimits.ts";
import { thermalLimitsMw } from "../../domain/grid/opf/flowLimitsMw.ts";
import { baseFlowsMw, requireOptimal, solveDispatch } from "./baseFlows.ts";
import { explained } from "./gridFailure.ts";
import { loadModel, readText } from "./loadCase.ts";
import { parseTrades } from "./parseTrades.ts";
import { finiteOrNull, printResult, shown } from "./printResult.ts";

export async function reportOptimum(path: string, isJson: boolean): Promise<void> {
	const model = loadModel(path);
	const { objective, priceByBus, dispatchMw, binding } = requireOptimal(await solveDispatch(model));
	const { buses, branches, generators } = model.grid.network;
	// Nothing can be bought at an isolated bus: 0, as MATPOWER leaves it.
	const lmp = buses.map(({ number }, bus) => ({
		bus: number,
		price: model.grid.isIsolated[bus] ? 0 : (priceByBus[bus] as number),
	}));
	const full = binding.map(({ branch, limitMw, shadowPrice }) => ({
		from: branches[branch]?.from as number,
		to: branches[branch]?.to as number,
		limitMW: limitMw,
		shadowPrice,
	}));
	printResult(isJson, { objective, lmp, binding: full, dispatchMW: Array.from(dispatchMw) }, () => [
		`Cheapest dispatch costs ${shown(objective, 2)} per hour`,
		{
			headings: ["generator", "bus", "MW"],
			rows: generators.map(({ bus }, index) => [index + 1, bus, shown(dispatchMw[index] as number)]),
		},
		"",
		{ headings: ["bus", "price per MWh"], rows: lmp.map(({ bus, price }) => [bus, shown(price, 4)]) },
		"",
		"Binding limits",
		{
			headings: ["from", "to", "limit MW", "worth per MW"],
			rows: full.map(({ from, to, limitMW, shadowPrice }) => [from, to, shown(limitMW, 1), shown(shadowPrice, 4)]),
		},
	]);
}

export type TradeOptions = { seller: number; buyer: number; atOpf?: boolean };

export async function reportTrade(path: string, options: TradeOptions, isJson: boolean): Promise<void> {
	const model = loadModel(path);
	const seller = busIndex(model, options.seller);
	const buyer = busIndex(model, options.buyer);
	const optimum = await solveDispatch(model);
	const base = options.atOpf ? requireOptimal(optimum).flowsMw : model.flowsMw(model.injectionsMw());
	const headroom = new NodalHeadroom(new NodalLimits(model), base);
	const isCutOff = isAtIsolatedBus(model, seller, buyer);
	const { admittedMw, limitingRow } = headroom.admit(seller, buyer, isCutOff ? 0 : Number.POSITIVE_INFINITY);
	const branch = model.grid.network.branches[limitingRow];
	const prices = optimum.status === "optimal" && !isCutOff ? optimum.priceByBus : null;
	const result = {
		maxMW: finiteOrNull(admittedMw),
		limiting: branch ? { from: branch.from, to: branch.to } : null,
		lossDeltaMWPer1MW: headroom.lossOf(seller, buyer, 1),
		priceSpread: prices && (prices[buyer] as number) - (prices[seller] as number),
	};
	printResult(isJson, result, () => [
		`Largest trade from bus ${options.seller} to bus ${options.buyer}  ${result.maxMW === null ? "no limit" : `${shown(result.maxMW)} MW`}`,
		`Limiting branch  ${result.limiting ? `${result.limiting.from}–${result.limiting.to}` : isCutOff ? "none: the bus is isolated" : "none"}`,
		`Loss added by 1 MW  ${shown(result.lossDeltaMWPer1MW, 6)} MW`,
		`Price at the buyer less price at the seller  ${shown(result.priceSpread, 4)}`,
	]);
}

export type AdmitOptions = { trades: string; policy: "reject" | "clip"; ratingScale: number; atOpf?: boolean };

export async function reportAdmission(path: string, options: AdmitOptions, isJson: boolean): Promise<void> {
	const model = loadModel(path);
	const trades = parseTrades(readText(options.trades, "GRID_TRADES_UNREADABLE"), options.trades).map((trade) => ({
		...trade,
		sellBus: busIndex(model, trade.seller),
		buyBus: busIndex(model, trade.buyer),
	}));
	const base = await baseFlowsMw(model, options.atOpf === true);
	const limits = new NodalLimits(model, thermalLimitsMw(model.grid, options.ratingScale));
	const headroom = new NodalHeadroom(limits, base);
	const admissions = trades.map(({ sellBus, buyBus, mw }) =>
		headroom.take(sellBus, buyBus, isAtIsolatedBus(model, sellBus, buyBus) ? 0 : mw, options.policy === "clip"),
	);
	const accepted = admissions.map(({ admittedMw }) => admittedMw);
	const flowsMW = Array.from(headroom.flowsMw());
	const { branches } = model.grid.network;
	printResult(isJson, { accepted, flowsMW }, () => [
		{
			headings: ["seller", "buyer", "wanted MW", "accepted MW", "limited by"],
			rows: trades.map(({ seller, buyer, mw }, index) => {
				const branch = branches[admissions[index]?.limitingRow as number];
				const limit = branch ? `${branch.from}–${branch.to}` : "";
				return [seller, buyer, shown(mw), shown(accepted[index] as number), limit];
			}),
		},
		"",
		{
			headings: ["from", "to", "flow MW", "limit MW"],
			rows: branches.map(({ from, to }, branch) => [
				from,
				to,
				shown(flowsMW[branch] as number),
				shown(finiteOrNull(limits.upMw[branch] as number), 1),
			]),
		},
	]);
}

/** Nothing gets to or from an isolated bus, whatever room the branches have. */
function isAtIsolatedBus({ grid }: DcModel, seller: number, buyer: number): boolean {
	return seller !== buyer && (grid.isIsolated[seller] === 1 || grid.isIsolated[buyer] === 1);
}

function busIndex(model: DcModel, number: number): number {
	return explained(() => model.grid.busIndex(number));
}
