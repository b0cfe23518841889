import { matpowerCase } from "./matpowerCase.ts";
import type { NetworkCase } from "./NetworkCase.ts";
import { NetworkError } from "./NetworkError.ts";

/**
 * A case as JSON with MATPOWER's field names and columns (`baseMVA`, `bus`, `gen`, `branch`, `gencost`, `bus_name`),
 * alone or under `mpc`. Infinite limits may be written "Inf". Throws a `NetworkError` naming every fault.
 */
export function parseMatpowerJson(name: string, text: string): NetworkCase {
	const root = parsed(name, text);
	const fields = (isRecord(root) && isRecord(root.mpc) ? root.mpc : root) as Record<string, unknown>;
	const faults: string[] = [];
	if (!isRecord(fields)) throw new NetworkError(name, ["not an object with baseMVA, bus, gen and branch"]);
	const matrix = (key: string, isRequired: boolean): number[][] => {
		const value = fields[key];
		if (value === undefined || value === null) {
			if (isRequired) faults.push(`no ${key}`);
			return [];
		}
		if (!Array.isArray(value)) {
			faults.push(`${key}: not rows of numbers`);
			return [];
		}
		// One row of a matrix comes as a plain list out of MATLAB's jsonencode.
		const rows = value.length > 0 && !Array.isArray(value[0]) ? [value] : (value as unknown[]);
		return rows.map((row, index) => numbers(`${key} row ${index + 1}`, row, faults));
	};
	const matrices = {
		baseMva: numbers("baseMVA", [fields.baseMVA], faults)[0] as number,
		bus: matrix("bus", true),
		gen: matrix("gen", true),
		branch: matrix("branch", true),
		gencost: matrix("gencost", false),
		busNames: Array.isArray(fields.bus_name) ? fields.bus_name.map(String) : [],
	};
	if (faults.length > 0) throw new NetworkError(name, faults);
	return matpowerCase(name, matrices);
}

function parsed(name: string, text: string): unknown {
	try {
		return JSON.parse(text);
	} catch (error) {
		throw new NetworkError(name, [`not JSON: ${(error as Error).message}`]);
	}
}

function isRecord(value: unknown): value is Record<string, unknown> {
	return typeof value === "object" && value !== null && !Array.isArray(value);
}

function numbers(where: string, row: unknown, faults: string[]): number[] {
	if (!Array.isArray(row)) {
		faults.push(`${where}: not a row of numbers`);
		return [];
	}
	return row.map((value: unknown, column) => {
		if (typeof value === "number") return value;
		const infinite = typeof value === "string" ? /^([+-]?)inf(?:inity)?$/i.exec(value) : null;
		if (infinite !== null) return infinite[1] === "-" ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
		faults.push(`${where}${row.length > 1 ? `, column ${column + 1}` : ""}: ${JSON.stringify(value)} is not a number`);
		return Number.NaN;
	});
}
