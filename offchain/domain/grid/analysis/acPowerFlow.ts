import type { IndexedNetwork } from "../network/IndexedNetwork.ts";
import { BUS_TYPES } from "../network/NetworkCase.ts";
import { type AcAdmittance, acAdmittance } from "./AcAdmittance.ts";
import { minimumDegreeOrder } from "./minimumDegreeOrder.ts";
import { SingularMatrixError, SparseLu } from "./SparseLu.ts";
import { SparseMatrix } from "./SparseMatrix.ts";

const RADIANS = Math.PI / 180;

export type AcPowerFlow = {
	converged: boolean;
	iterations: number;
	/** Largest power left unbalanced at a bus, p.u. */
	mismatchPu: number;
	voltagePu: Float64Array;
	angleRadians: Float64Array;
	/** Series losses of all branches. */
	lossMw: number;
	/** Injection at the reference bus that closes the balance: generation less demand there. */
	slackMw: number;
};

export type AcOptions = { tolerancePu?: number; maxIterations?: number };

/**
 * AC power flow by Newton's method in polar coordinates: voltage held at generator buses without regard to reactive
 * limits, one slack, start from the case's voltages; for meshed and radial networks. Tolerance and iterations are
 * MATPOWER's defaults. What does not converge is returned as such, never as an answer.
 */
export function acPowerFlow(grid: IndexedNetwork, options: AcOptions = {}): AcPowerFlow {
	const { tolerancePu = 1e-8, maxIterations = 10 } = options;
	const admittance = acAdmittance(grid);
	const { voltage, angle, isHeld, realPu, reactivePu } = start(grid);
	const unknowns = numberUnknowns(grid, isHeld);
	const real = new Float64Array(grid.busCount);
	const reactive = new Float64Array(grid.busCount);
	const right = new Float64Array(unknowns.size);
	let order: Int32Array | undefined;
	for (let iterations = 0; ; iterations++) {
		inject(admittance, voltage, angle, real, reactive);
		const mismatchPu = mismatch(unknowns, real, reactive, realPu, reactivePu, right);
		const converged = mismatchPu < tolerancePu;
		if (converged || iterations === maxIterations || !Number.isFinite(mismatchPu)) {
			const baseMva = grid.network.baseMva;
			return {
				converged,
				iterations,
				mismatchPu,
				voltagePu: voltage,
				angleRadians: angle,
				lossMw: lossMw(grid, voltage, angle),
				slackMw: (real[grid.referenceBus] as number) * baseMva,
			};
		}
		const jacobian = jacobianAt(admittance, unknowns, voltage, angle, real, reactive);
		order ??= minimumDegreeOrder(jacobian);
		try {
			new SparseLu(jacobian, order).solve(right);
		} catch (error) {
			// A voltage collapse: no step leads on from here.
			if (!(error instanceof SingularMatrixError)) throw error;
			right.fill(Number.NaN);
		}
		step(unknowns, voltage, angle, right);
	}
}

/** Where the angle and the voltage of a bus stand among the unknowns; −1 where they are given. */
type Unknowns = { size: number; angleAt: Int32Array; voltageAt: Int32Array };

function start(grid: IndexedNetwork) {
	const { buses, generators, baseMva } = grid.network;
	const voltage = Float64Array.from(buses, (bus) => bus.voltagePu);
	const angle = Float64Array.from(buses, (bus) => bus.angleDegrees * RADIANS);
	const realPu = Float64Array.from(buses, (bus) => -bus.demandMw / baseMva);
	const reactivePu = Float64Array.from(buses, (bus) => -bus.demandMvar / baseMva);
	const isHeld = new Uint8Array(grid.busCount);
	for (const { bus, inService, outputMw, outputMvar, voltagePu } of generators) {
		const at = grid.busIndex(bus);
		if (!inService || grid.isIsolated[at]) continue;
		realPu[at] = (realPu[at] as number) + outputMw / baseMva;
		reactivePu[at] = (reactivePu[at] as number) + outputMvar / baseMva;
		const type = buses[at]?.type;
		if (type !== BUS_TYPES.generator && type !== BUS_TYPES.reference) continue;
		isHeld[at] = 1;
		voltage[at] = voltagePu;
	}
	return { voltage, angle, isHeld, realPu, reactivePu };
}

function numberUnknowns(grid: IndexedNetwork, isHeld: Uint8Array): Unknowns {
	const angleAt = new Int32Array(grid.busCount).fill(-1);
	const voltageAt = new Int32Array(grid.busCount).fill(-1);
	let size = 0;
	for (let bus = 0; bus < grid.busCount; bus++) {
		if (bus === grid.referenceBus || grid.isIsolated[bus]) continue;
		angleAt[bus] = size++;
		if (!isHeld[bus]) voltageAt[bus] = size++;
	}
	return { size, angleAt, voltageAt };
}

