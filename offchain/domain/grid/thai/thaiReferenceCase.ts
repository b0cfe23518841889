import type { NetworkCase } from "../network/NetworkCase.ts";
import { type ThaiNetwork, thaiNetworkCase } from "./ThaiNetwork.ts";
import { type ThaiModelOptions, ThaiZonalModel } from "./ThaiZonalModel.ts";

/**
 * The Thai network as a case that can be studied by itself: each zone's net position at the reference demand, spread
 * over its nodes, stands as demand (negative where the zone exports), since plants are not published by node. For the
 * linear power flow and its losses: reactances are relative, so an AC power flow of it would mean nothing.
 */
export function thaiReferenceCase(network: ThaiNetwork, options: ThaiModelOptions = {}): NetworkCase {
	const { reduction, referenceMw, lossPerMw } = new ThaiZonalModel(network, options);
	const injectionsMw = reduction.busInjectionsMw(referenceMw);
	const empty = thaiNetworkCase(network, options.outages);
	return {
		...empty,
		buses: empty.buses.map((bus, index) => ({ ...bus, demandMw: -(injectionsMw[index] as number) })),
		branches: empty.branches.map((branch, line) => ({
			...branch,
			resistancePu: (lossPerMw[line] as number) * empty.baseMva,
		})),
	};
}
