import { privateKeyToAddress } from "viem/accounts";
import type { FeederNode } from "../../domain/grid/GridLimits.ts";
import { type ZoneCode, zoneCode, zoneId } from "../../domain/grid/zones.ts";
import type { Address } from "../../domain/units/Address.ts";
import { deterministicInteger, deterministicUnit } from "../random/deterministicUnit.ts";
import { seedNumber } from "../random/seedNumber.ts";
import type { Participant, ParticipantKind, SimulatedMeter } from "./Participant.ts";
import { participantKey } from "./participantKey.ts";
import { type KindMix, MARKET_MAKER_ZONES, POPULATION_MIX } from "./populationMix.ts";
import { type Place, scatter, zonePlaces } from "./zonePlaces.ts";

export type PopulationOptions = {
	seed: string;
	count: number;
	/** Zones with their weights; participants without a place of their own are spread over them by weight. */
	zoneWeights: ReadonlyMap<ZoneCode, number>;
	/** Feeders meters may be connected to; households sit on the lowest ones. Empty: all directly at their zone. */
	feederNodes: readonly FeederNode[];
};

/** The retailer, the market maker and the two who must be refused. */
const SINGLES = 4;
const BAND_CEILING_SAT_PER_KWH = 330;
/** A buyer's deposit lasts for this many windows at the ceiling even if he never earns anything (about 40 days). */
const DEPOSIT_WINDOWS = 4_000;
const LEAST_DEPOSIT_SAT = 100_000;

const PLACE_SALT = 3;

type Draft = { kind: ParticipantKind; meters: Omit<SimulatedMeter, "meterId" | "nodeId" | keyof Place>[] };

/** The same seed and options give the same people, keys and meters. Meter ids are 1, 2, 3 … in this order. */
export function createPopulation(options: PopulationOptions): Participant[] {
	const seed = seedNumber(options.seed);
	const drafts = draftPopulation(options, seed);
	const connect = feederConnector(options.feederNodes);
	const places = zonePlaces();
	let meterId = 0;
	return drafts.map((draft, index) => {
		const privateKey = participantKey(options.seed, index);
		const meters = draft.meters.map((meter) => {
			meterId += 1;
			const place = scatter(places.get(zoneCode(meter.zoneId)) ?? [], deterministicUnit(seed, meterId, PLACE_SALT));
			return { ...meter, meterId, nodeId: connect(meter), ...place };
		});
		const place = meters.length === 1 ? ` ${zoneCode((meters[0] as SimulatedMeter).zoneId)}` : "";
		return {
			index,
			kind: draft.kind,
			name: `${draft.kind}${place} #${index}`,
			address: privateKeyToAddress(privateKey).toLowerCase() as Address,
			privateKey,
			licenceTier: licenceTier(draft.kind),
			depositSat: depositSat(draft.kind, meters),
			meters,
		};
	});
}

function draftPopulation({ count, zoneWeights }: PopulationOptions, seed: number): Draft[] {
	const zones = [...zoneWeights.keys()];
	if (zones.length === 0) throw new RangeError("a population needs at least one zone");
	const drafts: Draft[] = [];
	for (const mix of POPULATION_MIX) {
		const places = mix.zones?.filter((zone) => zoneWeights.has(zone)) ?? null;
		if (places?.length === 0) continue;
		const rest = count - drafts.length - SINGLES;
		const wanted = mix.perMille === 0 ? rest : Math.max(mix.least, Math.round((count * mix.perMille) / 1000));
		if (rest < wanted || wanted < Math.min(1, mix.least)) throw new RangeError(`${count} participants are too few`);
		for (const zone of places === null ? spread(wanted, zones, zoneWeights) : rotate(wanted, places)) {
			drafts.push({ kind: mix.kind, meters: [draftMeter(mix, zone, seed, drafts.length)] });
		}
	}
	const largest = zones.reduce((best, zone) =>
		(zoneWeights.get(zone) as number) > (zoneWeights.get(best) as number) ? zone : best,
	);
	const quoted = MARKET_MAKER_ZONES.filter((zone) => zoneWeights.has(zone));
	const storage = { source: "battery" as const, maxWindowWh: 1_000_000, peakLoadWh: 0 };
	drafts.push(
		{
			kind: "retailer",
			meters: [
				{ zoneId: zoneId(largest), source: "none", maxWindowWh: 0, peakLoadWh: 5_000_000 },
				{ zoneId: zoneId(largest), source: "gas", maxWindowWh: 2_000_000, peakLoadWh: 0 },
			],
		},
		{
			kind: "marketMaker",
			meters: (quoted.length > 0 ? quoted : zones).map((zone) => ({ ...storage, zoneId: zoneId(zone) })),
		},
		{ kind: "unlicensed", meters: [] },
		{ kind: "underfunded", meters: [{ zoneId: zoneId(largest), source: "none", maxWindowWh: 0, peakLoadWh: 900 }] },
	);
	return drafts;
}

