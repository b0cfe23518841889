import type { IndexedNetwork } from "../network/IndexedNetwork.ts";
import { SparseMatrix } from "./SparseMatrix.ts";

const RADIANS = Math.PI / 180;

/** The bus admittance matrix in per unit, real and imaginary part with the same pattern; MATPOWER's π model with tap and shift at the from end. */
export type AcAdmittance = { conductance: SparseMatrix; susceptance: SparseMatrix };

export function acAdmittance(grid: IndexedNetwork): AcAdmittance {
	const rows: number[] = [];
	const columns: number[] = [];
	const real: number[] = [];
	const imaginary: number[] = [];
	const put = (row: number, column: number, g: number, b: number) => {
		rows.push(row);
		columns.push(column);
		real.push(g);
		imaginary.push(b);
	};
	const { network, fromBus, toBus } = grid;
	network.buses.forEach(({ shuntMw, shuntMvar }, bus) => {
		put(bus, bus, shuntMw / network.baseMva, shuntMvar / network.baseMva);
	});
	network.branches.forEach(({ resistancePu: r, reactancePu: x, chargingPu, tapRatio, shiftDegrees }, branch) => {
		if (!grid.isInService[branch]) return;
		const from = fromBus[branch] as number;
		const to = toBus[branch] as number;
		const magnitude = r * r + x * x;
		const g = r / magnitude;
		const b = -x / magnitude;
		const tap = tapRatio === 0 ? 1 : tapRatio;
		const cos = Math.cos(shiftDegrees * RADIANS) / tap;
		const sin = Math.sin(shiftDegrees * RADIANS) / tap;
		put(to, to, g, b + chargingPu / 2);
		put(from, from, g / (tap * tap), (b + chargingPu / 2) / (tap * tap));
		// −y/conj(t) and −y/t for the ratio t = tap·e^(j·shift).
		put(from, to, -(g * cos - b * sin), -(g * sin + b * cos));
		put(to, from, -(g * cos + b * sin), -(b * cos - g * sin));
	});
	return {
		conductance: SparseMatrix.fromTriplets(grid.busCount, rows, columns, real),
		susceptance: SparseMatrix.fromTriplets(grid.busCount, rows, columns, imaginary),
	};
}
