import { EXIT } from "../CliError.ts";
import { gridFailure } from "./gridFailure.ts";

export type RequestedTrade = { seller: number; buyer: number; mw: number };

const COLUMNS = ["seller", "buyer", "mw"] as const;
const MAX_TRADES = 1_000_000;

/** Trades from CSV with the columns seller, buyer and mw, in any order; refused with the line of the first fault. */
export function parseTrades(text: string, path: string): RequestedTrade[] {
	const lines = text.split(/\r?\n/);
	const refuse = (line: number, what: string) =>
		gridFailure("GRID_TRADES_REFUSED", `${path}, line ${line}: ${what}`, EXIT.usage);
	const headings = cells(lines[0] ?? "").map((heading) => heading.toLowerCase());
	const at = COLUMNS.map((column) => headings.indexOf(column));
	const missing = COLUMNS.filter((_, index) => (at[index] as number) < 0);
	if (missing.length > 0) throw refuse(1, `no column ${missing.join(", ")}`);
	if (lines.length > MAX_TRADES) throw refuse(MAX_TRADES, "too many trades");
	return lines.slice(1).flatMap((line, index) => {
		if (line.trim() === "") return [];
		const values = cells(line);
		const [seller, buyer, mw] = at.map((column) => numberOf(values[column])) as [number, number, number];
		const number = index + 2;
		if (!Number.isInteger(seller))
			throw refuse(number, `seller "${values[at[0] as number] ?? ""}" is not a bus number`);
		if (!Number.isInteger(buyer)) throw refuse(number, `buyer "${values[at[1] as number] ?? ""}" is not a bus number`);
		if (!(mw >= 0 && Number.isFinite(mw)))
			throw refuse(number, `"${values[at[2] as number] ?? ""}" is not an amount in MW`);
		return [{ seller, buyer, mw }];
	});
}

function cells(line: string): string[] {
	return line.split(",").map((cell) => cell.trim().replace(/^"(.*)"$/, "$1"));
}

function numberOf(cell: string | undefined): number {
	return cell === undefined || cell === "" ? Number.NaN : Number(cell);
}
