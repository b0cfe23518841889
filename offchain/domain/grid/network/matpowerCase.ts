import type { Branch, Bus, BusType, Generator, GeneratorCost, NetworkCase } from "./NetworkCase.ts";
import { NetworkError } from "./NetworkError.ts";

/** MATPOWER's matrices, version 2, columns as in its manual (appendix B). */
export type MatpowerMatrices = {
	baseMva: number;
	bus: number[][];
	gen: number[][];
	branch: number[][];
	gencost: number[][];
	busNames: string[];
};

const LEAST_COLUMNS = { bus: 13, gen: 10, branch: 11, gencost: 5 } as const;
/** A branch without angle limits: version 1, or 0, or a full turn. */
const FULL_TURN_DEGREES = 360;

/** Throws a `NetworkError` naming every row that cannot be read; what the rows mean is checked by `validateNetwork`. */
export function matpowerCase(name: string, matrices: MatpowerMatrices): NetworkCase {
	const faults = (["bus", "gen", "branch", "gencost"] as const).flatMap((matrix) =>
		rowFaults(matrix, matrices[matrix]),
	);
	const costs = matrices.gencost.slice(0, matrices.gen.length).map((row, index) => cost(row, index, faults));
	if (matrices.bus.length === 0) faults.push("no buses");
	if (faults.length > 0) throw new NetworkError(name, faults);
	return {
		name,
		baseMva: matrices.baseMva,
		buses: matrices.bus.map((row, index) => bus(row, matrices.busNames[index])),
		generators: matrices.gen.map(generator),
		branches: matrices.branch.map(branch),
		costs,
	};
}

function rowFaults(matrix: keyof typeof LEAST_COLUMNS, rows: readonly number[][]): string[] {
	const least = LEAST_COLUMNS[matrix];
	return rows.flatMap((row, index) =>
		row.length < least ? [`${matrix} row ${index + 1}: ${row.length} columns, at least ${least} needed`] : [],
	);
}

function bus(row: readonly number[], name: string | undefined): Bus {
	const [number, type, demandMw, demandMvar, shuntMw, shuntMvar, , voltagePu, angleDegrees, baseKv, , max, min] = row;
	return {
		number: number as number,
		type: type as BusType,
		demandMw: demandMw as number,
		demandMvar: demandMvar as number,
		shuntMw: shuntMw as number,
		shuntMvar: shuntMvar as number,
		voltagePu: voltagePu as number,
		angleDegrees: angleDegrees as number,
		baseKv: baseKv as number,
		maxVoltagePu: max as number,
		minVoltagePu: min as number,
		...(name === undefined ? {} : { name }),
	};
}

function generator(row: readonly number[]): Generator {
	const [at, outputMw, outputMvar, maxMvar, minMvar, voltagePu, , status, maxMw, minMw] = row;
	return {
		bus: at as number,
		outputMw: outputMw as number,
		outputMvar: outputMvar as number,
		maxMvar: maxMvar as number,
		minMvar: minMvar as number,
		voltagePu: voltagePu as number,
		inService: (status as number) > 0,
		maxMw: maxMw as number,
		minMw: minMw as number,
	};
}

function branch(row: readonly number[]): Branch {
	const [from, to, resistancePu, reactancePu, chargingPu, ratingA, ratingB, ratingC, tap, shift, status] = row;
	const [least = -FULL_TURN_DEGREES, most = FULL_TURN_DEGREES] = row.slice(11);
	return {
		from: from as number,
		to: to as number,
		resistancePu: resistancePu as number,
		reactancePu: reactancePu as number,
		chargingPu: chargingPu as number,
		ratingAMva: ratingA as number,
		ratingBMva: ratingB as number,
		ratingCMva: ratingC as number,
		tapRatio: tap as number,
		shiftDegrees: shift as number,
		inService: status !== 0,
		...(least !== 0 && least > -FULL_TURN_DEGREES ? { minAngleDegrees: least } : {}),
		...(most !== 0 && most < FULL_TURN_DEGREES ? { maxAngleDegrees: most } : {}),
	};
}

function cost(row: readonly number[], index: number, faults: string[]): GeneratorCost {
	const name = `gencost row ${index + 1}`;
	const [model, , , count] = row as [number, number, number, number];
	const values = row.slice(4);
	const needed = model === 1 ? 2 * count : count;
	if (model !== 1 && model !== 2) faults.push(`${name}: unknown model ${model}`);
	else if (!(Number.isInteger(count) && count >= 1))
		faults.push(`${name}: ${count} ${model === 1 ? "points" : "terms"}`);
	else if (values.length < needed) faults.push(`${name}: ${values.length} of ${needed} values`);
	if (model !== 1) return { model: "polynomial", coefficients: values.slice(0, Math.max(0, needed)) };
	const points = Array.from({ length: Math.max(0, count) }, (_, k): [number, number] => [
		values[2 * k] as number,
		values[2 * k + 1] as number,
	]);
	return { model: "piecewise", points };
}
