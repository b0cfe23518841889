import type { IndexedNetwork } from "../network/IndexedNetwork.ts";
import { SparseLu } from "./SparseLu.ts";
import { SparseMatrix } from "./SparseMatrix.ts";

const RADIANS = Math.PI / 180;

/**
 * The linear ("DC") power flow of a network with MATPOWER's conventions: b = 1/(x·tap), phase shifts as injections,
 * shunt conductance as load, one slack: the reference bus. The bus matrix is factorised once.
 */
export class DcModel {
	readonly grid: IndexedNetwork;
	readonly #factors: SparseLu;
	/** Row of a bus in the reduced matrix; −1 for the reference and isolated buses. */
	readonly #reduced: Int32Array;

	constructor(grid: IndexedNetwork) {
		this.grid = grid;
		this.#reduced = new Int32Array(grid.busCount).fill(-1);
		let size = 0;
		for (let bus = 0; bus < grid.busCount; bus++) {
			if (bus !== grid.referenceBus && !grid.isIsolated[bus]) this.#reduced[bus] = size++;
		}
		this.#factors = new SparseLu(this.#busMatrix(size));
	}

	/** Scheduled injections by bus, MW: generation less demand less shunt conductance. */
	injectionsMw(): Float64Array {
		const { grid } = this;
		const injections = Float64Array.from(grid.network.buses, (bus) => -bus.demandMw - bus.shuntMw);
		for (const { bus, outputMw, inService } of grid.network.generators) {
			const index = grid.busIndex(bus);
			if (inService) injections[index] = (injections[index] as number) + outputMw;
		}
		return injections;
	}

	/** Voltage angles, radians, for injections in MW; the reference bus keeps the case's angle and takes the imbalance. */
	anglesRadians(injectionsMw: ArrayLike<number>): Float64Array {
		const { grid } = this;
		const baseMva = grid.network.baseMva;
		const shift = this.#shiftInjectionsPu();
		const right = new Float64Array(this.#factors.size);
		for (let bus = 0; bus < grid.busCount; bus++) {
			const row = this.#reduced[bus] as number;
			if (row >= 0) right[row] = (injectionsMw[bus] as number) / baseMva - (shift[bus] as number);
		}
		this.#factors.solve(right);
		const reference = (grid.network.buses[grid.referenceBus]?.angleDegrees ?? 0) * RADIANS;
		return Float64Array.from(this.#reduced, (row) => (row >= 0 ? (right[row] as number) : 0) + reference);
	}

	/** Flow of every branch at its from end, MW, in file order. */
	flowsMw(injectionsMw: ArrayLike<number>): Float64Array {
		const angles = this.anglesRadians(injectionsMw);
		const { grid } = this;
		return Float64Array.from(grid.network.branches, ({ shiftDegrees }, branch) => {
			const across =
				(angles[grid.fromBus[branch] as number] as number) - (angles[grid.toBus[branch] as number] as number);
			return (grid.susceptancePu[branch] as number) * (across - shiftDegrees * RADIANS) * grid.network.baseMva;
		});
	}

	/** Angles by bus per unit injected at `bus` and withdrawn at the reference, radians per p.u.; written into `into`. */
	sensitivityOf(bus: number, into: Float64Array): Float64Array {
		const right = new Float64Array(this.#factors.size);
		const row = this.#reduced[bus] as number;
		if (row >= 0) {
			right[row] = 1;
			this.#factors.solve(right);
		}
		for (let other = 0; other < this.grid.busCount; other++) {
			const at = this.#reduced[other] as number;
			into[other] = at >= 0 ? (right[at] as number) : 0;
		}
		return into;
	}

	/** Angles by bus, radians, for injections in p.u. without phase shifts; the reference bus at 0 takes the imbalance. */
	solve(injectionsPu: ArrayLike<number>): Float64Array {
		const right = new Float64Array(this.#factors.size);
		for (let bus = 0; bus < this.grid.busCount; bus++) {
			const row = this.#reduced[bus] as number;
			if (row >= 0) right[row] = injectionsPu[bus] as number;
		}
		this.#factors.solve(right);
		return Float64Array.from(this.#reduced, (row) => (row >= 0 ? (right[row] as number) : 0));
	}

	/** PTDF of one branch by bus: for when a few rows are needed of a large network. B is symmetric, so one solve does. */
	branchFactors(branch: number): Float64Array {
		const { grid } = this;
		const right = new Float64Array(grid.busCount);
		right[grid.fromBus[branch] as number] = grid.susceptancePu[branch] as number;
		right[grid.toBus[branch] as number] = -(grid.susceptancePu[branch] as number);
		return this.solve(right);
	}

	#shiftInjectionsPu(): Float64Array {
		const { grid } = this;
		const injections = new Float64Array(grid.busCount);
		grid.network.branches.forEach(({ shiftDegrees }, branch) => {
			const flow = (grid.susceptancePu[branch] as number) * -shiftDegrees * RADIANS;
			const from = grid.fromBus[branch] as number;
			const to = grid.toBus[branch] as number;
			injections[from] = (injections[from] as number) + flow;
			injections[to] = (injections[to] as number) - flow;
		});
		return injections;
	}

	#busMatrix(size: number): SparseMatrix {
		const rows: number[] = [];
		const columns: number[] = [];
		const values: number[] = [];
		const put = (row: number, column: number, value: number) => {
			if (row < 0 || column < 0) return;
			rows.push(row);
			columns.push(column);
			values.push(value);
		};
		for (let branch = 0; branch < this.grid.branchCount; branch++) {
			const from = this.#reduced[this.grid.fromBus[branch] as number] as number;
			const to = this.#reduced[this.grid.toBus[branch] as number] as number;
			const b = this.grid.susceptancePu[branch] as number;
			if (b === 0) continue;
			put(from, from, b);
			put(to, to, b);
			put(from, to, -b);
			put(to, from, -b);
		}
		return SparseMatrix.fromTriplets(size, rows, columns, values);
	}
}
