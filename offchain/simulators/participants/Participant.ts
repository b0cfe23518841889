import type { EnergySource } from "../../domain/grid/energySource.ts";
import type { Address, Hex } from "../../domain/units/Address.ts";

export type ParticipantKind =
	| "prosumer"
	| "household"
	| "factory"
	| "hydroPlant"
	| "windPlant"
	| "solarPlant"
	| "biomassPlant"
	| "battery"
	| "retailer"
	| "marketMaker"
	/** Offers reserve to the system operator and nothing else. */
	| "reserveProvider"
	/** The system operator's balancing account. */
	| "gridOperator"
	/** Holds no licence: every order of his must be refused. */
	| "unlicensed"
	/** Licensed, but his deposit covers nothing. */
	| "underfunded";

export type SimulatedMeter = {
	meterId: number;
	zoneId: number;
	source: EnergySource;
	/** Nameplate energy in one window, Wh; 0 for a pure consumer. */
	maxWindowWh: number;
	/** Feeder node; 0 = directly at the zone. */
	nodeId: number;
	/** Highest own consumption in one window, Wh. */
	peakLoadWh: number;
	latitudeMicrodegrees: number;
	longitudeMicrodegrees: number;
};

export type Participant = {
	index: number;
	kind: ParticipantKind;
	/** For people, e.g. "factory C2 #41". */
	name: string;
	address: Address;
	/** Derived from the seed and public knowledge: worth nothing but on a chain the demo started itself. */
	privateKey: Hex;
	/** 0 = no licence. */
	licenceTier: number;
	/** Settlement token to deposit at first, in satoshi. */
	depositSat: number;
	meters: SimulatedMeter[];
};
