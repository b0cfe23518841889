import { BUS_TYPES, type GeneratorCost, type NetworkCase } from "./NetworkCase.ts";

/** How many faults are named before the list is cut: a file of another format would name every line. */
const MAX_FAULTS = 50;

/** Everything that keeps the case from being solved, each fault with its element; empty = usable. */
export function validateNetwork(network: NetworkCase): string[] {
	const faults: string[] = [];
	if (!(network.baseMva > 0 && Number.isFinite(network.baseMva))) faults.push(`baseMVA is ${network.baseMva}`);
	const numbers = new Set<number>();
	for (const bus of network.buses) {
		if (!Number.isInteger(bus.number) || bus.number < 0) faults.push(`bus ${bus.number}: not a bus number`);
		if (numbers.has(bus.number)) faults.push(`bus ${bus.number}: duplicate number`);
		numbers.add(bus.number);
		if (![1, 2, 3, 4].includes(bus.type)) faults.push(`bus ${bus.number}: unknown type ${bus.type}`);
		faults.push(
			...notFinite(`bus ${bus.number}`, bus, ["demandMw", "demandMvar", "shuntMw", "shuntMvar", "voltagePu"]),
		);
	}
	const references = network.buses.filter((bus) => bus.type === BUS_TYPES.reference);
	if (references.length === 0) faults.push("no reference bus (type 3)");
	if (references.length > 1) faults.push(`several reference buses: ${references.map((bus) => bus.number).join(", ")}`);
	network.branches.forEach((branch, index) => {
		const name = `branch ${index + 1} (${branch.from}–${branch.to})`;
		for (const end of [branch.from, branch.to]) if (!numbers.has(end)) faults.push(`${name}: unknown bus ${end}`);
		if (branch.from === branch.to) faults.push(`${name}: both ends at one bus`);
		faults.push(...notFinite(name, branch, ["resistancePu", "reactancePu", "chargingPu", "tapRatio", "shiftDegrees"]));
		if (branch.inService && branch.reactancePu === 0) faults.push(`${name}: zero reactance`);
		if (branch.tapRatio < 0) faults.push(`${name}: negative tap ratio`);
		if (!(branch.ratingAMva >= 0)) faults.push(`${name}: rating ${branch.ratingAMva}`);
	});
	network.generators.forEach((generator, index) => {
		const name = `generator ${index + 1} (bus ${generator.bus})`;
		if (!numbers.has(generator.bus)) faults.push(`${name}: unknown bus ${generator.bus}`);
		faults.push(...notFinite(name, generator, ["outputMw", "outputMvar", "voltagePu"]));
		for (const field of ["maxMw", "minMw"] as const) {
			if (Number.isNaN(generator[field])) faults.push(`${name}: ${field} is NaN`);
		}
		if (generator.minMw > generator.maxMw) faults.push(`${name}: minimum above maximum output`);
	});
	if (network.costs.length > 0 && network.costs.length < network.generators.length) {
		faults.push(`${network.costs.length} cost rows for ${network.generators.length} generators`);
	}
	network.costs.forEach((cost, index) => {
		const fault = costFault(cost);
		if (fault !== null) faults.push(`generator ${index + 1}: ${fault}`);
	});
	if (faults.length === 0) faults.push(...disconnected(network));
	const rest = faults.length - MAX_FAULTS;
	return rest > 0 ? [...faults.slice(0, MAX_FAULTS), `and ${rest} more`] : faults;
}

/** Names a bus of every part that cannot be reached from the reference bus. */
function disconnected(network: NetworkCase): string[] {
	const neighbours = new Map<number, number[]>(network.buses.map((bus) => [bus.number, []]));
	const isolated = new Set(network.buses.filter((bus) => bus.type === BUS_TYPES.isolated).map((bus) => bus.number));
	for (const branch of network.branches) {
		if (!branch.inService || isolated.has(branch.from) || isolated.has(branch.to)) continue;
		neighbours.get(branch.from)?.push(branch.to);
		neighbours.get(branch.to)?.push(branch.from);
	}
	const reached = new Set<number>();
	const flood = (start: number) => {
		const before = reached.size;
		const waiting = [start];
		for (let bus = waiting.pop(); bus !== undefined; bus = waiting.pop()) {
			if (reached.has(bus)) continue;
			reached.add(bus);
			waiting.push(...(neighbours.get(bus) as number[]));
		}
		return reached.size - before;
	};
	const reference = network.buses.find((bus) => bus.type === BUS_TYPES.reference);
	if (reference) flood(reference.number);
	const faults: string[] = [];
	for (const bus of network.buses) {
		if (isolated.has(bus.number) || reached.has(bus.number)) continue;
		faults.push(`bus ${bus.number}: disconnected from the reference bus (a part of ${flood(bus.number)} buses)`);
	}
	return faults;
}

function costFault(cost: GeneratorCost): string | null {
	if (cost.model === "polynomial") {
		return cost.coefficients.every(Number.isFinite) ? null : "cost with a term that is not a number";
	}
	const { points } = cost;
	if (!points.flat().every(Number.isFinite)) return "cost with a point that is not a number";
	if (points.length < 2) return "piecewise cost with fewer than two points";
	const falling = points.findIndex(([mw], k) => k > 0 && mw <= (points[k - 1]?.[0] as number));
	return falling < 0 ? null : `piecewise cost does not rise in MW at point ${falling + 1}`;
}

function notFinite<T extends object>(name: string, row: T, fields: (keyof T & string)[]): string[] {
	return fields
		.filter((field) => !Number.isFinite(row[field] as number))
		.map((field) => `${name}: ${field} is ${String(row[field])}`);
}
