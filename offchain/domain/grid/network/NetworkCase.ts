/**
 * A transmission or distribution network at one instant, in MATPOWER's terms and units: MW, Mvar, degrees, per unit on
 * `baseMva`. Rows keep the order of the file they came from.
 */
export type NetworkCase = {
	name: string;
	baseMva: number;
	buses: Bus[];
	generators: Generator[];
	branches: Branch[];
	/** One per generator in the same order; empty where the case has none. */
	costs: GeneratorCost[];
};

export const BUS_TYPES = { load: 1, generator: 2, reference: 3, isolated: 4 } as const;
export type BusType = (typeof BUS_TYPES)[keyof typeof BUS_TYPES];

export type Bus = {
	/** External number, unique. */
	number: number;
	type: BusType;
	demandMw: number;
	demandMvar: number;
	/** Consumed at 1 p.u. voltage. */
	shuntMw: number;
	/** Injected at 1 p.u. voltage. */
	shuntMvar: number;
	voltagePu: number;
	angleDegrees: number;
	baseKv: number;
	maxVoltagePu: number;
	minVoltagePu: number;
	/** For people; absent in MATPOWER files. */
	name?: string;
};

export type Generator = {
	bus: number;
	outputMw: number;
	outputMvar: number;
	maxMvar: number;
	minMvar: number;
	voltagePu: number;
	inService: boolean;
	maxMw: number;
	minMw: number;
};

export type Branch = {
	from: number;
	to: number;
	resistancePu: number;
	reactancePu: number;
	chargingPu: number;
	/** 0 is unlimited. */
	ratingAMva: number;
	ratingBMva: number;
	ratingCMva: number;
	/** Off-nominal turns ratio on the from side; 0 for a line. */
	tapRatio: number;
	shiftDegrees: number;
	inService: boolean;
	/** Limits of the angle from the from end to the to end, where there are any; only the optimal dispatch heeds them. */
	minAngleDegrees?: number;
	maxAngleDegrees?: number;
};

/** `polynomial`: coefficients of USD/h by falling power of MW. `piecewise`: points (MW, USD/h) by rising MW. */
export type GeneratorCost =
	| { model: "polynomial"; coefficients: number[] }
	| { model: "piecewise"; points: [number, number][] };
