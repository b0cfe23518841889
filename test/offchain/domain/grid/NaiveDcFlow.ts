import type { IndexedNetwork } from "../../../../offchain/domain/grid/network/IndexedNetwork.ts";

/**
 * The readable model of the linear power flow: dense matrices and Gauss's elimination, written from the definition, with
 * nothing of the product but the network's numbers.
 */
export class NaiveDcFlow {
	readonly grid: IndexedNetwork;
	readonly #out: ReadonlySet<number>;

	/** `out`: branches taken out of service. */
	constructor(grid: IndexedNetwork, out: readonly number[] = []) {
		this.grid = grid;
		this.#out = new Set(out);
	}

	/** MW by branch for injections in MW by bus; the reference bus takes the imbalance. */
	flowsMw(injectionsMw: readonly number[]): number[] {
		const { network, busCount, referenceBus } = this.grid;
		const matrix = Array.from({ length: busCount }, () => new Array<number>(busCount).fill(0));
		const right = injectionsMw.map((mw) => mw / network.baseMva);
		const at = (number: number) => network.buses.findIndex((bus) => bus.number === number);
		const lines = network.branches.map((branch, index) => ({
			from: at(branch.from),
			to: at(branch.to),
			b: branch.inService && !this.#out.has(index) ? 1 / (branch.reactancePu * (branch.tapRatio || 1)) : 0,
			shift: (branch.shiftDegrees * Math.PI) / 180,
		}));
		for (const { from, to, b, shift } of lines) {
			add(matrix, from, from, b);
			add(matrix, to, to, b);
			add(matrix, from, to, -b);
			add(matrix, to, from, -b);
			right[from] = (right[from] as number) + b * shift;
			right[to] = (right[to] as number) - b * shift;
		}
		matrix[referenceBus] = new Array<number>(busCount).fill(0).with(referenceBus, 1);
		right[referenceBus] = 0;
		const angles = eliminate(matrix, right);
		return lines.map(
			({ from, to, b, shift }) => b * ((angles[from] as number) - (angles[to] as number) - shift) * network.baseMva,
		);
	}

	/** Scheduled injections: generation less demand less shunt conductance. */
	injectionsMw(): number[] {
		const { buses, generators } = this.grid.network;
		return buses.map(({ number, demandMw, shuntMw }) => {
			const here = generators.filter(({ bus, inService }) => inService && bus === number);
			return here.reduce((sum, { outputMw }) => sum + outputMw, 0) - demandMw - shuntMw;
		});
	}

	/** Change of the flows for 1 MW from one bus to another. */
	transferFactors(sellBus: number, buyBus: number): number[] {
		const none = new Array<number>(this.grid.busCount).fill(0);
		const trade = none.map((_, bus) => Number(bus === sellBus) - Number(bus === buyBus));
		const before = this.flowsMw(none);
		return this.flowsMw(trade).map((flow, branch) => flow - (before[branch] as number));
	}
}

function add(matrix: number[][], row: number, column: number, value: number): void {
	const cells = matrix[row] as number[];
	cells[column] = (cells[column] as number) + value;
}

/** With the largest pivot of each column. */
function eliminate(matrix: number[][], right: number[]): number[] {
	const size = right.length;
	const rows = matrix.map((row, index) => [...row, right[index] as number]);
	for (let column = 0; column < size; column++) {
		let best = column;
		for (let row = column; row < size; row++) {
			if (Math.abs(rows[row]?.[column] as number) > Math.abs(rows[best]?.[column] as number)) best = row;
		}
		[rows[column], rows[best]] = [rows[best] as number[], rows[column] as number[]];
		const pivot = rows[column] as number[];
		for (let row = column + 1; row < size; row++) {
			const cells = rows[row] as number[];
			const factor = (cells[column] as number) / (pivot[column] as number);
			if (factor === 0) continue;
			for (let k = column; k <= size; k++) cells[k] = (cells[k] as number) - factor * (pivot[k] as number);
		}
	}
	const answer = new Array<number>(size).fill(0);
	for (let row = size - 1; row >= 0; row--) {
		const cells = rows[row] as number[];
		let value = cells[size] as number;
		for (let k = row + 1; k < size; k++) value -= (cells[k] as number) * (answer[k] as number);
		answer[row] = value / (cells[row] as number);
	}
	return answer;
}
