import { WH_PER_MW_WINDOW } from "../../units/units.ts";
import type { FeederNode } from "../GridLimits.ts";
import { licenseeOf, ZONE_CODES, zoneCode } from "../zones.ts";

const SUBSTATIONS_PER_ZONE = 2;
const FEEDERS_PER_TRANSFORMER = 2;

/** Usual sizes of Thai distribution plant, MW: MEA 24 kV and PEA 22 kV feeders, 115 kV transformers. */
const RATING_MW = {
	MEA: { substation: 120, transformer: 60, feeder: 12 },
	PEA: { substation: 100, transformer: 50, feeder: 8 },
} as const;

/** Share of the rating never used, and share the load outside this market takes. */
const RELIABILITY_MARGIN = 0.1;
const REFERENCE_LOAD = 0.4;

/**
 * Distribution below each domestic zone. SYNTHETIC: two substations with one transformer and two feeders each, of usual
 * size; the licensees' networks are not published. Node ids are stable: zone × 1000 + substation × 100 (+ 10 for its
 * transformer, + the feeder's number below it). Import room leaves space for the load outside the market; export room
 * does not count that load as relief.
 */
export function thaiFeederTree(): FeederNode[] {
	return ZONE_CODES.flatMap((_, index) => {
		const zoneId = index + 1;
		const licensee = licenseeOf(zoneId);
		return licensee === "EGAT" ? [] : zoneTree(zoneId, licensee);
	});
}

export function feederNodeId(zoneId: number, substation: number, feeder: number): number {
	return zoneId * 1000 + substation * 100 + 10 + feeder;
}

function zoneTree(zoneId: number, licensee: "MEA" | "PEA"): FeederNode[] {
	const nodes: FeederNode[] = [];
	const rating = RATING_MW[licensee];
	const add = (nodeId: number, parentNodeId: number, name: string, ratingMw: number) => {
		const room = (share: number) => Math.floor(ratingMw * share * WH_PER_MW_WINDOW);
		const exportWh = room(1 - RELIABILITY_MARGIN);
		const importWh = room(1 - RELIABILITY_MARGIN - REFERENCE_LOAD);
		nodes.push({ nodeId, parentNodeId, zoneId, name, exportWh, importWh });
	};
	for (let substation = 1; substation <= SUBSTATIONS_PER_ZONE; substation++) {
		const id = zoneId * 1000 + substation * 100;
		const name = `${zoneCode(zoneId)}-${substation}`;
		add(id, 0, `${name} substation`, rating.substation);
		add(id + 10, id, `${name} transformer`, rating.transformer);
		for (let feeder = 1; feeder <= FEEDERS_PER_TRANSFORMER; feeder++) {
			add(feederNodeId(zoneId, substation, feeder), id + 10, `${name} feeder ${feeder}`, rating.feeder);
		}
	}
	return nodes;
}
