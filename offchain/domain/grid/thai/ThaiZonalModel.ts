import { DcModel } from "../analysis/DcModel.ts";
import { ZonalReduction } from "../analysis/ZonalReduction.ts";
import { IndexedNetwork } from "../network/IndexedNetwork.ts";
import { zoneId } from "../zones.ts";
import { type ThaiLine, type ThaiNetwork, thaiNetworkCase } from "./ThaiNetwork.ts";
import { thaiReferenceMw } from "./thaiReference.ts";

/** Resistance as a share of reactance, usual for overhead lines of these voltages. */
const RESISTANCE_TO_REACTANCE = 0.1;
/** A rating from which a line is taken for 500 kV; one 230 kV circuit carries 850 MVA in this data. */
const EXTRA_HIGH_VOLTAGE_MVA = 3_400;

export type ThaiModelOptions = {
	/** National demand, MW. */
	demandMw?: number;
	/** Net position by zone outside this market (`[zoneId - 1]`), MW; replaces the scaled dispatch. */
	referenceMw?: readonly number[];
	/** Lines out of service, by name. */
	outages?: readonly string[];
};

export const THAI_DEMAND_MW = 22_000;

/**
 * The Thai network seen from the zones. A zone's injection spreads over its nodes by the rating of the lines that meet
 * there, a stand-in for load and generation by substation, which are not published. Losses: the published susceptance
 * is read as 1/Ω, resistance as a tenth of it; at the reference this loses 0.8 % of the demand, about half of EGAT's
 * published 1.65 %, the rest arising in transformers and below 230 kV.
 */
export class ThaiZonalModel {
	readonly network: ThaiNetwork;
	readonly reduction: ZonalReduction;
	readonly referenceMw: readonly number[];
	readonly referenceFlowsMw: Float64Array;
	/** Loss of a line is this × MW². */
	readonly lossPerMw: Float64Array;

	/** Throws a `NetworkError` naming unknown lines, and what an outage leaves without connection. */
	constructor(network: ThaiNetwork, options: ThaiModelOptions = {}) {
		const { demandMw = THAI_DEMAND_MW, outages = [] } = options;
		this.network = network;
		this.referenceMw = options.referenceMw ?? thaiReferenceMw(network, demandMw);
		this.reduction = reduce(network, outages);
		this.referenceFlowsMw = flows(this.reduction, this.referenceMw);
		this.lossPerMw = Float64Array.from(network.lines, lossPerMw);
	}
}

function reduce(network: ThaiNetwork, outages: readonly string[]): ZonalReduction {
	const weightByBus = new Float64Array(network.nodes.length);
	for (const line of network.lines) {
		weightByBus[line.from] = (weightByBus[line.from] as number) + line.ratingMva;
		weightByBus[line.to] = (weightByBus[line.to] as number) + line.ratingMva;
	}
	const zoneIdByBus = network.nodes.map((node) => zoneId(node.zone));
	const model = new DcModel(new IndexedNetwork(thaiNetworkCase(network, outages)));
	return new ZonalReduction(model, { zoneIdByBus, weightByBus });
}

function flows(reduction: ZonalReduction, zoneMw: readonly number[]): Float64Array {
	return reduction.model.flowsMw(reduction.busInjectionsMw(zoneMw));
}

function lossPerMw({ susceptance, ratingMva }: ThaiLine): number {
	const kilovolts = ratingMva >= EXTRA_HIGH_VOLTAGE_MVA ? 500 : 230;
	return RESISTANCE_TO_REACTANCE / susceptance / kilovolts ** 2;
}
