import type { EnergySource } from "../../domain/grid/energySource.ts";
import type { ZoneCode } from "../../domain/grid/zones.ts";
import type { ParticipantKind } from "./Participant.ts";

/** One in how many, where they may stand, and how large they are (per 15-minute window, Wh). */
export type KindMix = {
	kind: ParticipantKind;
	/** Parts of 1,000 participants. */
	perMille: number;
	/** At least so many whatever the size of the population. */
	least: number;
	/** Null: every zone, by its share of demand. */
	zones: ZoneCode[] | null;
	source: EnergySource;
	nameplateWh: [number, number];
	peakLoadWh: [number, number];
};

const SOLAR_ZONES: ZoneCode[] = ["C1", "C2", "C3", "N2", "N3", "NE1", "NE2", "S1", "S2", "S3"];
const HYDRO_ZONES: ZoneCode[] = ["C3", "N2", "NE3", "S2", "NE2", "S3", "NE1", "N1", "S1"];
const BIOMASS_ZONES: ZoneCode[] = ["C1", "C2", "C3", "N1", "N2", "N3", "NE1", "NE2", "NE3", "S1", "S2", "S3", "MEA"];

/**
 * Who takes part. Sizes: rooftop 3–15 kW (750–3,750 Wh a window), plants within the VSPP and small SPP tiers,
 * factories 0.3–4.4 MW. Shares are chosen so that supply roughly meets demand by day and by night.
 */
export const POPULATION_MIX: KindMix[] = [
	mix("hydroPlant", 52, 9, HYDRO_ZONES, "hydro", [250_000, 1_500_000], [0, 0]),
	mix("biomassPlant", 52, 13, BIOMASS_ZONES, "biomass", [150_000, 1_500_000], [0, 0]),
	mix("solarPlant", 60, 10, SOLAR_ZONES, "utilitySolar", [125_000, 1_000_000], [0, 0]),
	mix("windPlant", 16, 3, ["NE3"], "wind", [750_000, 3_000_000], [0, 0]),
	mix("battery", 44, 6, null, "battery", [125_000, 750_000], [0, 0]),
	mix("factory", 176, 26, null, "none", [0, 0], [75_000, 1_100_000]),
	mix("household", 180, 26, null, "none", [0, 0], [300, 900]),
	// The rest of the population.
	mix("prosumer", 0, 26, null, "rooftopSolar", [750, 3_750], [250, 800]),
];

/** Zones the market maker quotes in, one storage meter each. */
export const MARKET_MAKER_ZONES: ZoneCode[] = ["MEA", "C1", "C2", "NE3", "S2"];

function mix(
	kind: ParticipantKind,
	perMille: number,
	least: number,
	zones: ZoneCode[] | null,
	source: EnergySource,
	nameplateWh: [number, number],
	peakLoadWh: [number, number],
): KindMix {
	return { kind, perMille, least, zones, source, nameplateWh, peakLoadWh };
}
