import { BUS_TYPES, type NetworkCase } from "../network/NetworkCase.ts";
import { NetworkError } from "../network/NetworkError.ts";
import { ZONE_CODES, type ZoneCode } from "../zones.ts";

/** The Thai high-voltage network: its nodes with their zones, and the thermal generation of each zone. */
export type ThaiNetwork = {
	nodes: { name: string; zone: ZoneCode }[];
	lines: ThaiLine[];
	thermalCapacityMw: ReadonlyMap<ZoneCode, number>;
	demandSharePartsPerMillion: ReadonlyMap<ZoneCode, number>;
};

export type ThaiLine = {
	name: string;
	/** Indexes into `nodes`. */
	from: number;
	to: number;
	/** Relative susceptance as published: flows and factors are independent of its scale, angles are not radians. */
	susceptance: number;
	ratingMva: number;
};

/** Reads `data/network/thai-network-2016.json` and `data/load/thai-zone-shares.json`. Throws a `NetworkError` naming every fault. */
export function parseThaiNetwork(document: unknown, zoneShares: unknown): ThaiNetwork {
	const {
		node_zone,
		lines,
		thermal_capacity_MW_by_zone_2016: capacity,
	} = document as {
		node_zone: Record<string, string>;
		lines: [string, string, number, number][];
		thermal_capacity_MW_by_zone_2016: Record<string, number>;
	};
	const faults: string[] = [];
	const isZone = (code: string): code is ZoneCode => (ZONE_CODES as readonly string[]).includes(code);
	const nodes = Object.entries(node_zone).map(([name, zone]) => {
		if (!isZone(zone)) faults.push(`node ${name}: unknown zone ${zone}`);
		return { name, zone: zone as ZoneCode };
	});
	const index = new Map(nodes.map((node, at) => [node.name, at]));
	const parsed = lines.map(([from, to, susceptance, ratingMva]) => {
		const name = `${from}–${to}`;
		for (const end of [from, to]) if (!index.has(end)) faults.push(`line ${name}: unknown node ${end}`);
		if (!(susceptance > 0 && Number.isFinite(susceptance))) faults.push(`line ${name}: susceptance ${susceptance}`);
		if (!(ratingMva > 0 && Number.isFinite(ratingMva))) faults.push(`line ${name}: rating ${ratingMva}`);
		return { name, from: index.get(from) as number, to: index.get(to) as number, susceptance, ratingMva };
	});
	const shares = Object.entries((zoneShares as { parts_per_million: Record<string, number> }).parts_per_million);
	for (const [zone, share] of shares) {
		if (!isZone(zone) || !Number.isInteger(share) || share < 0) faults.push(`demand share of zone ${zone}: ${share}`);
	}
	for (const zone of Object.keys(capacity)) if (!isZone(zone)) faults.push(`capacity of unknown zone ${zone}`);
	if (faults.length > 0) throw new NetworkError("thai", faults);
	return {
		nodes,
		lines: parsed,
		thermalCapacityMw: new Map(Object.entries(capacity) as [ZoneCode, number][]),
		demandSharePartsPerMillion: new Map(shares as [ZoneCode, number][]),
	};
}

export const THAI_NETWORK_NAME = "thai-network-2016";
/** Chosen so that angles stay in a usual range; nothing that is published depends on it. */
const REACTANCE_SCALE = 1e-3;
const BASE_MVA = 100;

/** The network as a case for analysis; node `i` becomes bus `i + 1`, the first node of the reference zone the slack. */
export function thaiNetworkCase(network: ThaiNetwork, outages: readonly string[] = []): NetworkCase {
	const reference = network.nodes.findIndex((node) => node.zone === "MEA");
	for (const name of outages) {
		if (!network.lines.some((line) => line.name === name)) throw new NetworkError("thai", [`unknown line ${name}`]);
	}
	return {
		name: THAI_NETWORK_NAME,
		baseMva: BASE_MVA,
		buses: network.nodes.map(({ name }, index) => ({
			number: index + 1,
			type: index === reference ? BUS_TYPES.reference : BUS_TYPES.load,
			demandMw: 0,
			demandMvar: 0,
			shuntMw: 0,
			shuntMvar: 0,
			voltagePu: 1,
			angleDegrees: 0,
			baseKv: 230,
			maxVoltagePu: 1.05,
			minVoltagePu: 0.95,
			name,
		})),
		generators: [],
		branches: network.lines.map((line) => ({
			from: line.from + 1,
			to: line.to + 1,
			resistancePu: 0,
			reactancePu: REACTANCE_SCALE / line.susceptance,
			chargingPu: 0,
			ratingAMva: line.ratingMva,
			ratingBMva: line.ratingMva,
			ratingCMva: line.ratingMva,
			tapRatio: 0,
			shiftDegrees: 0,
			inService: !outages.includes(line.name),
		})),
		costs: [],
	};
}