function draftMeter(mix: KindMix, zone: ZoneCode, seed: number, index: number): Draft["meters"][number] {
	const size = ([low, high]: [number, number], salt: number) => deterministicInteger(low, high, seed, index, salt);
	return {
		zoneId: zoneId(zone),
		source: mix.source,
		maxWindowWh: size(mix.nameplateWh, 1),
		peakLoadWh: size(mix.peakLoadWh, 2),
	};
}

/** One for each zone first, the rest by weight (largest remainder). */
function spread(wanted: number, zones: ZoneCode[], weights: ReadonlyMap<ZoneCode, number>): ZoneCode[] {
	const total = zones.reduce((sum, zone) => sum + (weights.get(zone) as number), 0);
	const given = new Map(zones.map((zone) => [zone, 0]));
	const places: ZoneCode[] = [];
	while (places.length < wanted) {
		const owed = (zone: ZoneCode) => {
			const share = ((weights.get(zone) as number) * wanted) / total - (given.get(zone) as number);
			return given.get(zone) === 0 ? share + wanted : share;
		};
		const next = zones.reduce((best, zone) => (owed(zone) > owed(best) ? zone : best));
		given.set(next, (given.get(next) as number) + 1);
		places.push(next);
	}
	return places;
}

function rotate(wanted: number, places: ZoneCode[]): ZoneCode[] {
	return Array.from({ length: wanted }, (_, index) => places[index % places.length] as ZoneCode);
}

/** Tiers of the meter registry: 1 household, 2 business; 0 is no licence. */
function licenceTier(kind: ParticipantKind): number {
	if (kind === "unlicensed") return 0;
	return kind === "prosumer" || kind === "household" || kind === "underfunded" ? 1 : 2;
}

function depositSat(kind: ParticipantKind, meters: SimulatedMeter[]): number {
	if (kind === "unlicensed") return 0;
	if (kind === "underfunded") return 1;
	const windowWh = meters.reduce((sum, meter) => sum + meter.peakLoadWh + meter.maxWindowWh, 0);
	return Math.max(LEAST_DEPOSIT_SAT, Math.ceil((windowWh / 1000) * BAND_CEILING_SAT_PER_KWH) * DEPOSIT_WINDOWS);
}

/** Spreads meters over the lowest feeders of their zone that can carry them; larger plants stay at the zone. */
function feederConnector(nodes: readonly FeederNode[]): (meter: Draft["meters"][number]) => number {
	const parents = new Set(nodes.map((node) => node.parentNodeId));
	const leaves = nodes.filter((node) => !parents.has(node.nodeId));
	const turn = new Map<number, number>();
	return (meter) => {
		const fitting = leaves.filter(
			(node) =>
				node.zoneId === meter.zoneId &&
				node.exportWh >= meter.maxWindowWh * 20 &&
				node.importWh >= meter.peakLoadWh * 20,
		);
		if (fitting.length === 0) return 0;
		const next = turn.get(meter.zoneId) ?? 0;
		turn.set(meter.zoneId, next + 1);
		return (fitting[next % fitting.length] as FeederNode).nodeId;
	};
}
