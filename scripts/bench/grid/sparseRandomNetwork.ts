import { BUS_TYPES, type NetworkCase } from "../../../offchain/domain/grid/network/NetworkCase.ts";

/**
 * A connected network as sparse as real ones: buses at random places of a square, joined by a tree of short lines, then
 * the shortest further lines. Same seed, same network.
 */
export function sparseRandomNetwork(busCount: number, branchCount: number, seed: number): NetworkCase {
	let state = seed;
	const next = () => {
		state = (state * 48_271) % 2_147_483_647;
		return state / 2_147_483_647;
	};
	const places = Array.from({ length: busCount }, () => [next(), next()] as [number, number]);
	const distance = (a: number, b: number) =>
		Math.hypot(...(places[a] as [number, number]).map((at, axis) => at - (places[b]?.[axis] as number)));
	const pairs: [number, number, number][] = [];
	for (let bus = 1; bus < busCount; bus++) {
		let nearest = 0;
		for (let other = 1; other < bus; other++) if (distance(bus, other) < distance(bus, nearest)) nearest = other;
		pairs.push([nearest, bus, distance(nearest, bus)]);
	}
	const joined = new Set(pairs.map(([from, to]) => from * busCount + to));
	while (pairs.length < branchCount) {
		const bus = Math.floor(next() * busCount);
		const candidates = Array.from({ length: 40 }, () => Math.floor(next() * busCount)).filter(
			(other) => other !== bus && !joined.has(Math.min(bus, other) * busCount + Math.max(bus, other)),
		);
		const other = candidates.sort((a, b) => distance(bus, a) - distance(bus, b))[0];
		if (other === undefined) continue;
		joined.add(Math.min(bus, other) * busCount + Math.max(bus, other));
		pairs.push([bus, other, distance(bus, other)]);
	}
	return {
		name: `synthetic ${busCount}`,
		baseMva: 100,
		buses: places.map((_, index) => ({
			...{ number: index + 1, type: index === 0 ? BUS_TYPES.reference : BUS_TYPES.load, demandMw: 10, demandMvar: 0 },
			...{ shuntMw: 0, shuntMvar: 0, voltagePu: 1, angleDegrees: 0, baseKv: 110, maxVoltagePu: 1.1, minVoltagePu: 0.9 },
		})),
		generators: [],
		branches: pairs.map(([from, to, length]) => ({
			...{ from: from + 1, to: to + 1, resistancePu: length / 10, reactancePu: length + 1e-3, chargingPu: 0 },
			...{ ratingAMva: 500, ratingBMva: 0, ratingCMva: 0, tapRatio: 0, shiftDegrees: 0, inService: true },
		})),
		costs: [],
	};
}