/** Power into the network at every bus for the voltages. */
function inject(
	{ conductance, susceptance }: AcAdmittance,
	voltage: Float64Array,
	angle: Float64Array,
	real: Float64Array,
	reactive: Float64Array,
): void {
	real.fill(0);
	reactive.fill(0);
	const { columnStart, rowIndex, size } = conductance;
	for (let column = 0; column < size; column++) {
		for (let p = columnStart[column] as number; p < (columnStart[column + 1] as number); p++) {
			const row = rowIndex[p] as number;
			const g = conductance.values[p] as number;
			const b = susceptance.values[p] as number;
			const across = (angle[row] as number) - (angle[column] as number);
			const product = (voltage[row] as number) * (voltage[column] as number);
			const cos = Math.cos(across);
			const sin = Math.sin(across);
			real[row] = (real[row] as number) + product * (g * cos + b * sin);
			reactive[row] = (reactive[row] as number) + product * (g * sin - b * cos);
		}
	}
}

function mismatch(
	{ angleAt, voltageAt }: Unknowns,
	real: Float64Array,
	reactive: Float64Array,
	realPu: Float64Array,
	reactivePu: Float64Array,
	right: Float64Array,
): number {
	let largest = 0;
	for (let bus = 0; bus < angleAt.length; bus++) {
		const forAngle = angleAt[bus] as number;
		const forVoltage = voltageAt[bus] as number;
		if (forAngle >= 0) right[forAngle] = (realPu[bus] as number) - (real[bus] as number);
		if (forVoltage >= 0) right[forVoltage] = (reactivePu[bus] as number) - (reactive[bus] as number);
	}
	for (const value of right) {
		if (!Number.isFinite(value)) return Number.POSITIVE_INFINITY;
		largest = Math.max(largest, Math.abs(value));
	}
	return largest;
}

function jacobianAt(
	{ conductance, susceptance }: AcAdmittance,
	{ size, angleAt, voltageAt }: Unknowns,
	voltage: Float64Array,
	angle: Float64Array,
	real: Float64Array,
	reactive: Float64Array,
): SparseMatrix {
	const rows: number[] = [];
	const columns: number[] = [];
	const values: number[] = [];
	const put = (row: number, column: number, value: number) => {
		if (row < 0 || column < 0) return;
		rows.push(row);
		columns.push(column);
		values.push(value);
	};
	const { columnStart, rowIndex } = conductance;
	for (let k = 0; k < conductance.size; k++) {
		const [angleColumn, voltageColumn] = [angleAt[k] as number, voltageAt[k] as number];
		for (let p = columnStart[k] as number; p < (columnStart[k + 1] as number); p++) {
			const i = rowIndex[p] as number;
			const [realRow, reactiveRow] = [angleAt[i] as number, voltageAt[i] as number];
			if (realRow < 0) continue;
			const g = conductance.values[p] as number;
			const b = susceptance.values[p] as number;
			const vi = voltage[i] as number;
			const vk = voltage[k] as number;
			if (i === k) {
				put(realRow, angleColumn, -(reactive[i] as number) - b * vi * vi);
				put(realRow, voltageColumn, (real[i] as number) / vi + g * vi);
				put(reactiveRow, angleColumn, (real[i] as number) - g * vi * vi);
				put(reactiveRow, voltageColumn, (reactive[i] as number) / vi - b * vi);
				continue;
			}
			const across = (angle[i] as number) - (angle[k] as number);
			const inPhase = g * Math.cos(across) + b * Math.sin(across);
			const quadrature = g * Math.sin(across) - b * Math.cos(across);
			put(realRow, angleColumn, vi * vk * quadrature);
			put(realRow, voltageColumn, vi * inPhase);
			put(reactiveRow, angleColumn, -vi * vk * inPhase);
			put(reactiveRow, voltageColumn, vi * quadrature);
		}
	}
	return SparseMatrix.fromTriplets(size, rows, columns, values);
}

function step(
	{ angleAt, voltageAt }: Unknowns,
	voltage: Float64Array,
	angle: Float64Array,
	change: Float64Array,
): void {
	for (let bus = 0; bus < angleAt.length; bus++) {
		const forAngle = angleAt[bus] as number;
		const forVoltage = voltageAt[bus] as number;
		if (forAngle >= 0) angle[bus] = (angle[bus] as number) + (change[forAngle] as number);
		if (forVoltage >= 0) voltage[bus] = (voltage[bus] as number) + (change[forVoltage] as number);
	}
}

/** Σ r·|I|² over the branches in service. */
function lossMw(grid: IndexedNetwork, voltage: Float64Array, angle: Float64Array): number {
	let lossPu = 0;
	grid.network.branches.forEach(({ resistancePu: r, reactancePu: x, tapRatio, shiftDegrees }, branch) => {
		if (!grid.isInService[branch]) return;
		const from = grid.fromBus[branch] as number;
		const to = grid.toBus[branch] as number;
		const vf = (voltage[from] as number) / (tapRatio === 0 ? 1 : tapRatio);
		const vt = voltage[to] as number;
		const across = (angle[from] as number) - shiftDegrees * RADIANS - (angle[to] as number);
		const squared = vf * vf + vt * vt - 2 * vf * vt * Math.cos(across);
		lossPu += (r * squared) / (r * r + x * x);
	});
	return lossPu * grid.network.baseMva;
}
