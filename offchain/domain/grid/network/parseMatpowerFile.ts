import { evaluateMatlab, type MatlabScope } from "./matpower/evaluateMatlab.ts";
import type { MatlabValue } from "./matpower/MatlabMatrix.ts";
import { MatpowerSyntaxError } from "./matpower/MatpowerSyntaxError.ts";
import { matpowerCase } from "./matpowerCase.ts";
import type { NetworkCase } from "./NetworkCase.ts";
import { NetworkError } from "./NetworkError.ts";

/**
 * A MATPOWER case as published (`.m`, version 1 or 2), with the statements that bring its units to per unit and MW
 * carried out. Throws a `NetworkError` naming the line or the row.
 */
export function parseMatpowerFile(name: string, source: string): NetworkCase {
	const scope = evaluated(name, source);
	const field = (key: string) => scope.values.get(`${scope.resultName ?? "mpc"}.${key}`) ?? scope.values.get(key);
	const missing = ["baseMVA", "bus", "gen", "branch"].filter((key) => field(key)?.kind !== "matrix");
	if (missing.length > 0) {
		throw new NetworkError(
			name,
			missing.map((key) => `no ${key}`),
		);
	}
	return matpowerCase(name, {
		baseMva: rowsOf(field("baseMVA"))[0]?.[0] as number,
		bus: rowsOf(field("bus")),
		gen: rowsOf(field("gen")),
		branch: rowsOf(field("branch")),
		gencost: rowsOf(field("gencost")),
		busNames: textsOf(field("bus_name")),
	});
}

function evaluated(name: string, source: string): MatlabScope {
	try {
		return evaluateMatlab(source);
	} catch (error) {
		if (error instanceof MatpowerSyntaxError) throw new NetworkError(name, [error.message]);
		throw error;
	}
}

function rowsOf(value: MatlabValue | undefined): number[][] {
	if (value?.kind !== "matrix") return [];
	return Array.from({ length: value.rows }, (_, row) =>
		value.data.slice(row * value.columns, (row + 1) * value.columns),
	);
}

function textsOf(value: MatlabValue | undefined): string[] {
	if (value?.kind !== "cells") return [];
	return value.rows.flat().map((cell) => (cell.kind === "text" ? cell.text : ""));
}
