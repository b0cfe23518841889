import { NetworkError } from "../network/NetworkError.ts";
import type { ThaiNetwork } from "../thai/ThaiNetwork.ts";
import { ZONE_CODES, type ZoneCode } from "../zones.ts";

/** A part of the network without connection to the rest. */
export type Island = {
	/** Indexes into the network's nodes. */
	nodes: number[];
	/** Zones most of whose line capacity lies here. A zone belongs to one island. */
	zones: ZoneCode[];
};

/**
 * The parts an outage of lines leaves, largest first; one part is a whole network. A zone cut in two counts to the part
 * with more rated line capacity. Throws a `NetworkError` for a line the network does not have.
 */
export function zoneIslands(network: ThaiNetwork, outages: readonly string[]): Island[] {
	const unknown = outages.filter((name) => !network.lines.some((line) => line.name === name));
	if (unknown.length > 0)
		throw new NetworkError(
			"thai",
			unknown.map((name) => `unknown line ${name}`),
		);
	const parent = network.nodes.map((_, node) => node);
	const root = (node: number): number => {
		let at = node;
		while (parent[at] !== at) at = parent[at] as number;
		parent[node] = at;
		return at;
	};
	const weight = new Float64Array(network.nodes.length);
	for (const { name, from, to, ratingMva } of network.lines) {
		weight[from] = (weight[from] as number) + ratingMva;
		weight[to] = (weight[to] as number) + ratingMva;
		if (!outages.includes(name)) parent[root(from)] = root(to);
	}
	const parts = new Map<number, number[]>();
	network.nodes.forEach((_, node) => {
		const at = root(node);
		parts.set(at, [...(parts.get(at) ?? []), node]);
	});
	const home = new Map<ZoneCode, number>();
	for (const zone of ZONE_CODES) {
		let most = 0;
		for (const [part, nodes] of parts) {
			const capacity = nodes
				.filter((node) => network.nodes[node]?.zone === zone)
				.reduce((sum, node) => sum + (weight[node] as number), 0);
			if (capacity <= most) continue;
			most = capacity;
			home.set(zone, part);
		}
	}
	return [...parts]
		.sort(([, a], [, b]) => b.length - a.length)
		.map(([part, nodes]) => ({ nodes, zones: ZONE_CODES.filter((zone) => home.get(zone) === part) }));
}
