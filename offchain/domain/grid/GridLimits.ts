/**
 * What the trading path needs to know of the grid for a range of windows: every element that can limit a trade, as
 * plain JSON, so that it can be an engine input (a line outage is simply another set of limits).
 */
export type GridLimits = {
	/** Transmission rows: base case and N-1 contingencies of the zonal network. */
	elements: TransmissionElement[];
	/** Substation → transformer → feeder trees below the zones. */
	nodes: FeederNode[];
	/** Distribution loss by zone (`[zoneId - 1]`), parts per million of the energy delivered in that zone. */
	distributionLossPartsPerMillion: number[];
	/** Most loss a trade may be charged, parts per million of its energy: the regulator's cap, which settlement holds. */
	lossCapPartsPerMillion?: number;
	/** Quadratic loss of the lines that are not among `elements`, condensed to the zones. */
	unmonitoredLoss?: ZonalLoss;
};

/** `lossWh(p) = Σ linear[z]·p[z] + Σ p[y]·quadraticPerWh[y][z]·p[z]` on top of the reference, for zone net positions p in Wh. */
export type ZonalLoss = { linear: number[]; quadraticPerWh: number[][] };

export type TransmissionElement = {
	name: string;
	/** Flow per unit injected in each zone (`[zoneId - 1]`) and withdrawn at the slack, parts per million. */
	ptdfPartsPerMillion: number[];
	/** Energy the element can still carry in its positive direction in one window, beyond the reference flow, Wh. */
	upWh: number;
	/** The same in the negative direction, Wh. */
	downWh: number;
	/** Quadratic loss: `lossWh = coefficient × flowWh²`; 0 for contingency rows. */
	lossCoefficientPerWh: number;
	/** Reference flow the trades come on top of, Wh. */
	referenceFlowWh: number;
};

export type FeederNode = {
	/** ≥ 1, unique; a meter's `nodeId` names its node, 0 means directly at the zone. */
	nodeId: number;
	/** 0 where the parent is the zone itself. */
	parentNodeId: number;
	zoneId: number;
	name: string;
	/** Most energy towards the zone (export) per window, Wh. */
	exportWh: number;
	/** Most energy from the zone (import) per window, Wh. */
	importWh: number;
};
